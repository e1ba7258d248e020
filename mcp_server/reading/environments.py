"""Which MWAA environment is meant, and where its logs are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import anyio

from mcp_server.backends import Airflow, Backends, Environments, Logs
from mcp_server.domain.airflow import Environment, LogGroup
from mcp_server.errors import (
    AccessDenied,
    BadRequest,
    DiagnosticError,
    NotConfigured,
    NotFound,
    Unavailable,
)
from mcp_server.near import said_near
from mcp_server.reading.together import every, gather

KINDS = ("Task", "Scheduler", "Worker", "DAGProcessing", "WebServer")
PATIENCE_S = 3.0
# In these Airflow can be asked: an update that failed was taken back.
READY = frozenset({"", "AVAILABLE", "UPDATE_FAILED"})
CHECK = "Check MWAA_ENVIRONMENT_NAME, and that AWS_REGION is the region it is in."


async def find_environment(backends: Backends, environment: str = "") -> Environment:
    """The one there is, or the one named; several and not said raises BadRequest.

    Where GetEnvironment is refused or out of reach, the log groups are looked up by the
    environment's name instead; `status` is "" then, and the groups' level is not known.
    """
    if backends.environments is None:
        raise NotConfigured("MWAA is not configured: set AWS_REGION and MWAA_ENVIRONMENT_NAME.")
    name = environment or await _only(backends.environments)
    try:
        with anyio.fail_after(PATIENCE_S):
            return await backends.environments.get(name)
    except NotFound as missing:
        found = await _by_groups(backends.logs, name)
        if found is None:
            raise await _unknown(backends.environments, name) from missing
    except (AccessDenied, Unavailable):
        found = await _by_groups(backends.logs, name)
        if found is None:
            raise
    except TimeoutError:
        found = await _by_groups(backends.logs, name)
        if found is None:
            said = f"GetEnvironment did not answer within {PATIENCE_S} s. Try again in a minute."
            raise Unavailable(said) from None
    return found


async def environment_of(backends: Backends, environment: str, dag_id: str) -> Environment:
    """`find_environment`; of several the only one that has the dag, where all of them answer."""
    if environment or backends.environments is None or backends.airflow is None:
        return await find_environment(backends, environment)
    names = await backends.environments.names()
    if len(names) < 2:
        return await find_environment(backends)
    answers = await every([partial(_has, backends.airflow(name), dag_id) for name in names])
    having = [name for name, has in zip(names, answers, strict=True) if has is True]
    unsure = [n for n, has in zip(names, answers, strict=True) if isinstance(has, DiagnosticError)]
    if len(having) == 1 and not unsure:
        return await find_environment(backends, having[0])
    raise BadRequest(_which(names, having, unsure, dag_id))


async def _has(airflow: Airflow, dag_id: str) -> bool:
    try:
        with anyio.fail_after(PATIENCE_S):
            await airflow.dag(dag_id)
    except NotFound:
        return False
    except TimeoutError:
        raise Unavailable(f"Airflow did not answer within {PATIENCE_S} s.") from None
    return True


def _which(names: Sequence[str], having: Sequence[str], unsure: Sequence[str], dag_id: str) -> str:
    where = f" {dag_id} is in {', '.join(having)}." if having else ""
    if unsure:
        where += f" {', '.join(unsure)} gave no answer."
    elif not having:
        where = f" None of them has {dag_id}."
    return f"Which environment?{where} Give environment= one of: {', '.join(names)}."


@contextmanager
def rest_of(where: Environment) -> Iterator[None]:
    """Airflow's refusals, said with the environment's state and what goes on without REST."""
    try:
        yield
    except (AccessDenied, Unavailable) as wrong:
        state = f"{where.name} is {where.status}. " if where.status not in READY else ""
        raise type(wrong)(
            f"{state}{wrong} get_task_log and find_failures read CloudWatch and go on without it."
        ) from wrong


def log_group(environment: Environment, kind: str) -> LogGroup | None:
    """The group of one kind ("Task", "Scheduler" ...), None where the environment tells none."""
    return next((g for g in environment.log_groups if g.kind == kind), None)


async def _only(environments: Environments) -> str:
    names = await environments.names()
    if not names:
        raise NotFound(
            "This role sees no MWAA environment in this region. Set MWAA_ENVIRONMENT_NAME,"
            " or AWS_REGION to the region it is in."
        )
    if len(names) > 1:
        raise BadRequest(f"Which environment? Give environment= one of: {', '.join(names)}.")
    return names[0]


async def _unknown(environments: Environments, name: str) -> NotFound:
    others = [other for other in await environments.names() if other != name]
    return NotFound(
        f"No MWAA environment named {name!r}."
        f" {said_near(name, others, noun='environments', otherwise=CHECK)}"
    )


async def _by_groups(logs: Logs | None, name: str) -> Environment | None:
    if logs is None:
        return None
    try:
        official, plain = await gather(
            lambda: logs.groups(f"airflow-{name}-"), lambda: logs.groups(f"{name}-")
        )
    except DiagnosticError:
        # The caller raises why the environment itself could not be read.
        return None
    groups = [*official, *plain]
    kinds = {f"{start}{name}-{kind}": kind for kind in KINDS for start in ("airflow-", "")}
    found = tuple(LogGroup(kinds[g], g, enabled=True, level="") for g in groups if g in kinds)
    return Environment(name, log_groups=found) if found else None
