"""What failed in a window, over all dags, grouped by the cause that the logs state."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import anyio

from mcp_server.backends import Airflow, Backends
from mcp_server.diagnostics.cause import LogDiagnosis
from mcp_server.domain.airflow import UNFINISHED_STATES, Environment, TaskInstance
from mcp_server.errors import DiagnosticError
from mcp_server.reading.failures_in_logs import failed_in_logs
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.task_log import TaskLog, read_task_log
from mcp_server.reading.together import Ask, Wanted, ask_all, every

MOST_FAILURES, MOST_SUCCESSES, MOST_LOGS = 500, 500, 40
AT_ONCE = 8
FAILED = ("failed", "up_for_retry")
RETRYING = tuple(sorted(UNFINISHED_STATES))
UNREAD, NO_LOG = "cause not read", "no log"
# The same service fails under many addresses: what follows its host is no other cause.
_URL = re.compile(r"url: \S+")
_HOST = re.compile(r"(https?://[^/\s'\"]+)/[^\s'\"]*")


@dataclass(frozen=True, slots=True)
class Failure:
    """A try that failed, and what became of the task since.

    `fate`: "failed", "waits for its retry", "runs again" or "recovered" (a later try succeeded).
    """

    instance: TaskInstance
    try_number: int
    fate: str = "failed"
    log: TaskLog | None = None

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
class Flapping:
    """A task that failed in some runs of the window and succeeded in others, back and forth."""

    name: str
    runs: int
    failed: int
    line: str


@dataclass(frozen=True, slots=True)
class Failures:
    """All of a window: causes, most failures first, and what could not be had."""

    causes: tuple[Cause, ...]
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
    since, until = window
    ask = partial(airflow.task_instances, dag_id or "~", "~", since=since, until=until)
    failed = _wanted("failures", partial(ask, states=FAILED, limit=MOST_FAILURES))
    again = _wanted("tasks in a retry", partial(ask, states=RETRYING, limit=MOST_FAILURES))
    good = _wanted("recoveries", partial(ask, states=("success",), limit=MOST_SUCCESSES))
    skipped = _wanted("followers", partial(ask, states=("upstream_failed",), limit=MOST_FAILURES))
    missed = await ask_all(failed, again, good, skipped)
    if failed.error is not None:
        logged = await failed_in_logs(backends, environment, dag_id, window, failed.error)
        failed = _wanted("failures", failed.ask)
        failed.value = logged
        missed = [f"Airflow, so only tasks that left a log are seen: {missed[0]}"]
    found = [_failure(one) for one in (*failed.value, *again.value, *good.value)]
    failures = sorted((one for one in found if one), key=lambda one: _time(one.at))
    return Failures(
        tuple(_grouped(await _read(backends, environment, failures))),
        tuple(_flapping(failed.value, good.value)),
        len(skipped.value),
        is_cut=len(failed.value) >= MOST_FAILURES or len(good.value) >= MOST_SUCCESSES,
        not_checked=tuple(missed),
    )


def _wanted(what: str, ask: Ask[Sequence[TaskInstance]]) -> Wanted[Sequence[TaskInstance]]:
    return Wanted(what, ask, ())


def _failure(one: TaskInstance) -> Failure | None:
    if one.state == "failed":
        return Failure(one, one.try_number)
    if one.state == "up_for_retry":
        return Failure(one, one.try_number, "waits for its retry")
    if one.try_number < 2:
        return None
    fate = "recovered" if one.state == "success" else "runs again"
    return Failure(one, one.try_number - 1, fate)


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
    return Failure(task, one.try_number, one.fate, log)


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
    coarse = _HOST.sub(r"\1", _URL.sub("url", found.cause_pattern))
    return f"{found.category}: {coarse}", ""


def _flapping(failed: Sequence[TaskInstance], good: Sequence[TaskInstance]) -> list[Flapping]:
    """Tasks that changed between failing and succeeding at least twice, worst first."""
    runs: dict[str, list[tuple[datetime, bool]]] = {}
    for one, is_good in [*((f, False) for f in failed), *((g, True) for g in good)]:
        if one.map_index < 0:
            moments = runs.setdefault(f"{one.dag_id}.{one.task_id}", [])
            moments.append((_time(one.end_date or one.start_date), is_good))
    found = []
    for name, moments in runs.items():
        line = "".join("." if is_good else "F" for _, is_good in sorted(moments))
        turns = sum(a != b for a, b in pairwise(line))
        if turns >= 2 and "F" in line:
            found.append(Flapping(name, len(line), line.count("F"), line[-40:]))
    return sorted(found, key=lambda one: -one.failed)


def _time(at: datetime | None) -> datetime:
    return at or datetime.min.replace(tzinfo=UTC)
