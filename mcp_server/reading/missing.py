"""Why a try has no log, and what the other components say about it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mcp_server.backends import Logs
from mcp_server.diagnostics.signals import load_signals
from mcp_server.domain.airflow import Environment, LogGroup, TaskInstance
from mcp_server.domain.logs import FoundEvent
from mcp_server.errors import DiagnosticError
from mcp_server.reading.environments import log_group
from mcp_server.reading.search_terms import all_of
from mcp_server.reading.speaks_of import speaks_of
from mcp_server.reading.streams import TaskTry, attempts, index_of
from mcp_server.reading.together import Ask, every
from mcp_server.times import iso, ms

COMPONENTS = ("Scheduler", "Worker", "DAGProcessing")
MOST_LINES = 40
_SLACK = timedelta(minutes=10)
_QUIET = frozenset({"WARNING", "WARN", "ERROR", "CRITICAL"})
_WAITING = frozenset({"queued", "scheduled", "none", ""})
NEVER_RAN = {
    "upstream_failed": "it never started, because a task upstream of it failed",
    "skipped": "it was skipped, so it never ran",
    "removed": "it was removed from the dag, so it never ran",
}


def is_quiet(group: LogGroup | None) -> bool:
    """True when the group's level drops INFO lines."""
    return group is not None and group.level.upper() in _QUIET


def why_missing(
    group: LogGroup | None, wanted: TaskTry, instance: TaskInstance | None, seen: Sequence[str]
) -> str:
    """One sentence: why there is no log of this try. `seen` are the task's streams there are."""
    if group is None or not group.enabled or not group.name:
        return (
            "Task logging is disabled in this environment (LoggingConfiguration.TaskLogs);"
            " enable it at level INFO."
        )
    known = attempts(s for s in seen if wanted.map_index in (index_of(s), -1) or index_of(s) < 0)
    if known:
        number = f"try {wanted.try_number}" if wanted.try_number else "this instance"
        listed = ", ".join(map(str, known))
        return f"No log of {number}: {_state(instance)}. Tries with a log: {listed}."
    why = f"No log of {wanted} in {group.name}: {_state(instance)}."
    if is_quiet(group):
        why += f" Task logging is set to {group.level}: a try that only says INFO leaves no log."
    return why


def _state(instance: TaskInstance | None) -> str:
    if instance is None:
        return "no stream of that name exists (never started, its worker was lost, or it expired)"
    state = instance.state or ""
    if state in NEVER_RAN:
        return NEVER_RAN[state]
    if instance.start_date is None:
        if state in _WAITING:
            since = f" since {iso(instance.queued_when)}" if instance.queued_when else ""
            return f"it is {state or 'not scheduled yet'}{since} and never started"
        if state == "failed":
            return "it failed without ever starting (lost in the queue, or set failed from outside)"
        return f"it is {state or 'in no state'} and never started"
    began = f"it began at {iso(instance.start_date)}"
    on = f" on {instance.hostname}" if instance.hostname else ""
    if state in ("failed", "up_for_retry"):
        return f"{began}{on} and wrote none: its worker was most likely lost (killed or replaced)"
    return f"{began}{on} and is {state or 'in no state'}, but no stream of that name exists"


async def component_lines(
    logs: Logs, environment: Environment, wanted: TaskTry, instance: TaskInstance | None
) -> tuple[FoundEvent, ...]:
    """What Scheduler, Worker and DAGProcessing say about the task around the try, oldest first."""
    low, high = _window(wanted, instance)
    pattern = all_of(dict.fromkeys([wanted.dag_id, wanted.task_id]))
    asks: dict[str, Ask[tuple[Sequence[FoundEvent], bool]]] = {}
    for kind in COMPONENTS:
        group = log_group(environment, kind)
        if group is not None and group.enabled and group.name:
            said = all_of([wanted.dag_id]) if kind == "DAGProcessing" else pattern
            asks[kind] = _asking(logs, group.name, said, low, high)
    answers = await every(list(asks.values()))
    found = [
        one
        for kind, answer in zip(asks, answers, strict=True)
        if not isinstance(answer, DiagnosticError)
        for one in answer[0]
        if (kind != "DAGProcessing" or not _is_routine(one, wanted.dag_id))
        and speaks_of(one.message, wanted)
    ]
    return tuple(sorted(found, key=lambda one: one.timestamp_ms)[-MOST_LINES:])


def _is_routine(said: FoundEvent, dag_id: str) -> bool:
    """Whether a dag processor's line only counts a file again: all but the dag's name is dull."""
    return not load_signals().worth_a_look(said.message.replace(dag_id, ""))


def _asking(
    logs: Logs, group: str, pattern: str, low: int, high: int
) -> Ask[tuple[Sequence[FoundEvent], bool]]:
    return lambda: logs.search(group, pattern, start_ms=low, end_ms=high, limit=MOST_LINES, pages=3)


def _window(wanted: TaskTry, instance: TaskInstance | None) -> tuple[int, int]:
    """Epoch milliseconds around the try; 0 where nothing tells."""
    if instance is None:
        return _run_time(wanted.run_id), 0
    begins = [t for t in (instance.queued_when, instance.start_date) if t]
    low = ms(min(begins) - _SLACK) if begins else _run_time(wanted.run_id)
    return low, ms(instance.end_date + _SLACK) if instance.end_date else 0


def _run_time(run_id: str) -> int:
    try:
        moment = datetime.fromisoformat(run_id.partition("__")[2])
    except ValueError:
        return 0
    return ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
