"""Parts of a log as lines: its tail, the neighbourhood of a place, the lines with a pattern."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mcp_server.backends import Logs
from mcp_server.diagnostics.lines import Line, Numbering, lines_of
from mcp_server.domain.logs import LogEvent, LogGap
from mcp_server.errors import BadRequest
from mcp_server.reading.safe_pattern import matcher
from mcp_server.reading.search_terms import quoted
from mcp_server.reading.task_log import TaskLog
from mcp_server.reading.together import gather
from mcp_server.text import count
from mcp_server.times import at_ms, iso, ms, parse_time

_CURSOR = re.compile(r"(line|before|after):(\d{1,15})")
_NUMBER = re.compile(r"(?:line )?(\d{1,9})")
_STAMP = re.compile(r"@?(\d{13})")
Place = tuple[str, int]
"""("line", number), or ("before" | "after", epoch milliseconds)."""


@dataclass(frozen=True, slots=True)
class View:
    """Lines in order and the cursor for more, "" at the end; `said` names what is shown."""

    lines: tuple[Line, ...]
    said: str
    next_cursor: str = ""


def all_lines(parts: Iterable[LogEvent | LogGap]) -> list[Line]:
    """Every line of what was read, numbered while nothing is missing before it."""
    return list(lines_of(parts, Numbering()))


def cursor_place(cursor: str) -> Place:
    """What a cursor of an earlier answer points at."""
    found = _CURSOR.fullmatch(cursor.strip())
    if not found:
        raise BadRequest("cursor must be the next_cursor of an earlier answer, unchanged.")
    return found[1], int(found[2])


def around_place(around: str, reference: datetime) -> Place:
    """A line number, or a time (ISO 8601, or @ and epoch milliseconds as digests show it)."""
    number, stamp = _NUMBER.fullmatch(around.strip()), _STAMP.fullmatch(around.strip())
    if stamp:
        return "after", int(stamp[1])
    if number:
        return "line", int(number[1])
    return "after", ms(parse_time(around, reference))


async def tail(logs: Logs | None, log: TaskLog, cursor: str, most: int) -> View:
    """The last lines, or with a cursor the ones before those shown."""
    lines = all_lines(log.parts)
    place = cursor_place(cursor) if cursor else None
    if place and place[0] == "line":
        lines = [line for line in lines if (line.number or 0) < place[1]]
    elif place and logs is not None:
        page = await logs.events(log.log_group, log.log_streams[0], end_ms=place[1], limit=most)
        lines = all_lines([LogGap(), *page.events])
    shown = tuple(lines[-most:])
    said = f"the {'last' if not cursor else 'earlier'} {len(shown)} lines"
    return View(shown, said, _earlier(log, shown) if len(lines) >= most else "")


def _earlier(log: TaskLog, shown: Sequence[Line]) -> str:
    if not shown:
        return ""
    first = shown[0]
    if first.number is not None:
        return f"line:{first.number}" if first.number > 1 else ""
    return f"before:{first.timestamp_ms}" if log.log_streams else ""


async def around(logs: Logs | None, log: TaskLog, place: Place, most: int) -> View:
    """The lines on both sides of a line number or a time."""
    kind, at = place
    if kind == "line" and not log.is_whole:
        raise BadRequest(
            "This log was too long to be read whole, so it has no line numbers:"
            f" give around a time, as {iso(_last(log))}."
        )
    before = most // 3
    if kind != "line" and logs is not None and log.log_streams and not log.is_whole:
        lines = await _fetched(logs, log, at, before, most - before)
        return View(tuple(lines), f"{len(lines)} lines around {iso(at_ms(at))}")
    lines = all_lines(log.parts)
    test: Callable[[Line], bool] = (
        (lambda line: (line.number or 0) >= at)
        if kind == "line"
        else (lambda line: (line.timestamp_ms or 0) >= at)
    )
    hit = next((n for n, line in enumerate(lines) if test(line)), len(lines) - 1)
    shown = tuple(lines[max(hit - before, 0) : hit + most - before])
    where = f"line {at} of {lines[-1].number}" if kind == "line" and lines else iso(at_ms(at))
    return View(shown, f"{len(shown)} lines around {where}")


async def _fetched(logs: Logs, log: TaskLog, at: int, before: int, after: int) -> list[Line]:
    stream = log.log_streams[0]
    earlier, later = await gather(
        lambda: logs.events(log.log_group, stream, end_ms=at, limit=before),
        lambda: logs.events(log.log_group, stream, from_head=True, start_ms=at, limit=after),
    )
    return all_lines([LogGap(), *earlier.events, *later.events])


async def grep(logs: Logs | None, log: TaskLog, pattern: str, cursor: str, most: int) -> View:
    """The lines that hold a pattern: a regular expression, upper and lower case alike.

    Of a log that was not read whole, the server is asked for the pattern's literal text.
    """
    test = matcher(pattern)
    place = cursor_place(cursor) if cursor else ("line", 0)
    if log.is_whole or logs is None or not log.log_streams:
        lines = [
            line
            for line in all_lines(log.parts)
            if (line.number or 0) > place[1] and test(line.text)
        ]
        more = f"line:{lines[most - 1].number}" if len(lines) > most else ""
        return View(
            tuple(lines[:most]), f"pattern {pattern!r} is in {count(len(lines), 'line')}", more
        )
    return await _searched(logs, log, pattern, place[1] if place[0] == "after" else 0, most)


async def _searched(logs: Logs, log: TaskLog, pattern: str, start: int, most: int) -> View:
    found, more = await logs.search(
        log.log_group, quoted(pattern), log_streams=log.log_streams, start_ms=start, limit=most
    )
    lines = all_lines([LogGap(), *(LogEvent(f.timestamp_ms, f.message) for f in found)])
    after = f"after:{found[-1].timestamp_ms + 1}" if more and found else ""
    number = f"{len(found)}{' or more' if more else ''} events"
    said = f"text {pattern!r} (case-sensitive, since the log is too long to read) is in {number}"
    return View(tuple(lines), said, after)


def _last(log: TaskLog) -> datetime:
    return at_ms(next((e.timestamp_ms for e in reversed(log.events) if e.timestamp_ms), 0))
