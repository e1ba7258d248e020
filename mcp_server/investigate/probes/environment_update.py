"""Was the environment itself changed: GetEnvironment's last update, UpdateEnvironment's author."""

import asyncio
from datetime import datetime, timedelta

from mcp_server.domain.airflow import Environment
from mcp_server.domain.trail import TrailEvent
from mcp_server.errors import DiagnosticError
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.probes.trail import details

NEAR = timedelta(hours=1)
TRAIL = "who updated the environment (CloudTrail)"


async def environment_update(case: Case) -> Finding:
    """An update between the last success and the failure, and an environment that is not well."""
    since = await case.unbroken_since()
    described, events = await asyncio.gather(_described(case), _authors(case, since))
    clues: list[Clue] = []
    missed: tuple[tuple[str, str], ...] = ()
    if isinstance(events, DiagnosticError):
        missed, events = ((TRAIL, str(events)),), []
    explains = ""
    names = tuple(("updated_by", event.user) for event in events[:1])
    for event in events:
        when = clock_time(event.at, case.failed_at)
        near = event.at >= case.failed_at - NEAR
        detail = details(event)
        text = f"{event.name} by {event.user} at {when}Z" + (f": {detail}" if detail else "")
        clues.append(
            Clue("change", text, "CloudTrail", at=event.at, is_change=True, confirms=near, rank=9)
        )
        explains = explains or f"{event.user} updated the environment at {when}"
    clues += _status(case, described, since)
    if not explains and any(clue.is_change for clue in clues):
        explains = f"the environment was updated at {_at(case, described)}"
    if not clues and not missed:
        return NOTHING
    return Finding(tuple(clues), explains=explains, missed=missed, names=names)


async def _described(case: Case) -> Environment:
    """The environment; one of which only the name was assumed is asked again."""
    environments = case.backends.environments
    if case.environment.status or environments is None:
        return case.environment
    return await environments.get(case.environment.name)


async def _authors(case: Case, since: datetime) -> list[TrailEvent] | DiagnosticError:
    trail = case.backends.trail
    if trail is None:
        return []
    until = case.failed_at + timedelta(minutes=1)
    try:
        events = await trail.lookup("EventName", "UpdateEnvironment", since=since, until=until)
    except DiagnosticError as error:
        return error
    name = case.environment.name
    return [e for e in events if not e.error_code and name in f"{e.request} {e.resources}"]


def _status(case: Case, environment: Environment, since: datetime) -> list[Clue]:
    clues = []
    place = f"MWAA GetEnvironment {environment.name}"
    at = environment.last_update_at
    if at is not None and since <= at <= case.question.at:
        done = environment.last_update_status or "done"
        text = f"environment update {done} at {_at(case, environment)}Z"
        if environment.last_update_error:
            text += f": {environment.last_update_error}"
        near = at >= case.failed_at - NEAR
        clues.append(Clue("change", text, place, at=at, is_change=True, confirms=near, rank=11))
    if environment.status not in ("", "AVAILABLE"):
        clues.append(Clue("airflow", f"environment status {environment.status}", place, rank=15))
    return clues


def _at(case: Case, environment: Environment) -> str:
    at = environment.last_update_at
    return clock_time(at, case.failed_at) if at else ""
