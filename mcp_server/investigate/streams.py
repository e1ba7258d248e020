"""Find the failed try by its log stream alone, when Airflow cannot (or shall not) be asked."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mcp_server.backends import Logs
from mcp_server.errors import NotFound
from mcp_server.investigate.question import Question
from mcp_server.investigate.target import Target, as_asked
from mcp_server.reading.streams import attempt_of, index_of
from mcp_server.times import ms

ERRORS = "?ERROR ?CRITICAL ?Traceback ?error ?critical ?Exception ?failed"
WINDOWS = (timedelta(hours=2), timedelta(hours=26))
_STREAM = re.compile(r"dag_id=(?P<dag>[^/]+)/run_id=(?P<run>[^/]+)/task_id=(?P<task>[^/]+)/")
_MOMENT = re.compile(r"T(\d\d)_(\d\d)_(\d\d)(\.\d+)?([+-]\d\d)_(\d\d)")


async def target_by_stream(logs: Logs, log_group: str, question: Question) -> Target:
    """The try whose stream holds the last error before `at`. Raises NotFound when none does."""
    for window in WINDOWS:
        streams = await _erring(logs, log_group, question, window)
        if streams:
            return _target(streams[-1], question)
    raise NotFound(
        f"No log stream of {question.dag_id} in {log_group} holds an error"
        f" in the {WINDOWS[-1].total_seconds() // 3600:.0f} hours before {question.at:%H:%M}Z."
    )


async def _erring(logs: Logs, log_group: str, question: Question, window: timedelta) -> list[str]:
    """Streams of the dag (and task, run day) with an error, in the order of their last one."""
    since = question.at - window
    events, _ = await logs.search(
        log_group,
        ERRORS,
        stream_prefix=_prefix(question),
        start_ms=ms(since),
        end_ms=ms(question.at + timedelta(minutes=2)),
        limit=1000,
    )
    last = {e.log_stream: e.timestamp_ms for e in events if _fits(e.log_stream, question)}
    return sorted(last, key=lambda stream: last[stream])


def _prefix(question: Question) -> str:
    run = f"run_id={question.run_id.replace(':', '_')}/" if question.names_run else ""
    return f"dag_id={question.dag_id}/{run}"


def _fits(stream: str, question: Question) -> bool:
    found = _STREAM.match(stream)
    if not found or not attempt_of(stream):
        return False
    task, wanted = found["task"], question.task_id
    if wanted and task != wanted and not task.endswith(f".{wanted}"):
        return False
    day = _day(question.logical_date)
    return not day or day in found["run"] or "__20" not in found["run"]


def _day(logical_date: str) -> str:
    try:
        moment = datetime.fromisoformat(logical_date.replace(" ", "T", 1))
    except ValueError:
        return ""
    return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d}"


def _target(stream: str, question: Question) -> Target:
    found = _STREAM.match(stream)
    if found is None:
        return as_asked(question)
    return replace(
        as_asked(question),
        run_id=question.run_id if question.names_run else run_id_of(found["run"]),
        task_id=found["task"],
        map_index=index_of(stream),
        try_number=attempt_of(stream),
    )


def run_id_of(escaped: str) -> str:
    """A run id as it reads in Airflow; '_' inside its time stands for ':' in a stream's name."""
    return _MOMENT.sub(lambda m: f"T{m[1]}:{m[2]}:{m[3]}{m[4] or ''}{m[5]}:{m[6]}", escaped)
