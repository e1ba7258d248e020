"""Tool: what is wrong with a Redshift cluster or workgroup."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.backends import Redshift
from mcp_server.errors import BadRequest, Unavailable
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.redshift import facts, load
from mcp_server.redshift.failures import failures
from mcp_server.redshift.rows import FailedQueries, Found
from mcp_server.telling.redshift_state import RedshiftStateAnswer, ToldState
from mcp_server.telling.redshift_words import gap_lines
from mcp_server.text import answer
from mcp_server.times import parse_time

# A part that takes longer is told as not checked; clients wait 25 s or more.
DEADLINE_SECONDS = 20


async def check_redshift(
    ctx: Context[App],
    since: Annotated[str, Field(description="start of the window, ISO 8601 or span")] = "1h",
    table: Annotated[str, Field(description="only locks, loads, conflicts of it")] = "",
) -> Annotated[CallToolResult, RedshiftStateAnswer]:
    """Check Redshift: who blocks whom, queue, disk, long or aborted queries, failed loads."""
    app = ctx.request_context.lifespan_context
    now = reference_time(ctx)
    start = parse_time(since, now)
    if start >= now:
        raise BadRequest("since must be in the past.")
    told = await read_state(app.redshift(), app.redshift_name, start, now, table)
    return answer(told.text(), told.data())


async def read_state(
    redshift: Redshift, name: str, since: datetime, now: datetime, table: str = ""
) -> ToldState:
    """Every part at once; one that fails is told as not checked."""
    asked = Window(redshift, since, now, table)
    wanted = {
        part: Wanted(what, partial(_in_time, ask, asked), None)
        for part, (what, ask) in _PARTS.items()
    }
    missed = await ask_all(*wanted.values())
    found = {part: one.value for part, one in wanted.items() if one.value is not None}
    gaps = [gap for part in found.values() for gap in getattr(part, "gaps", ())]
    missed += gap_lines(list(dict.fromkeys(gaps)))
    return ToldState(name, since, now, missed=tuple(dict.fromkeys(missed)), **found)


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked: a cluster, from when to when, about which table ("": all)."""

    redshift: Redshift
    since: datetime
    now: datetime
    table: str


async def _in_time(ask: "Ask", asked: Window) -> Any:  # noqa: ANN401 - each part has its own kind
    try:
        with anyio.fail_after(DEADLINE_SECONDS):
            return await ask(asked)
    except TimeoutError:
        raise Unavailable(f"no answer within {DEADLINE_SECONDS} s.") from None


async def _tables(asked: Window) -> Found[facts.TableInfo]:
    if asked.table:
        return await facts.table_health(asked.redshift, asked.table)
    return await facts.unhealthy_tables(asked.redshift)


async def _failed(asked: Window) -> Found[FailedQueries]:
    # Of one table, the loads and conflicts that failed are told by themselves.
    if asked.table:
        return Found()
    return await failures(asked.redshift, asked.since, asked.now)


Ask = Callable[[Window], Awaitable[Any]]  # Any: each part has its own kind
_PARTS: Mapping[str, tuple[str, Ask]] = {
    "state": ("status", lambda w: w.redshift.state()),
    "events": ("events", lambda w: w.redshift.events(w.since, w.now)),
    "locks": ("locks", lambda w: facts.locks_at(w.redshift, w.since, w.now, w.table)),
    "running": ("running queries", lambda w: load.running(w.redshift, w.now)),
    "queues": ("WLM queues", lambda w: load.queues(w.redshift)),
    "queue_waits": ("queue waits", lambda w: load.queue_waits(w.redshift, w.since, w.now)),
    "failed": ("failed queries", _failed),
    "rules": ("rules", lambda w: facts.aborted_by_rule(w.redshift, w.since, w.now)),
    "disk": ("disk", lambda w: facts.disk(w.redshift, w.since, w.now)),
    "capacity": ("capacity", lambda w: load.capacity(w.redshift, w.since, w.now)),
    "load_errors": ("loads", lambda w: facts.load_errors(w.redshift, w.since, w.now, w.table)),
    "conflicts": ("conflicts", lambda w: facts.conflicts(w.redshift, w.since, w.now, w.table)),
    "tables": ("table health", _tables),
}
