"""Redshift's wire in front of PostgreSQL: TLS, start-up, log-in, faults, the call log."""

import asyncio
import logging
import secrets
import ssl
from collections.abc import Callable
from pathlib import Path
from struct import pack, unpack

from sandbox.calls import CallLog
from sandbox.faults import SLOW_SECONDS, Faults, Kind
from sandbox.redshift.accounts import Accounts
from sandbox.redshift.session import CANCEL, PROTOCOL
from sandbox.redshift.statements import (
    Boundaries,
    StatementLog,
    error,
    in_postgres_words,
    message,
)

log = logging.getLogger(__name__)
TLS_REQUEST = 80877103
# PostgreSQL refuses what Redshift's driver says beside these.
_KEPT = {"user", "database", "application_name", "client_encoding"}
_CHUNK = 65_536
GOODBYE_SECONDS = 0.5


class Proxy:
    """Serves connections until cancelled; `prepare` makes a user known to PostgreSQL."""

    def __init__(
        self,
        upstream: Path,
        tls: ssl.SSLContext,
        accounts: Accounts,
        faults: Faults,
        calls: CallLog,
        prepare: Callable[[str], None],
    ) -> None:
        self._upstream = str(upstream)
        self._tls = tls
        self._accounts = accounts
        self._faults = faults
        # Throttling turns connections away; a statement on an open one is not affected.
        others = {key: kind for key, kind in faults.rules.items() if kind != "throttled"}
        self._statement_faults = Faults(others)
        self._calls = calls
        self._prepare = prepare

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        try:
            await self._connection(reader, writer)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            log.debug("a client left, or refused the certificate")
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            await _close(writer)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await self._start(reader, writer)
        if asked is None:
            return
        with self._calls.record("redshift", "connect"):
            kind = self._faults.of("redshift", "connect")
            await self._wait(kind)
            refusal = await self._log_in(kind, asked, reader, writer)
            if refusal:
                writer.write(refusal)
                await writer.drain()
                return
            up_reader, up_writer = await self._connect(asked, writer)
        try:
            await self._pump(reader, writer, up_reader, up_writer)
        finally:
            up_writer.transport.abort()

    async def _start(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> dict[str, str] | None:
        """What the client asks for; None after a CancelRequest, which is passed on."""
        while True:
            (size,) = unpack("!I", await reader.readexactly(4))
            body = await reader.readexactly(size - 4)
            (code,) = unpack("!I", body[:4])
            if code == CANCEL:
                _, up_writer = await asyncio.open_unix_connection(self._upstream)
                up_writer.write(pack("!I", size) + body)
                await up_writer.drain()
                up_writer.close()
                return None
            if code != TLS_REQUEST:
                words = body[4:].decode(errors="replace").split("\0")
                return dict(zip(words[::2], words[1::2], strict=False))
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(self._tls)

    async def _log_in(
        self,
        kind: Kind | None,
        asked: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bytes:
        """Check the password; b"" or the refusal to send."""
        user = asked.get("user", "")
        salt = secrets.token_bytes(4)
        writer.write(message(b"R", pack("!I", 5) + salt))
        await writer.drain()
        head = await reader.readexactly(5)
        answer = await reader.readexactly(unpack("!I", head[1:])[0] - 4)
        if kind == "throttled":
            return error("53300", 'connection limit "500" exceeded for non-bootstrap users')
        if kind == "denied" or not self._accounts.accepts(user, salt, answer.rstrip(b"\0")):
            return error("28000", f'password authentication failed for user "{user}"')
        await asyncio.to_thread(self._prepare, user)
        return b""

    async def _connect(
        self, asked: dict[str, str], writer: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        kept = {name: value for name, value in asked.items() if name in _KEPT}
        words = "".join(f"{name}\0{value}\0" for name, value in kept.items())
        body = pack("!I", PROTOCOL) + words.encode() + b"\0"
        up_writer.write(pack("!I", len(body) + 4) + body)
        while True:
            head = await up_reader.readexactly(5)
            body = await up_reader.readexactly(unpack("!I", head[1:])[0] - 4)
            if body.startswith(b"server_version\0"):
                # The driver cannot read a distribution's version; Redshift says this one.
                body = b"server_version\x008.0.2\0"
            writer.write(message(head[:1], body))
            if head[:1] in b"ZE":
                await writer.drain()
                return up_reader, up_writer

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        statements = StatementLog(self._calls)
        tasks = [
            asyncio.create_task(_answers(up_reader, writer, statements)),
            asyncio.create_task(self._requests(reader, up_writer, statements)),
        ]
        try:
            # Whichever side ends first ends the connection.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            statements.end()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
        statements: StatementLog,
    ) -> None:
        while True:
            head = await reader.readexactly(5)
            kind, body = head[:1], await reader.readexactly(unpack("!I", head[1:])[0] - 4)
            if statements.sent(kind, body) == "query":
                await self._wait(self._statement_faults.of("redshift", "query"))
            if kind in (b"P", b"Q"):
                body = in_postgres_words(kind, body)
            up_writer.write(message(kind, body))
            await up_writer.drain()

    async def _wait(self, kind: Kind | None) -> None:
        if kind == "hang":
            await asyncio.Event().wait()
        elif kind == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        elif self._faults.latency:
            await asyncio.sleep(self._faults.latency)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close without waiting for a client that does not answer TLS's goodbye."""
    writer.close()
    try:
        async with asyncio.timeout(GOODBYE_SECONDS):
            await writer.wait_closed()
    except (OSError, TimeoutError, asyncio.CancelledError):
        writer.transport.abort()


async def _answers(
    up_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, statements: StatementLog
) -> None:
    boundaries = Boundaries()
    while data := await up_reader.read(_CHUNK):
        for kind in boundaries.feed(data):
            statements.received(kind)
        writer.write(data)
        await writer.drain()
