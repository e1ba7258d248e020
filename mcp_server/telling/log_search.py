"""How what a search found is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.domain.logs import FoundEvent
from mcp_server.links import group_url
from mcp_server.reading.log_search import PatternCount, Place
from mcp_server.telling.log_lines import LogLine, of_event
from mcp_server.text import DEFAULT_TOKENS, cell, clipped, count, table
from mcp_server.times import iso, iso_ms

WIDTH = 300
ROOM = DEFAULT_TOKENS * 4 - 900
MOST_PATTERNS = 30


class MessagePattern(BaseModel):
    """Messages that differ only in numbers, ids and times."""

    model_config = ConfigDict(frozen=True)

    count: int
    pattern: str
    example: str
    first_at: str
    last_at: str


class SearchAnswer(BaseModel):
    """What a search found. Times: ISO 8601 UTC."""

    log_group: str
    since: str
    until: str
    filter_pattern: str = Field(default="", description="As CloudWatch Logs got it.")
    found: int = 0
    is_more: bool = Field(default=False, description="True: there may be more in the window.")
    lines: list[LogLine] = Field(default_factory=list)
    patterns: list[MessagePattern] = Field(default_factory=list)
    rows: list[dict[str, str]] = Field(default_factory=list, description="Of an Insights query.")
    note: str = ""
    next_cursor: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search in one group and window."""

    place: Place
    region: str
    window: tuple[datetime, datetime]
    filter_pattern: str = ""
    events: Sequence[FoundEvent] = ()
    is_more: bool = False
    rows: Sequence[Mapping[str, str]] = field(default_factory=tuple)

    def lines(self) -> tuple[str, SearchAnswer]:
        """The events as lines, as many as fit; the cursor goes on from the first left out."""
        names: dict[str, str] = {}
        shown: list[LogLine] = []
        text: list[str] = []
        room = ROOM
        for event in self.events:
            line = of_event(event)
            row = f"{_label(names, event.log_stream)} {line.time} {_said(line)}"
            room -= len(row) + 1
            if room < 0 and text:
                break
            shown.append(line)
            text.append(row)
        cursor = self._cursor(len(shown))
        rest = f"{len(shown)} of them shown; " if len(shown) < len(self.events) else ""
        more = [f"({rest}more: cursor={cursor})"] if cursor else []
        legend = [f"{label} = {stream}" for stream, label in names.items()]
        data = self._data(lines=shown, next_cursor=cursor)
        return "\n".join([self._head("event"), *text, *legend, *more]), data

    def patterns(self, found: Sequence[PatternCount]) -> tuple[str, SearchAnswer]:
        """The message patterns with their counts."""
        rows = [_pattern(one) for one in found[:MOST_PATTERNS]]
        head = f"{self._head('event')} {count(len(found), 'pattern')}:"
        text = table(
            ("count", "first", "last", "example"),
            [(one.count, one.first_at, one.last_at, clipped(one.example, 240)) for one in rows],
        )
        left = len(found) - len(rows)
        more = [f"({count(left, 'rarer pattern')} left out)"] if left > 0 else []
        return "\n".join([head, *text, *more]), self._data(patterns=rows)

    def query(self) -> tuple[str, SearchAnswer]:
        """The rows of an Insights query."""
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        cells = [[clipped(row.get(key, ""), WIDTH) for key in columns] for row in self.rows]
        rows = [{key: cell(value) for key, value in row.items()} for row in self.rows]
        text = "\n".join([self._head("row", len(self.rows)), *table(columns, cells)])
        return text, self._data(rows=rows[:100], found=len(self.rows))

    def _head(self, noun: str, found: int = -1) -> str:
        number = len(self.events) if found < 0 else found
        window = f"{iso(self.window[0])} to {iso(self.window[1])}"
        asked = f" with {self.filter_pattern}" if self.filter_pattern else ""
        note = f" note: {self.place.note}." if self.place.note else ""
        if not number:
            hint = "Widen since/until, or take words out of the pattern (it is case-sensitive)."
            return f"No {noun} in {self.place.log_group}{asked}, {window}.{note} {hint}"
        plus = "+" if self.is_more else ""
        counted = f"{number}{plus} {noun}{'s' if number != 1 or plus else ''}"
        order = ", oldest first" if noun == "event" else ""
        return f"{counted} in {self.place.log_group}{asked}, {window}{order}.{note}"

    def _cursor(self, shown: int) -> str:
        if shown < len(self.events):
            return f"after:{self.events[shown].timestamp_ms}"
        if self.is_more and self.events:
            return f"after:{self.events[-1].timestamp_ms + 1}"
        return ""

    def _data(
        self,
        *,
        lines: list[LogLine] | None = None,
        patterns: list[MessagePattern] | None = None,
        rows: list[dict[str, str]] | None = None,
        next_cursor: str = "",
        found: int = -1,
    ) -> SearchAnswer:
        return SearchAnswer(
            log_group=self.place.log_group,
            since=iso(self.window[0]),
            until=iso(self.window[1]),
            filter_pattern=self.filter_pattern,
            found=len(self.events) if found < 0 else found,
            is_more=self.is_more,
            lines=lines or [],
            patterns=patterns or [],
            rows=rows or [],
            note=self.place.note,
            next_cursor=next_cursor,
            url=group_url(self.region, self.place.log_group),
        )


def _label(names: dict[str, str], stream: str) -> str:
    """A short name for a stream: a, b ... z, a1 ..."""
    at = len(names)
    return names.setdefault(stream, chr(ord("a") + at % 26) + (str(at // 26) if at > 25 else ""))


def _said(line: LogLine) -> str:
    level = f"{line.level} " if line.level not in ("", "INFO") else ""
    return level + clipped(line.text, WIDTH)


def _pattern(one: PatternCount) -> MessagePattern:
    return MessagePattern(
        count=one.count,
        pattern=one.pattern,
        example=of_event(one.example).text,
        first_at=iso_ms(one.example.timestamp_ms),
        last_at=iso_ms(one.last.timestamp_ms),
    )
