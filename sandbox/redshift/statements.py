"""What passes over one connection: when a statement begins and ends, and what it says."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from struct import pack, unpack

from sandbox.calls import CallLog
from sandbox.redshift.dialect import as_postgres, needs_translation

_CONTROL = re.compile(rb"\s*(begin|rollback|commit|set)\b", re.IGNORECASE)


class StatementLog:
    """Records each statement of a connection as one call, from its first message to its end.

    A statement is prepared, bound and executed in several round trips; it is over at the first
    ReadyForQuery after its Execute or its error.
    """

    def __init__(self, calls: CallLog) -> None:
        self._calls = calls
        self._running: AbstractContextManager[None] | None = None
        self._is_sent = False
        self._labels: dict[bytes, str] = {}

    def sent(self, kind: bytes, body: bytes) -> str:
        """Note a message of the client; the label of the statement that begins with it, or ""."""
        if kind == b"P":
            name, _, rest = body.partition(b"\0")
            self._labels[name] = _label(rest)
        self._is_sent = self._is_sent or kind in b"EQ"
        if self._running or kind not in (b"P", b"B", b"Q"):
            return ""
        label = self._label_of(kind, body)
        self._is_sent = kind == b"Q"
        self._running = self._calls.record("redshift", label)
        self._running.__enter__()
        return label

    def received(self, kind: bytes) -> None:
        """Note a message of the server."""
        if kind == b"E":
            self._is_sent = True
        elif kind == b"Z" and self._is_sent:
            self.end()

    def end(self) -> None:
        """The statement is over, also when its connection ends."""
        if self._running:
            self._running.__exit__(None, None, None)
        self._running, self._is_sent = None, False

    def _label_of(self, kind: bytes, body: bytes) -> str:
        if kind == b"Q":
            return _label(body)
        parts = body.split(b"\0", 2)
        return self._labels.get(parts[0] if kind == b"P" else parts[1], "query")


class Boundaries:
    """The kinds of the messages in a stream of bytes, whatever pieces it comes in."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The kind of each message that begins in this piece."""
        position = self._left
        if not self._left and self._head:
            data, self._head = self._head + data, b""
        while position + 5 <= len(data):
            yield data[position : position + 1]
            position += 1 + unpack("!I", data[position + 1 : position + 5])[0]
        if position < len(data):
            self._head, self._left = data[position:], 0
        else:
            self._left = position - len(data)


def in_postgres_words(kind: bytes, body: bytes) -> bytes:
    """A Parse or Query message's body with what only Redshift understands translated."""
    name, separator, rest = (b"", b"", body) if kind == b"Q" else body.partition(b"\0")
    sql, _, types = rest.partition(b"\0")
    text = sql.decode(errors="replace")
    if not needs_translation(text):
        return body
    return name + separator + as_postgres(text).encode() + b"\0" + types


def message(kind: bytes, body: bytes) -> bytes:
    """A message on the wire."""
    return kind + pack("!I", len(body) + 4) + body


def error(code: str, text: str, severity: str = "FATAL") -> bytes:
    """An ErrorResponse."""
    fields = {"S": severity, "C": code, "M": text, "F": "auth.cpp", "L": "520", "R": "sandbox"}
    body = b"".join(f"{letter}{value}".encode() + b"\0" for letter, value in fields.items())
    return message(b"E", body + b"\0")


def _label(sql: bytes) -> str:
    found = _CONTROL.match(sql)
    return found[1].decode().lower() if found else "query"
