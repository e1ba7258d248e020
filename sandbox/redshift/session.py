"""The few messages of PostgreSQL's protocol that the sandbox itself needs, over a local socket."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from struct import pack, unpack

PROTOCOL = 196608
CANCEL = 80877102


class SqlError(Exception):
    """An ErrorResponse: `code` is its SQLSTATE, `message` its text, `detail` or ""."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(f"{fields.get('C', '')} {fields.get('M', '')}")
        self.fields = fields
        self.code = fields.get("C", "")
        self.message = fields.get("M", "")
        self.detail = fields.get("D", "")


@dataclass
class Result:
    """A statement's answer: column names with type oids, rows as text, the command's tag."""

    columns: list[tuple[str, int]] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    tag: str = ""


class Session:
    """One connection without a password; not for more than one thread at a time."""

    def __init__(self, path: Path, user: str, database: str) -> None:
        self._path = path
        self._key = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._reader = self._socket.makefile("rb")
        try:
            self._socket.connect(str(path))
            words = ["user", user, "database", database, "application_name", "sandbox"]
            body = pack("!I", PROTOCOL) + "\0".join(words).encode() + b"\0\0"
            self._socket.sendall(pack("!I", len(body) + 4) + body)
            self._collect()
        except BaseException:
            self.close()
            raise

    def query(self, sql: str) -> Result:
        """Run one text by the simple protocol; raises SqlError."""
        self._send(b"Q", sql.encode() + b"\0")
        return self._collect()

    def execute(self, sql: str, values: Sequence[str | None]) -> Result:
        """Run one statement with `$1` parameters given as text, their types left to the server."""
        bound = b"".join(_value(value) for value in values)
        self._send(b"P", b"\0" + sql.encode() + b"\0" + pack("!H", 0))
        self._send(b"B", b"\0\0" + pack("!HH", 0, len(values)) + bound + pack("!H", 0))
        self._send(b"D", b"P\0")
        self._send(b"E", b"\0" + pack("!I", 0))
        self._send(b"S", b"")
        return self._collect()

    def cancel(self) -> None:
        """Ask the server to stop what this session runs; from any thread."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.connect(str(self._path))
            other.sendall(pack("!II", 16, CANCEL) + self._key)
            other.recv(1)

    def close(self) -> None:
        self._reader.close()
        self._socket.close()

    def _send(self, kind: bytes, body: bytes) -> None:
        self._socket.sendall(kind + pack("!I", len(body) + 4) + body)

    def _collect(self) -> Result:
        """Read until the server is ready again; the first error is raised then."""
        result, wrong = Result(), None
        for kind, body in self._messages():
            if kind == b"E":
                wrong = wrong or SqlError(error_fields(body))
            else:
                self._take(kind, body, result)
        if wrong:
            raise wrong
        return result

    def _take(self, kind: bytes, body: bytes, result: Result) -> None:
        if kind == b"T":
            result.columns = list(_columns(body))
        elif kind == b"D":
            result.rows.append(tuple(_fields(body)))
        elif kind == b"C":
            result.tag = body[:-1].decode()
        elif kind == b"K":
            self._key = body

    def _messages(self) -> Iterator[tuple[bytes, bytes]]:
        while True:
            head = self._reader.read(5)
            if len(head) < 5:
                raise ConnectionError("PostgreSQL closed the connection")
            body = self._reader.read(unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"Z":
                return
            yield head[:1], body
            if head[:1] == b"E" and not self._key:
                # Refused at the start: no ReadyForQuery follows.
                return


def error_fields(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse by their letter."""
    parts = body.rstrip(b"\0").split(b"\0")
    return {part[:1].decode(): part[1:].decode(errors="replace") for part in parts if part}


def _value(value: str | None) -> bytes:
    if value is None:
        return pack("!i", -1)
    raw = value.encode()
    return pack("!i", len(raw)) + raw


def _columns(body: bytes) -> Iterator[tuple[str, int]]:
    position = 2
    for _ in range(unpack("!H", body[:2])[0]):
        end = body.index(b"\0", position)
        (oid,) = unpack("!I", body[end + 7 : end + 11])
        yield body[position:end].decode(), oid
        position = end + 19


def _fields(body: bytes) -> Iterator[str | None]:
    position = 2
    for _ in range(unpack("!H", body[:2])[0]):
        (size,) = unpack("!i", body[position : position + 4])
        position += 4
        if size < 0:
            yield None
            continue
        yield body[position : position + size].decode(errors="replace")
        position += size
