"""Try each call that the tools make, once, and say which permission each one needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import anyio

from mcp_server.backends import Airflow, Backends, Logs
from mcp_server.domain.airflow import Environment
from mcp_server.errors import DiagnosticError, NotFound
from mcp_server.reading.environments import log_group
from mcp_server.redshift.rights import rights_of
from mcp_server.times import ms

PATIENCE_S = 25.0
Try = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Checked:
    """One call: the permission it needs, what for, whether it works (None: not configured)."""

    action: str
    what: str
    works: bool | None = None
    said: str = ""


async def check(backends: Backends, *, named: bool = False) -> list[Checked]:
    """All checks, in the order a reader needs them; each has its own deadline.

    `named`: the settings name the environments, so nobody is asked which there are.
    """
    found = await _environments(backends, named=named)
    environments = [one for one, _ in found if isinstance(one, Environment)]
    checked = [result for _, result in found]
    for environment in environments:
        checked += await _of_environment(backends, environment)
    return [*checked, *await _of_account(backends)]


async def _environments(
    backends: Backends, *, named: bool
) -> list[tuple[Environment | None, Checked]]:
    source = backends.environments
    if source is None:
        return [(None, Checked("airflow:GetEnvironment", "MWAA: not configured"))]
    names: list[str] = []

    async def listing() -> None:
        names.extend(await source.names())
        if not names:
            raise NotFound("There is no MWAA environment in this region; set AWS_REGION.")

    listed = await _tried("airflow:ListEnvironments", "which MWAA environments there are", listing)
    found: list[tuple[Environment | None, Checked]] = [] if named else [(None, listed)]
    for name in names:
        got: list[Environment] = []

        async def getting(name: str = name, got: list[Environment] = got) -> None:
            got.append(await source.get(name))

        result = await _tried("airflow:GetEnvironment", f"{name}: status, log groups", getting)
        found.append((got[0] if got else None, result))
    return found


async def _of_environment(backends: Backends, where: Environment) -> list[Checked]:
    tries: list[tuple[str, str, Try]] = []
    if backends.airflow is not None:
        tries += _of_airflow(backends.airflow(where.name), where.name)
    if backends.logs is not None:
        tries += _of_logs(backends.logs, where)
    return await _all(tries)


def _of_airflow(airflow: Airflow, name: str) -> list[tuple[str, str, Try]]:
    action = "airflow:InvokeRestApi"
    return [
        (action, f"{name}: Airflow's version", airflow.version),
        (action, f"{name}: health", airflow.health),
        (action, f"{name}: runs", lambda: airflow.dag_runs("~", limit=1)),
        (action, f"{name}: import errors", airflow.import_failures),
        (action, f"{name}: audit log (only Airflow's Admin may)", airflow.event_logs),
    ]


def _of_logs(logs: Logs, where: Environment) -> list[tuple[str, str, Try]]:
    group = log_group(where, "Task")
    if group is None or not group.name:
        return [("logs:FilterLogEvents", f"{where.name}: task logs", _no_task_logs)]
    name = group.name
    now = datetime.now(UTC)

    async def newest() -> None:
        for stream in await logs.streams(name, limit=1):
            await logs.events(name, stream, limit=1)

    return [
        ("logs:DescribeLogStreams, GetLogEvents", f"{name}: the newest stream", newest),
        (
            "logs:FilterLogEvents",
            f"{name}: search",
            lambda: logs.search(
                name, '"ERROR"', start_ms=ms(now - timedelta(minutes=5)), limit=1, pages=1
            ),
        ),
    ]


async def _no_task_logs() -> None:
    raise NotFound("Task logging is disabled (LoggingConfiguration.TaskLogs): enable it at INFO.")


async def _of_account(backends: Backends) -> list[Checked]:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    tries: list[tuple[str, str, Try]] = []
    missing: list[Checked] = []
    if (metrics := backends.metrics) is not None:
        tries.append(
            ("cloudwatch:ListMetrics", "metrics", lambda: metrics.list_metrics("AWS/MWAA"))
        )
    if (alarms := backends.alarms) is not None:
        tries += [
            ("cloudwatch:DescribeAlarms", "alarms", lambda: alarms.alarms(limit=1)),
            (
                "cloudwatch:DescribeAlarmHistory",
                "alarms' history",
                lambda: alarms.changes(since=now - hour, until=now, limit=1),
            ),
        ]
    if (trail := backends.trail) is not None:
        tries.append(
            (
                "cloudtrail:LookupEvents",
                "what changed",
                lambda: trail.lookup(
                    "EventName", "UpdateEnvironment", since=now - hour, until=now, limit=1
                ),
            )
        )
    if (redshift := backends.redshift) is not None:
        tries.append(("redshift", "a query", lambda: redshift.run("select 1")))
        tries += rights_of(redshift)
    else:
        said = "set REDSHIFT_CLUSTER_ID or REDSHIFT_WORKGROUP, and REDSHIFT_DATABASE"
        missing.append(Checked("redshift", f"not configured: {said}"))
    return [*await _all(tries), *missing]


async def _all(tries: list[tuple[str, str, Try]]) -> list[Checked]:
    found: list[Checked] = [Checked(action, what) for action, what, _ in tries]

    async def run(at: int) -> None:
        found[at] = await _tried(*tries[at])

    async with anyio.create_task_group() as group:
        for at in range(len(tries)):
            group.start_soon(run, at)
    return found


async def _tried(action: str, what: str, call: Try) -> Checked:
    try:
        with anyio.fail_after(PATIENCE_S):
            await call()
    except DiagnosticError as wrong:
        return Checked(action, what, works=False, said=str(wrong))
    except TimeoutError:
        return Checked(action, what, works=False, said=f"no answer within {PATIENCE_S:g} s")
    return Checked(action, what, works=True)
