"""What failed in a window, over all dags, grouped by the cause that the logs state."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import anyio

from mcp_server.backends import Airflow, Backends
from mcp_server.diagnostics.cause import LogDiagnosis, diagnose_log
from mcp_server.domain.airflow import DagRun, Environment, TaskInstance
from mcp_server.domain.logs import LogEvent
from mcp_server.errors import DiagnosticError
from mcp_server.reading.failures_in_logs import failed_in_logs
from mcp_server.reading.failures_seen import Flapping, Seen, flapping, look, run_of, time_of
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.task_log import TaskLog, read_task_log
from mcp_server.reading.together import every
from mcp_server.reading.trouble import is_unexplained, trouble

MOST_LOGS, MOST_RUNS_ASKED = 40, 5
AT_ONCE = 8
UNREAD, NO_LOG, UNEXPLAINED = "cause not read", "no log", "no cause in the log"
# The same service fails under many addresses: what follows its host is no other cause.
_URL = re.compile(r"url: \S+")
_HOST = re.compile(r"(https?://[^/\s'\"]+)/[^\s'\"]*")


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that failed, and what became of the task since.

    `fate`: "failed", "waits for its retry", "runs again", "recovered" (a later try succeeded) or
    "succeeded since" (in a later run). `run_state` is that of its run where it was looked up.
    """

    instance: TaskInstance
    try_number: int
    fate: str = "failed"
    log: TaskLog | None = None
    run_state: str = ""

    @property
    def name(self) -> str:
        return f"{self.instance.dag_id}.{self.instance.task_id}"

    @property
    def at(self) -> datetime | None:
        """When it ended, as far as Airflow still tells."""
        return self.instance.end_date or self.instance.start_date


@dataclass(slots=True)
class Cause:
    """Failures with one cause pattern, in order of time; `kind` is "" for a cause that was read."""

    pattern: str
    diagnosis: LogDiagnosis | None
    failures: list[Failure] = field(default_factory=list)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Failures:
    """All of a window: causes, most failures first, and what could not be had.

    `runs` are those that failed although none of their tasks did.
    """

    causes: tuple[Cause, ...]
    runs: tuple[DagRun, ...] = ()
    flapping: tuple[Flapping, ...] = ()
    upstream_failed: int = 0
    is_cut: bool = False
    not_checked: tuple[str, ...] = ()

    @property
    def all(self) -> list[Failure]:
        return [one for cause in self.causes for one in cause.failures]


async def find(
    backends: Backends,
    airflow: Airflow,
    environment: Environment,
    dag_id: str,
    window: tuple[datetime, datetime],
) -> Failures:
    """Read the window's failures and the logs of at most 40 of them, one of each task first.

    Where Airflow does not answer, the task logs tell what failed. Raises DiagnosticError when they
    do not either.
    """
    seen = await look(airflow, dag_id, window)
    missed = list(seen.missed)
    if seen.refused is not None:
        logged = await failed_in_logs(backends, environment, dag_id, window, seen.refused)
        seen = replace(seen, failed=logged)
        missed = [f"Airflow, so only tasks that left a log are seen: {seen.refused}"]
    found = [_failure(one) for one in (*seen.failed, *seen.again, *seen.good)]
    ordered = sorted((one for one in found if one), key=lambda one: time_of(one.instance))
    failures = await _with_runs(airflow, seen, [_since(one, seen.good) for one in ordered])
    return Failures(
        tuple(_grouped(await _read(backends, environment, failures))),
        seen.runs_alone(),
        tuple(flapping(seen.failed, seen.good)),
        len(seen.followers),
        is_cut=seen.is_cut,
        not_checked=tuple(missed),
    )


def _failure(one: TaskInstance) -> Failure | None:
    if one.state == "failed":
        return Failure(one, one.try_number)
    if one.state == "up_for_retry":
        return Failure(one, one.try_number, "waits for its retry")
    if one.try_number < 2:
        return None
    fate = "recovered" if one.state == "success" else "runs again"
    return Failure(one, one.try_number - 1, fate)


def _since(one: Failure, good: Sequence[TaskInstance]) -> Failure:
    """A failure that the same task has left behind in a later run."""
    if one.fate != "failed":
        return one
    mine = one.instance
    later = any(
        (other.dag_id, other.task_id, other.map_index)
        == (mine.dag_id, mine.task_id, mine.map_index)
        and other.run_id != mine.run_id
        and time_of(other) > time_of(mine)
        for other in good
    )
    return replace(one, fate="succeeded since") if later else one


