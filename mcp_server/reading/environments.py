"""Which MWAA environment is meant, and where its logs are."""

import anyio

from mcp_server.backends import Backends, Environments, Logs
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
from mcp_server.reading.together import gather

KINDS = ("Task", "Scheduler", "Worker", "DAGProcessing", "WebServer")
PATIENCE_S = 3.0
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
