"""Tool: queries of a window, by what is known of them."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.errors import BadRequest
from mcp_server.redshift.queries import FAILED, QueryFilter, find_queries
from mcp_server.redshift.rows import UNFINISHED
from mcp_server.telling.redshift_queries import QueriesAnswer, ToldQueries
from mcp_server.text import answer
from mcp_server.times import parse_time

SLOW_SECONDS = 60.0


async def find_redshift_queries(  # noqa: PLR0913 - a tool's arguments are its schema
    ctx: Context[App],
    since: Annotated[str, Field(description="ISO 8601 or span before now")] = "6h",
    until: str = "now",
    state: Annotated[
        Literal["any", "failed", "running", "slow"],
        Field(description="failed: or canceled; slow: over a minute"),
    ] = "any",
    user: Annotated[str, Field(description="database users, comma separated")] = "",
    table: Annotated[str, Field(description="schema.table or bare name")] = "",
    text: Annotated[str, Field(description="part of the statement")] = "",
    label: Annotated[str, Field(description="part of the query group")] = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 20,
) -> Annotated[CallToolResult, QueriesAnswer]:
    """Find Redshift queries by time, user, state, table, text or label, grouped by statement."""
    app = ctx.request_context.lifespan_context
    now = reference_time(ctx)
    window = parse_time(since, now), parse_time(until, now)
    if window[0] >= window[1]:
        raise BadRequest("since must be before until.")
    wanted = QueryFilter(
        users=[one.strip() for one in user.split(",") if one.strip()],
        text=text,
        table=table,
        label=label,
        states={"failed": FAILED, "running": UNFINISHED}.get(state, ()),
        least_seconds=SLOW_SECONDS if state == "slow" else 0.0,
    )
    found = await find_queries(app.redshift(), *window, wanted, limit=limit)
    told = ToldQueries(app.redshift_name, *window, found)
    return answer(told.text(), told.data(), more="Narrow the time, or lower limit.")