async def _with_runs(
    airflow: Airflow, seen: Seen, failures: Sequence[Failure]
) -> Sequence[Failure]:
    """The failures with the state of their runs, for a few whose run is not known to have failed.

    Trigger rules let a run succeed although a task of it failed.
    """
    if seen.refused is not None:
        return failures
    failed = {(run.dag_id, run.run_id) for run in seen.failed_runs}
    asked = [run_of(one.instance) for one in failures if one.fate == "failed"]
    others = [key for key in dict.fromkeys(asked) if key not in failed][:MOST_RUNS_ASKED]
    answers = await every([partial(airflow.dag_run, *key) for key in others])
    states = {
        key: run.state
        for key, run in zip(others, answers, strict=True)
        if not isinstance(run, DiagnosticError)
    }
    return [replace(one, run_state=states.get(run_of(one.instance), "")) for one in failures]


async def _read(
    backends: Backends, environment: Environment, failures: Sequence[Failure]
) -> list[Failure]:
    chosen = _worth_reading(failures)
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def read(one: Failure) -> Failure:
        async with limit:
            return await _with_log(backends, environment, one)

    answers = await every([partial(read, failures[at]) for at in chosen])
    logs = {at: one for at, one in zip(chosen, answers, strict=True) if isinstance(one, Failure)}
    return [logs.get(at, one) for at, one in enumerate(failures)]


def _worth_reading(failures: Sequence[Failure]) -> list[int]:
    """Positions to read: of each task the last failure first, then the ones before it."""
    seen: dict[str, int] = {}
    ranked = []
    for at in reversed(range(len(failures))):
        name = failures[at].name
        seen[name] = seen.get(name, 0) + 1
        ranked.append((seen[name], -at))
    return [-at for _, at in sorted(ranked)[:MOST_LOGS]]


async def _with_log(backends: Backends, environment: Environment, one: Failure) -> Failure:
    task = one.instance
    wanted = TaskTry(task.dag_id, task.run_id, task.task_id, one.try_number, task.map_index)
    # What Airflow says of the last try does not hold for an earlier one.
    known = task if one.try_number == task.try_number else None
    try:
        log = await read_task_log(backends, environment, wanted, instance=known, budget_tokens=60)
    except DiagnosticError:
        # Counted under "cause not read"; the text names how many.
        return one
    return replace(one, log=await _with_trouble(backends, environment, wanted, known, log))


async def _with_trouble(
    backends: Backends,
    environment: Environment,
    wanted: TaskTry,
    known: TaskInstance | None,
    log: TaskLog,
) -> TaskLog:
    """The log of a task that was ended from outside with what its enders say as the cause."""
    if known is None or not log.source or not is_unexplained(log):
        return log
    lines = await trouble(backends.logs, environment, wanted, known)
    if not lines:
        return log
    said = [LogEvent(one.timestamp_ms, one.message) for one in lines]
    diagnosis = diagnose_log(said, budget_tokens=60)
    return log if diagnosis.category == "unknown" else replace(log, diagnosis=diagnosis)


def _grouped(failures: Sequence[Failure]) -> list[Cause]:
    causes: dict[str, Cause] = {}
    for one in failures:
        pattern, kind = _pattern(one)
        diagnosis = one.log.diagnosis if one.log else None
        cause = causes.setdefault(pattern, Cause(pattern, diagnosis, kind=kind))
        cause.failures.append(one)
    return sorted(causes.values(), key=lambda c: (bool(c.kind), -len(c.failures)))


def _pattern(one: Failure) -> tuple[str, str]:
    if one.log is None:
        return UNREAD, UNREAD
    found = one.log.diagnosis
    if found is None or (found.category == "unknown" and not one.log.source):
        return f"{NO_LOG}, {one.instance.start_date is not None}", NO_LOG
    if found.confidence == "inconclusive":
        return f"{UNEXPLAINED}, {one.name}", UNEXPLAINED
    coarse = _HOST.sub(r"\1", _URL.sub("url", found.cause_pattern))
    return f"{found.category}: {coarse}", ""
