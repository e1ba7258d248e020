"""A log as people have it: a file or standard input, gzip or not, UTF-8 or what Windows writes."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

CHUNK = 1 << 18
_GZIP = b"\x1f\x8b"
_FAULTS = (OSError, EOFError, zlib.error)


class Unreadable(Exception):
    """A log cannot be read; the text says why."""


@contextmanager
def open_log(name: str) -> Iterator[IO[str]]:
    """The text of a file, `-` for standard input, closed at the end. Raises Unreadable."""
    with ExitStack() as opened:
        try:
            text = _opened(name, opened)
        except _FAULTS as wrong:
            raise _unreadable(name, wrong) from wrong
        yield text


def _opened(name: str, opened: ExitStack) -> IO[str]:
    raw = sys.stdin.fileno() if name == "-" else name
    data = opened.enter_context(_reader(io.FileIO(raw, closefd=name != "-")))
    if data.peek(2)[:2] == _GZIP:
        data = opened.enter_context(_reader(gzip.GzipFile(fileobj=data)))
    return io.TextIOWrapper(data, _encoding(data.peek(4)[:4]), "replace", newline="\n")


def _reader(raw: Any) -> io.BufferedReader:  # noqa: ANN401 - typeshed knows no gzip file as raw
    return io.BufferedReader(raw, 1 << 20)


def _encoding(head: bytes) -> str:
    """PowerShell's `>` writes UTF-16: its mark, then a character of ASCII."""
    mark, first = head[:2], head[2:]
    wide = (mark == b"\xff\xfe" and first[1:] == b"\0") or (
        mark == b"\xfe\xff" and first[:1] == b"\0"
    )
    return "utf-16" if wide else "utf-8-sig"


def chunks(stream: IO[str], name: str) -> Iterator[str]:
    """What is read, piece by piece. Raises Unreadable."""
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    except _FAULTS as wrong:
        raise _unreadable(name, wrong) from wrong


def lines(stream: IO[str], name: str) -> Iterator[str]:
    """What is read, line by line as it comes. Raises Unreadable."""
    try:
        yield from stream
    except _FAULTS as wrong:
        raise _unreadable(name, wrong) from wrong


def _unreadable(name: str, wrong: Exception) -> Unreadable:
    called = "standard input" if name == "-" else name
    return Unreadable(f"cannot read {called}: {getattr(wrong, 'strerror', None) or wrong}")
