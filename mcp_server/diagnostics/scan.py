"""Read a log of any length quickly: lines of a shape known to be dull are passed over.

Most of a long log is one line over and over with other numbers. A line's shape is what is left of
it without digits and hex letters; once a shape was looked at and found dull, its next ones cost a
set look-up. A line with one of the words of categories.toml is never called dull. What remains: a
line that differs from a dull one in nothing but hex letters ("err" beside "arr") is passed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import cast

from mcp_server.diagnostics.candidates import Search
from mcp_server.diagnostics.lines import Line, Numbering, lines_of
from mcp_server.domain.logs import LogEvent, LogGap

_VOLATILE = b"0123456789abcdefABCDEF.,:+-"
SHAPES = 50_000
NEIGHBOURS = 2
BLOCK = 1_000
CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class _Block:
    """Raw lines in order, each with the time of its event (None in a file)."""

    lines: list[str]
    times: list[int | None]

    def __getitem__(self, part: slice) -> "_Block":
        return _Block(self.lines[part], self.times[part])


def scan(parts: Iterable[str | LogEvent | LogGap], numbering: Numbering, search: Search) -> None:
    """Feed every line that could matter to `search`, with its neighbours; one pass, flat memory."""
    dull: set[bytes] = set()
    for part in _blocks(parts):
        if isinstance(part, _Block):
            _block(part, numbering, search, dull)
        else:
            search.interrupt()
            for line in lines_of([part], numbering):
                search.read(line)


def _blocks(parts: Iterable[str | LogEvent | LogGap]) -> Iterator[_Block | LogGap]:
    for kind, run in groupby(parts, type):
        if issubclass(kind, LogGap):
            yield from cast(Iterator[LogGap], run)
        elif issubclass(kind, LogEvent):
            yield from _of_events(cast(Iterator[LogEvent], run))
        else:
            yield from _of_text(cast(Iterator[str], run))


def _of_events(events: Iterator[LogEvent]) -> Iterator[_Block]:
    block = _Block([], [])
    for event in events:
        said = event.message.rstrip("\n").split("\n")
        block.lines.extend(said)
        block.times.extend([event.timestamp_ms] * len(said))
        if len(block.lines) >= BLOCK:
            yield block
            block = _Block([], [])
    if block.lines:
        yield block


def _of_text(pieces: Iterator[str]) -> Iterator[_Block]:
    rest: list[str] = []
    size = 0
    for piece in pieces:
        rest.append(piece)
        size += len(piece)
        if size >= CHARACTERS and "\n" in piece:
            *whole, last = "".join(rest).split("\n")
            rest, size = [last], len(last)
            yield _Block(whole, [None] * len(whole))
    *whole, last = "".join(rest).split("\n")
    lines = [*whole, last] if last else whole
    if lines:
        yield _Block(lines, [None] * len(lines))


def _block(block: _Block, numbering: Numbering, search: Search, dull: set[bytes]) -> None:
    raw = "\n".join(block.lines).encode("utf-8", "replace")
    shapes = raw.translate(None, _VOLATILE).split(b"\n")
    worth_a_look = search.signals.worth_a_look
    if not search.attentive and dull.issuperset(shapes):
        _pass(block, len(shapes), len(shapes), numbering, search)
        return
    passed = 0
    for at, shape in enumerate(shapes):
        if not search.attentive and (shape in dull or not worth_a_look(block.lines[at])):
            passed += 1
            if len(dull) < SHAPES:
                dull.add(shape)
            continue
        _pass(block, at, passed, numbering, search)
        passed = 0
        for line in _decode(block[at : at + 1], numbering):
            search.read(line)
    _pass(block, len(shapes), passed, numbering, search)


def _pass(block: _Block, at: int, passed: int, numbering: Numbering, search: Search) -> None:
    """Count lines passed over just before `at`; the last ones may be neighbours of a find."""
    if passed:
        numbering.skip(passed)
        first = at - min(passed, NEIGHBOURS)
        search.recall(_decode(block[first:at], numbering, back=True))


def _decode(block: _Block, numbering: Numbering, *, back: bool = False) -> list[Line]:
    own = Numbering()
    own.count = numbering.count - (len(block.lines) if back else 0)
    own.known = numbering.known
    events = map(LogEvent, block.times, block.lines)
    found = list(lines_of(events, own))
    if not back:
        numbering.count = own.count
    return found
