"""Tool: a guarded read-only SELECT."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App
from mcp_server.diagnostics.sql_guard import check_sql
from mcp_server.diagnostics.sql_limit import limited
from mcp_server.errors import BadRequest
from mcp_server.telling.redshift_rows import RowsAnswer, ToldRows
from mcp_server.text import answer


async def query_redshift(
    ctx: Context[App],
    sql: Annotated[str, Field(description="one SELECT, WITH, EXPLAIN or SHOW")],
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
) -> Annotated[CallToolResult, RowsAnswer]:
    """Run one read-only statement on Redshift: guarded, limited, in a read-only transaction."""
    verdict = check_sql(sql)
    if not verdict.allowed:
        raise BadRequest(
            f"Not run: {verdict.reason}. Give one SELECT, WITH, EXPLAIN of these, or SHOW."
        )
    redshift = ctx.request_context.lifespan_context.redshift()
    bounded = limited(sql, limit)
    found = await redshift.run(bounded, limit=limit)
    told = ToldRows(bounded, found, limit)
    return answer(told.text(), told.data(), more="Select fewer columns or rows.")
