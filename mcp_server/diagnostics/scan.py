"""Read a log of any length quickly: lines of a shape known to be dull are passed over.

Most of a long log is one line over and over with other numbers. A line's shape is what is left of
it without digits and hex letters; once a shape was looked at and found dull, its next ones cost a
set look-up. A line with one of the words of categories.toml is never called dull. What remains: a
line that differs from a dull one in nothing but hex letters ("err" beside "arr") is passed over.
"""

from collections.abc import Iterable, Iterator

from mcp_server.diagnostics.candidates import Search
from mcp_server.diagnostics.lines import Line, Numbering, lines_of
from mcp_server.domain.logs import LogEvent, LogGap

_VOLATILE = b"0123456789abcdefABCDEF.,:+-"
SHAPES = 50_000
NEIGHBOURS = 2


def scan(parts: Iterable[str | LogEvent | LogGap], numbering: Numbering, search: Search) -> None:
    """Feed every line that could matter to `search`, with its neighbours; one pass, flat memory."""
    dull: set[bytes] = set()
    for part in _whole_lines(parts):
        if isinstance(part, list):
            _block(part, numbering, search, dull)
        else:
            for line in lines_of([part], numbering):
                search.read(line)


def _whole_lines(
    parts: Iterable[str | LogEvent | LogGap],
) -> Iterator[list[str] | LogEvent | LogGap]:
    rest = ""
    for part in parts:
        if isinstance(part, str):
            *whole, rest = (rest + part).split("\n")
            if whole:
                yield whole
            continue
        if rest:
            yield [rest]
            rest = ""
        yield part
    if rest:
        yield [rest]


def _block(lines: list[str], numbering: Numbering, search: Search, dull: set[bytes]) -> None:
    joined = "\n".join(lines).encode("utf-8", "replace")
    shapes = joined.translate(None, _VOLATILE).split(b"\n")
    if not search.attentive and dull.issuperset(shapes):
        numbering.skip(len(lines))
        search.recall(_decode(lines[-NEIGHBOURS:], numbering, back=True))
        return
    passed = 0
    for at, shape in enumerate(shapes):
        if shape in dull and not search.attentive:
            passed += 1
            continue
        if passed:
            numbering.skip(passed)
            first = max(at - min(passed, NEIGHBOURS), 0)
            search.recall(_decode(lines[first:at], numbering, back=True))
            passed = 0
        if _read(lines[at], numbering, search) and len(dull) < SHAPES:
            dull.add(shape)
    if passed:
        numbering.skip(passed)
        search.recall(_decode(lines[-min(passed, NEIGHBOURS) :], numbering, back=True))


def _read(raw: str, numbering: Numbering, search: Search) -> bool:
    """Feed one line; True when it is dull: nothing in it could ever matter."""
    if not search.attentive and not search.signals.worth_a_look(raw):
        search.recall(_decode([raw], numbering))
        return True
    for line in _decode([raw], numbering):
        search.read(line)
    return False


def _decode(lines: list[str], numbering: Numbering, *, back: bool = False) -> list[Line]:
    own = Numbering()
    own.count, own.known = numbering.count - (len(lines) if back else 0), numbering.known
    found = list(lines_of([line + "\n" for line in lines], own))
    if not back:
        numbering.count = own.count
    return found
