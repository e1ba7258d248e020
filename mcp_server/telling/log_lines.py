"""Lines of a log, decoded and redacted, as text and as data."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.diagnostics.cause import QuotedLine
from mcp_server.diagnostics.lines import Line, Numbering, lines_of
from mcp_server.domain.logs import FoundEvent, LogEvent
from mcp_server.text import clipped
from mcp_server.times import at_ms, iso_ms

WIDTH = 400


class LogLine(BaseModel):
    """One line; `number` 0 where it is not known, then `time` (ISO 8601 UTC) is its place."""

    model_config = ConfigDict(frozen=True)

    number: int = 0
    time: str = ""
    level: str = ""
    text: str
    log_stream: str = Field(
        default="", description="Only where lines of several streams are mixed."
    )


def typed(line: Line) -> LogLine:
    """A line of a view as data."""
    text = clipped(line.text, WIDTH)
    return LogLine(
        number=line.number or 0, time=iso_ms(line.timestamp_ms), level=line.level, text=text
    )


def quoted(line: QuotedLine) -> LogLine:
    """A line of the digest as data."""
    return LogLine(number=line.number or 0, time=iso_ms(line.timestamp_ms), text=line.text)


def of_event(event: FoundEvent) -> LogLine:
    """An event of a search as data: its lines joined, the message of a JSON event alone."""
    lines = list(lines_of([LogEvent(event.timestamp_ms, event.message)], Numbering()))
    level = next((line.level for line in lines if line.level), "")
    text = clipped(" | ".join(line.text.strip() for line in lines if line.text.strip()), WIDTH)
    return LogLine(
        time=iso_ms(event.timestamp_ms), level=level, text=text, log_stream=event.log_stream
    )


def shown(lines: Iterable[LogLine]) -> list[str]:
    """One row a line: number (or the whole time), level when it is not INFO, text."""
    return [
        " ".join(part for part in (_place(line), _level(line.level), line.text) if part)
        for line in lines
    ]


def place_of(number: int | None, timestamp_ms: int | None) -> str:
    """Where a line stands: "line 3101" or its time."""
    if number:
        return f"line {number}"
    return iso_ms(timestamp_ms) or "no place"


def clock(timestamp_ms: int | None) -> str:
    """`03:04:05` of a time, nothing without one."""
    return "" if timestamp_ms is None else at_ms(timestamp_ms).strftime("%H:%M:%S")


def _place(line: LogLine) -> str:
    return f"{line.number}:" if line.number else line.time


def _level(level: str) -> str:
    return "" if level in ("INFO", "") else level
