"""Tool: what failed since a time, over all dags, by cause."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.errors import BadRequest
from mcp_server.reading import failures
from mcp_server.reading.environments import find_environment
from mcp_server.telling.failures import FailuresAnswer, ToldFailures
from mcp_server.text import answer
from mcp_server.times import parse_time


async def find_failures(
    ctx: Context[App],
    since: Annotated[str, Field(description="ISO 8601 or span before now")] = "24h",
    until: str = "now",
    dag_id: Annotated[str, Field(description="empty: all dags")] = "",
    environment: Annotated[str, Field(description="MWAA environment")] = "",
) -> Annotated[CallToolResult, FailuresAnswer]:
    """Find what failed since a time, over all dags: by cause, with what recovered or flaps."""
    app = ctx.request_context.lifespan_context
    now = reference_time(ctx)
    window = parse_time(since, now), parse_time(until, now)
    if window[0] >= window[1]:
        raise BadRequest("since must be before until.")
    where = await find_environment(app.backends, environment)
    found = await failures.find(app.backends, app.airflow(where.name), where, dag_id, window)
    told = ToldFailures(where.name, *window, found)
    return answer(told.text(), told.data())
