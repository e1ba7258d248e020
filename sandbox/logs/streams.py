"""Log streams: events in order of time, held in a list or made when they are read."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

Event = tuple[int, str]
"""Epoch milliseconds and message."""


class Stream(Protocol):
    """Events by index, oldest first."""

    def __len__(self) -> int: ...

    def at(self, index: int) -> Event: ...

    def first_at(self, timestamp_ms: int) -> int:
        """The index of the first event at or after a time; the length when there is none."""
        ...


class ListStream:
    """A stream in memory; events of one millisecond keep the order they came in."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = sorted(events, key=lambda event: event[0])
        self._times = [timestamp for timestamp, _ in self._events]

    def __len__(self) -> int:
        return len(self._events)

    def at(self, index: int) -> Event:
        return self._events[index]

    def first_at(self, timestamp_ms: int) -> int:
        return bisect_left(self._times, timestamp_ms)


class GeneratedStream:
    """A stream of any length that costs no memory: `line(i)` is made when event i is read.

    `special` replaces single events, which is where the cause of a story goes.
    """

    def __init__(
        self,
        count: int,
        *,
        start_ms: int,
        step_ms: int = 10,
        line: Callable[[int], str],
        special: Mapping[int, str] | None = None,
    ) -> None:
        self._count = count
        self._start = start_ms
        self._step = step_ms
        self._line = line
        self._special = dict(special or {})

    def __len__(self) -> int:
        return self._count

    def at(self, index: int) -> Event:
        message = self._special.get(index)
        return self._start + index * self._step, self._line(index) if message is None else message

    def first_at(self, timestamp_ms: int) -> int:
        return min(max(-((self._start - timestamp_ms) // self._step), 0), self._count)


def chatty_stream(
    count: int, start_ms: int, cause: str, *, step_ms: int = 4, airflow3: bool = False
) -> GeneratedStream:
    """A loader's endless progress lines with one error in the middle and an orderly end."""
    line = _event3 if airflow3 else _line2
    special = {
        count // 2: line(count // 2, "ERROR", cause),
        count - 1: line(count - 1, "ERROR", "Loader stopped: 1 batch failed, see above"),
    }
    return GeneratedStream(
        count,
        start_ms=start_ms,
        step_ms=step_ms,
        line=lambda i: line(i, "INFO", f"Loaded batch {i}: {i % 977 + 1} rows into staging"),
        special=special,
    )


def _line2(index: int, level: str, text: str) -> str:
    return f"[2026-11-22, 02:00:00 UTC] {{{{loader.py:{index % 90 + 10}}}}} {level} - {text}"


def _event3(index: int, level: str, text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    said = f'"event": "{escaped}", "level": "{level.lower()}", "n": {index}'
    return f'{{"logger": "task.stdout", {said}}}'
