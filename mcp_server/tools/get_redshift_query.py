"""Tool: one query with all about it."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.errors import NotFound
from mcp_server.redshift.details import details
from mcp_server.telling.redshift_queries import OWN_ROWS, QueryAnswer, ToldQuery
from mcp_server.text import answer


async def get_redshift_query(
    ctx: Context[App],
    query_id: Annotated[int, Field(ge=1)],
) -> Annotated[CallToolResult, QueryAnswer]:
    """Show one Redshift query: error, lock and queue waits, load errors, spill, transaction."""
    app = ctx.request_context.lifespan_context
    found = await details(app.redshift(), query_id)
    if found is None:
        raise NotFound(
            f"No query {query_id} in the history of {app.redshift_name}. {OWN_ROWS} "
            "find_redshift_queries finds it by time, user, table or text."
        )
    told = ToldQuery(app.redshift_name, found, reference_time(ctx))
    return answer(told.text(), told.data())
