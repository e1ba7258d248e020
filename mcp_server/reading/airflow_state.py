"""Read an environment's state: Airflow's own word and its metrics, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mcp_server.backends import Airflow, Backends, Metrics
from mcp_server.domain.airflow import Environment, Health, ImportFailure, Pool, TaskInstance
from mcp_server.errors import DiagnosticError
from mcp_server.reading import airflow_checks as checks
from mcp_server.reading.airflow_checks import Finding, Measured, MetricCheck
from mcp_server.reading.together import Ask, Wanted, ask_all, every

PERIOD_S, MOST_SERIES, MOST_TASKS = 300, 8, 300


@dataclass(frozen=True, slots=True)
class State:
    """An environment now: findings (problems first), and what could not be looked at."""

    environment: Environment
    version: str = ""
    running: int = 0
    queued: int = 0
    is_counted: bool = True
    health: Health = field(default_factory=Health)
    pools: Sequence[Pool] = ()
    measured: Sequence[Measured] = ()
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()


async def read_state(
    backends: Backends, airflow: Airflow, where: Environment, since: datetime, now: datetime
) -> State:
    """Look at everything that check_airflow tells; what is refused costs its own part only."""
    version = Wanted("version", airflow.version, where.airflow_version)
    health = Wanted("health", airflow.health, Health())
    pools: Wanted[Sequence[Pool]] = Wanted("pools", airflow.pools, ())
    broken: Wanted[Sequence[ImportFailure]] = Wanted("import errors", airflow.import_failures, ())
    queued: Wanted[Sequence[TaskInstance]] = Wanted(
        "queue", lambda: _in_state(airflow, "queued"), ()
    )
    running: Wanted[Sequence[TaskInstance]] = Wanted(
        "running tasks", lambda: _in_state(airflow, "running"), ()
    )
    metrics: Wanted[Sequence[Measured]] = Wanted(
        "metrics", lambda: _measured(backends.metrics, where.name, since, now), ()
    )
    missed = await ask_all(version, health, pools, broken, queued, running, metrics)
    findings = [
        *checks.of_environment(where),
        *checks.of_health(health.value, now),
        *checks.of_queue(queued.value, len(running.value), where, now),
        *checks.of_pools(pools.value),
        *checks.of_imports(broken.value),
        *(finding for one in metrics.value for finding in checks.of_metric(one, now)),
    ]
    if not where.status:
        missed.append("status and last update: GetEnvironment gave no answer (see doctor)")
    if backends.metrics is None:
        missed.append("metrics: CloudWatch metrics are not configured")
    return State(
        where,
        version.value,
        len(running.value),
        len(queued.value),
        queued.error is None and running.error is None,
        health.value,
        pools.value,
        metrics.value,
        tuple(sorted(findings, key=lambda one: one.severity != "problem")),
        tuple(missed),
    )


async def _in_state(airflow: Airflow, state: str) -> Sequence[TaskInstance]:
    return await airflow.task_instances("~", "~", states=(state,), limit=MOST_TASKS)


async def _measured(
    metrics: Metrics | None, environment: str, since: datetime, now: datetime
) -> Sequence[Measured]:
    """All series of the checks; raises the first refusal when nothing could be read at all."""
    if metrics is None:
        return ()
    asks = [_of_check(metrics, check, environment, since, now) for check in checks.metric_checks()]
    answers = await every(asks)
    refused = [one for one in answers if isinstance(one, DiagnosticError)]
    if refused and len(refused) == len(answers):
        raise refused[0]
    return [m for one in answers if not isinstance(one, DiagnosticError) for m in one]


def _of_check(
    metrics: Metrics, check: MetricCheck, environment: str, since: datetime, now: datetime
) -> Ask[list[Measured]]:
    async def read() -> list[Measured]:
        listed = await metrics.list_metrics(
            check.namespace, check.name, {"Environment": environment}
        )
        series = [_series(metrics, check, dims, since, now) for _, dims in listed[:MOST_SERIES]]
        return [one for one in await every(series) if isinstance(one, Measured)]

    return read


def _series(
    metrics: Metrics, check: MetricCheck, dims: Mapping[str, str], since: datetime, now: datetime
) -> Ask[Measured]:
    async def read() -> Measured:
        series = await metrics.series(
            check.namespace,
            check.name,
            dims,
            statistic=check.statistic,
            start=since,
            end=now,
            period_s=PERIOD_S,
        )
        others = [f"{value}" for key, value in dims.items() if key != "Environment"]
        return Measured(check, " ".join(others), series)

    return read
