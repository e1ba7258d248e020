"""Tool: what is wrong with an MWAA environment."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.errors import BadRequest
from mcp_server.reading.airflow_state import read_state
from mcp_server.reading.environments import find_environment
from mcp_server.telling.airflow_state import AirflowStateAnswer, ToldState
from mcp_server.text import answer
from mcp_server.times import parse_time


async def check_airflow(
    ctx: Context[App],
    since: Annotated[str, Field(description="start of the metrics' window")] = "3h",
    environment: Annotated[str, Field(description="MWAA environment")] = "",
) -> Annotated[CallToolResult, AirflowStateAnswer]:
    """Check an MWAA environment: update, heartbeat, queue, pools, workers, import errors, logs."""
    app = ctx.request_context.lifespan_context
    now = reference_time(ctx)
    start = parse_time(since, now)
    if start >= now:
        raise BadRequest("since must be in the past.")
    where = await find_environment(app.backends, environment)
    state = await read_state(app.backends, app.airflow(where.name), where, start, now)
    told = ToldState(state, start, now)
    return answer(told.text(), told.data())
