"""What a log is made of, wherever it was read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One stored event: `timestamp_ms` is epoch milliseconds UTC (None where the source has none).

    `message` may span several lines (a traceback is one event in CloudWatch) or be one JSON object
    (Airflow 3).
    """

    timestamp_ms: int | None
    message: str


@dataclass(frozen=True, slots=True)
class LogGap:
    """A stretch of the log that was not read: line numbers after it are unknown."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of a log stream, oldest event first; `next_token` is "" at the end."""

    events: tuple[LogEvent, ...]
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event found by a search over a group."""

    log_stream: str
    timestamp_ms: int
    message: str
    event_id: str = ""
