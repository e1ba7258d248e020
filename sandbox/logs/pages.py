"""Pages of events: one stream read by position, many streams searched in order of time."""

import base64
import heapq
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.logs.filter_pattern import Matcher
from sandbox.logs.streams import Event, Stream

MAX_EVENTS = 10_000
MAX_BYTES = 1_048_576
# CloudWatch counts this much beside each event's text.
EVENT_BYTES = 26


class BadToken(Exception):
    """The token is not one that a page gave."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events `start..end` of a stream and the tokens that lead on from there."""

    events: list[Event]
    forward: str
    backward: str


def read_page(
    stream: Stream, *, token: str, from_head: bool, start_ms: int | None, end_ms: int | None,
    limit: int,
) -> Page:  # fmt: skip
    """One GetLogEvents page: end exclusive, a token's own direction beats `from_head`."""
    low = 0 if start_ms is None else stream.first_at(start_ms)
    high = len(stream) if end_ms is None else max(stream.first_at(end_ms), low)
    forward, position = _direction(token, from_head, low, high)
    if forward:
        events = _fill(stream, range(position, high), limit)
        start, end = position, position + len(events)
    else:
        events = _fill(stream, range(position - 1, low - 1, -1), limit)[::-1]
        start, end = position - len(events), position
    return Page(events, f"f/{end:056d}/s", f"b/{start:056d}/s")


def _direction(token: str, from_head: bool, low: int, high: int) -> tuple[bool, int]:
    if not token:
        return from_head, low if from_head else high
    found = re.fullmatch(r"([fb])/(\d{56})/s", token)
    if found is None:
        raise BadToken("The specified nextToken is invalid.")
    return found[1] == "f", min(max(int(found[2]), low), high)


def _fill(stream: Stream, indexes: range, limit: int) -> list[Event]:
    events: list[Event] = []
    size = 0
    for index in indexes:
        event = stream.at(index)
        size += len(event[1].encode()) + EVENT_BYTES
        if len(events) == limit or (events and size > MAX_BYTES):
            break
        events.append(event)
    return events


Found = tuple[int, str, int, str]
"""Timestamp, stream name, index in the stream, message: also the order of a search."""


@dataclass(frozen=True, slots=True)
class Search:
    """What one FilterLogEvents call asks; `scan` bounds the events looked at (None: no bound)."""

    matches: Matcher
    start_ms: int | None
    end_ms: int | None
    limit: int
    token: str = ""
    scan: int | None = None


def search_page(streams: Mapping[str, Stream], search: Search) -> tuple[list[Found], str]:
    """The next matches in order of time, and a token while events are left to look at."""
    after = _position(search.token)
    found: list[Found] = []
    size = 0
    last: Found | None = None
    merged = heapq.merge(*(_events(n, s, search, after) for n, s in streams.items()))
    for looked, event in enumerate(merged):
        matched = search.matches(event[3])
        size += (len(event[3].encode()) + EVENT_BYTES) * matched
        is_full = len(found) == search.limit or (found and size > MAX_BYTES)
        if (matched and is_full) or looked == search.scan:
            return found, _token(last)
        if matched:
            found.append(event)
        last = event
    return found, ""


def _events(
    name: str, stream: Stream, search: Search, after: tuple[int, str, int] | None
) -> Iterator[Found]:
    begin = search.start_ms if after is None else max(search.start_ms or 0, after[0])
    first = 0 if begin is None else stream.first_at(begin)
    for index in range(first, len(stream)):
        timestamp, message = stream.at(index)
        if search.end_ms is not None and timestamp > search.end_ms:
            return
        if after is None or (timestamp, name, index) > after:
            yield timestamp, name, index, message


def _token(last: Found | None) -> str:
    if last is None:
        return ""
    return base64.urlsafe_b64encode(json.dumps(last[:3]).encode()).decode()


def _position(token: str) -> tuple[int, str, int] | None:
    if not token:
        return None
    try:
        timestamp, name, index = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise BadToken("The specified nextToken is invalid.") from None
    return timestamp, name, index
