"""What is wrong with an environment: each check takes facts and gives findings, the worst first."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

from mcp_server.domain.airflow import Environment, Health, ImportFailure, Pool, TaskInstance
from mcp_server.domain.metrics import Series
from mcp_server.reading.missing import is_quiet
from mcp_server.text import clipped
from mcp_server.times import iso, span

Severity = Literal["problem", "watch"]
LATE, STUCK = timedelta(minutes=3), timedelta(minutes=10)
QUIET_MINUTES = timedelta(minutes=10)
MOST_FILES = 5
# Tasks that one worker runs at once, by environment class (celery.worker_autoscale's default).
SLOTS = {"micro": 3, "small": 5, "medium": 10, "large": 20, "xlarge": 40, "2xlarge": 80}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, what it means, and the fact that proves it."""

    severity: Severity
    what: str
    meaning: str
    proof: str


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """A row of airflow_checks.toml."""

    namespace: str
    name: str
    statistic: str
    worse: str
    limit: float
    meaning: str
    problem: float = float("inf")


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric's points with its other dimensions ("Cluster BaseWorker")."""

    check: MetricCheck
    dimension: str
    series: Series


def of_environment(where: Environment) -> Iterator[Finding]:
    """Status, last update, log settings."""
    if where.status and where.status != "AVAILABLE":
        watched = where.status in _data()["watched"]["statuses"]
        what, meaning = f"environment is {where.status}", status_meaning(where.status)
        proof = _since_update(where)
        yield Finding("watch" if watched else "problem", what, meaning, proof)
    if where.last_update_status == "FAILED":
        proof = f"{iso(where.last_update_at)} {clipped(where.last_update_error, 300)}"
        yield _finding("problem", "the last update failed", "update_failed", proof.strip())
    for group in where.log_groups:
        proof = f"LoggingConfiguration {group.kind}: {group.level or 'no level'}"
        if not group.enabled:
            severity: Severity = "problem" if group.kind == "Task" else "watch"
            yield _finding(severity, f"{group.kind} logs are disabled", "log_disabled", proof)
        elif is_quiet(group) and group.kind in ("Task", "Scheduler", "Worker", "DAGProcessing"):
            what = f"{group.kind} logs below {group.level} are dropped"
            yield _finding("watch", what, "log_filtered", proof)


def status_meaning(status: str) -> str:
    """What a Status of GetEnvironment means for who has tasks in it."""
    statuses: Mapping[str, str] = _data()["statuses"]
    return statuses.get(status, statuses["other"])


def _since_update(where: Environment) -> str:
    """The proof of a status, with the update that is on its way."""
    if where.last_update_status == "PENDING" and where.last_update_at:
        return f"GetEnvironment; update begun {iso(where.last_update_at)}"
    return "GetEnvironment"


def of_health(health: Health, now: datetime) -> Iterator[Finding]:
    """Components that say they are unwell, and a scheduler that is silent."""
    for name in ("metadatabase", "scheduler", "triggerer", "dag_processor"):
        state = getattr(health, name)
        if state not in ("", "healthy"):
            yield _finding("problem", f"{name} is {state}", "component", "Airflow's health page")
    beat = health.scheduler_heartbeat
    if beat is not None and now - beat > LATE:
        ago = span((now - beat).total_seconds())
        yield _finding("problem", f"no heartbeat for {ago}", "heartbeat", f"last at {iso(beat)}")


def of_pools(pools: Sequence[Pool]) -> Iterator[Finding]:
    """Pools without a free slot; a problem once a task waits for one."""
    for pool in pools:
        waits = pool.queued + pool.scheduled
        if pool.open <= 0 and (pool.slots > 0 or (pool.slots == 0 and waits)):
            severity: Severity = "problem" if waits else "watch"
            proof = (
                f"{pool.running} running, {pool.queued} queued, {pool.scheduled} waiting"
                f" for a slot, {pool.slots} slots"
            )
            yield _finding(severity, f"pool {pool.name} is full", "pool_full", proof)


def of_queue(
    queued: Sequence[TaskInstance], running: int, where: Environment, now: datetime
) -> Iterator[Finding]:
    """Tasks that wait too long, and workers that are all in use."""
    late = [q for q in queued if q.queued_when and now - q.queued_when > STUCK]
    if late:
        first = min(late, key=lambda one: one.queued_when or now)
        proof = f"{first.dag_id}.{first.task_id} since {iso(first.queued_when)}"
        what = f"{len(late)} of {len(queued)} queued tasks wait over {span(STUCK.total_seconds())}"
        yield _finding("problem", what, "queued", f"{proof}; {running} running")
    room = capacity(where)
    if room and running >= room:
        proof = f"{where.environment_class}, at most {where.max_workers} workers: {room} tasks"
        yield _finding("watch", f"{running} tasks run at once", "capacity", proof)


def capacity(where: Environment) -> int:
    """How many tasks can run at once with all workers; 0 when the class is not known."""
    size = where.environment_class.partition(".")[2]
    return SLOTS.get(size, 0) * where.max_workers


def of_imports(failures: Sequence[ImportFailure]) -> Iterator[Finding]:
    """Files that do not parse."""
    for one in failures[:MOST_FILES]:
        last = next((s.strip() for s in reversed(one.stack_trace.split("\n")) if s.strip()), "")
        since = f"since {iso(one.timestamp)}: " if one.timestamp else ""
        what = f"{one.filename} does not parse"
        yield _finding("problem", what, "import_error", f"{since}{clipped(last, 260)}")


def of_metric(measured: Measured, until: datetime) -> Iterator[Finding]:
    """What a metric's points say against its limit."""
    check, points = measured.check, measured.series.points
    if not points:
        return
    worst = max(points, key=lambda p: p[1])
    name = f"{check.name} {measured.dimension}".strip()
    if check.worse == "silent":
        newest = max(at for at, _ in points)
        if until - newest > QUIET_MINUTES:
            proof = f"last point {iso(newest)}"
            yield Finding("problem", f"{name} is silent", check.meaning, proof)
        return
    if check.worse == "never_zero":
        worst = min(points, key=lambda p: p[1])
    if worst[1] > check.limit and (check.worse != "never_zero" or len(points) > 2):
        unit = " %" if "Utilization" in check.name else ""
        what = f"{name} {check.statistic.lower()} {worst[1]:g}{unit}"
        severity: Severity = "problem" if worst[1] >= check.problem else "watch"
        yield Finding(severity, what, check.meaning, f"{check.namespace} at {iso(worst[0])}")


@cache
def metric_checks() -> tuple[MetricCheck, ...]:
    """The metrics worth a look."""
    return tuple(MetricCheck(**row) for row in _data()["metric"])


def _finding(severity: Severity, what: str, meaning: str, proof: str) -> Finding:
    return Finding(severity, what, _data()["meanings"][meaning], proof)


@cache
def _data() -> Mapping[str, Any]:  # Any: TOML as read
    source = resources.files("mcp_server.reading").joinpath("airflow_checks.toml")
    return tomllib.loads(source.read_text("utf-8"))
