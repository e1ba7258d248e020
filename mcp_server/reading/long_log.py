"""Read a stream of any length in a bounded number of calls.

Pages from the tail and the head; what they do not meet in is searched on the server's side, and
the neighbourhood of the best find is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from mcp_server.backends import Logs
from mcp_server.diagnostics.cause import LogDiagnosis, diagnose_log
from mcp_server.domain.logs import FoundEvent, LogEvent, LogGap, LogPage
from mcp_server.errors import DiagnosticError
from mcp_server.reading import search_terms
from mcp_server.reading.together import Ask, every, gather

HEAD = 200
PAGE = 10_000
WINDOWS = 3
STRONG_FINDS, BROAD_FINDS = 2_000, 1_000
BEFORE, AFTER = 20, 60

Part: TypeAlias = LogEvent | LogGap
Events: TypeAlias = tuple[LogEvent, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a stream, oldest first; gaps stand where events were left out."""

    parts: tuple[Part, ...]
    is_whole: bool
    notes: tuple[str, ...] = ()

    @property
    def events(self) -> Events:
        return tuple(part for part in self.parts if isinstance(part, LogEvent))


async def read_stream(logs: Logs, log_group: str, log_stream: str) -> Reading:
    """Read a stream whole where two rounds of pages meet, else its ends and what stands out.

    At most 10 calls, 3 in sequence, unless nothing was found and the searches say there is more.
    """
    tail, head = await gather(
        lambda: logs.events(log_group, log_stream, limit=PAGE),
        lambda: logs.events(log_group, log_stream, from_head=True, limit=HEAD),
    )
    whole = joined(head.events, tail.events)
    if whole is not None:
        return Reading(whole, is_whole=True)
    return await _Middle(logs, log_group, log_stream).read(head, tail)


def joined(head: Events, tail: Events) -> Events | None:
    """Both as one when they overlap, None when events may be missing between them."""
    if not head or not tail:
        return head or tail
    for at, event in enumerate(head):
        if event == tail[0] and head[at:] == tail[: len(head) - at]:
            return head[:at] + tail
    return None


@dataclass(frozen=True, slots=True)
class _Middle:
    logs: Logs
    log_group: str
    log_stream: str

    async def read(self, head: LogPage, tail: LogPage) -> Reading:
        low, high = _ms(head.events[-1]), _ms(tail.events[0])
        older, younger, *found = await self._round(head, tail, low, high, pages=1)
        first = head.events + _page(younger)
        last = _page(older) + tail.events
        whole = joined(first, last)
        if whole is not None:
            return Reading(whole, is_whole=True)
        finds, more = _finds(found, first, last)
        seen = _diagnosed(first, finds, last)
        if more and seen.confidence in ("low", "inconclusive"):
            found = await every(self._broad(_ms(first[-1]), _ms(last[0]), pages=10))
            finds = _merged(finds, _finds(found, first, last)[0])
            seen = _diagnosed(first, finds, last)
        near = await self._near(seen.cause_timestamp_ms, first, last)
        return Reading(tuple(_sparse(first, finds, near, last)), is_whole=False, notes=_said(found))

    async def _round(
        self, head: LogPage, tail: LogPage, low: int, high: int, *, pages: int
    ) -> list["LogPage | Finds | DiagnosticError"]:
        asks: list[Ask[LogPage | Finds]] = [
            lambda: self._page(tail.next_token, from_head=False),
            lambda: self._page(head.next_token, from_head=True),
            lambda: self._search(search_terms.strong(), low, high, STRONG_FINDS, pages),
            *self._broad(low, high, pages=pages),
        ]
        return await every(asks)

    async def _page(self, token: str, *, from_head: bool) -> LogPage:
        if not token:
            return LogPage(())
        return await self.logs.events(
            self.log_group, self.log_stream, from_head=from_head, token=token, limit=PAGE
        )

    def _broad(self, low: int, high: int, *, pages: int) -> list[Ask["LogPage | Finds"]]:
        step = max((high - low) // WINDOWS, 1)
        edges = [low + step * at for at in range(WINDOWS)] + [high]
        search = partial(self._search, search_terms.broad(), limit=BROAD_FINDS, pages=pages)
        return [partial(search, low, high) for low, high in pairwise(edges)]

    async def _search(self, pattern: str, low: int, high: int, limit: int, pages: int) -> "Finds":
        return await self.logs.search(
            self.log_group,
            pattern,
            log_streams=[self.log_stream],
            start_ms=low,
            end_ms=high,
            limit=limit,
            pages=pages,
        )

    async def _near(self, at: int | None, first: Events, last: Events) -> Events:
        """What stands around a find of the middle; nothing when the cause is at an end."""
        if at is None or not _ms(first[-1]) < at < _ms(last[0]):
            return ()
        asks: list[Ask[LogPage]] = [
            lambda: self.logs.events(self.log_group, self.log_stream, end_ms=at, limit=BEFORE),
            lambda: self.logs.events(
                self.log_group, self.log_stream, from_head=True, start_ms=at, limit=AFTER
            ),
        ]
        before, after = await every(asks)
        around = _page(before) + _page(after)
        return tuple(e for e in around if _ms(first[-1]) < _ms(e) < _ms(last[0]))


Finds: TypeAlias = tuple[Sequence[FoundEvent], bool]


def _page(answer: LogPage | Finds | DiagnosticError) -> Events:
    # A refused page narrows what was read; the gap that stays says so.
    return answer.events if isinstance(answer, LogPage) else ()


def _said(answers: Sequence[LogPage | Finds | DiagnosticError]) -> tuple[str, ...]:
    refused = dict.fromkeys(str(one) for one in answers if isinstance(one, DiagnosticError))
    return tuple(f"Part of the log was not read: {why}" for why in refused)


def _finds(
    answers: Sequence[LogPage | Finds | DiagnosticError], first: Events, last: Events
) -> tuple[Events, bool]:
    low, high = _ms(first[-1]), _ms(last[0])
    events: Events = ()
    more = False
    for answer in answers:
        if isinstance(answer, tuple):
            mine = (LogEvent(f.timestamp_ms, f.message) for f in answer[0])
            events = _merged(events, tuple(e for e in mine if low < _ms(e) < high))
            more = more or answer[1]
    return events, more


def _merged(one: Events, other: Events) -> Events:
    return tuple(sorted(dict.fromkeys([*one, *other]), key=_ms))


def _diagnosed(first: Events, finds: Events, last: Events) -> LogDiagnosis:
    return diagnose_log(_sparse(first, finds, (), last), budget_tokens=20)


def _sparse(first: Events, finds: Events, near: Events, last: Events) -> list[Part]:
    """The ends and the finds in order of time, with a gap before each find that stands alone."""
    known = set(near)
    parts: list[Part] = [*first]
    alone = [e for e in finds if e not in known]
    start = _ms(near[0]) if near else 0
    for event in (e for e in alone if _ms(e) < start):
        parts += [LogGap(), event]
    if near:
        parts += [LogGap(), *near]
    for event in (e for e in alone if _ms(e) >= start):
        parts += [LogGap(), event]
    return [*parts, LogGap(), *last]


def _ms(event: LogEvent) -> int:
    return event.timestamp_ms or 0
