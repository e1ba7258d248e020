"""Tool: one table as it is."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.backends import Redshift
from mcp_server.errors import BadRequest, NotFound
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.redshift import facts
from mcp_server.redshift.cluster_rows import TableInfo
from mcp_server.redshift.rows import (
    Change,
    Found,
    Load,
)
from mcp_server.redshift.tables import Described, described, near_names, views_named
from mcp_server.redshift.verbs import last_part, schema_part
from mcp_server.telling.redshift_table import TableAnswer, ToldTable
from mcp_server.telling.redshift_words import gap_lines
from mcp_server.text import answer

HISTORY = timedelta(days=7)


async def describe_redshift_table(
    ctx: Context[App],
    table: Annotated[str, Field(description="schema.table or bare name")],
) -> Annotated[CallToolResult, TableAnswer]:
    """Describe a Redshift table: columns, types, size, skew, statistics, last DDL, last load."""
    app = ctx.request_context.lifespan_context
    redshift, now = app.redshift(), reference_time(ctx)
    if not last_part(table):
        raise BadRequest('table must be a name, like "mart.orders".')
    told = await _told(redshift, app.redshift_name, table, now)
    return answer(told.text(), told.data())


async def _told(redshift: Redshift, name: str, table: str, now: datetime) -> ToldTable:
    since = now - HISTORY
    columns: Wanted[tuple[Described, ...]] = Wanted(
        "columns", partial(described, redshift, table), ()
    )
    info: Wanted[Found[TableInfo]] = Wanted(
        "size and health", partial(facts.table_health, redshift, table), Found()
    )
    changes: Wanted[Found[Change]] = Wanted(
        "last DDL", partial(facts.ddl_on, redshift, table, since, now), Found()
    )
    loads: Wanted[Found[Load]] = Wanted(
        "last load", partial(facts.loads, redshift, since, now, table), Found()
    )
    views: Wanted[frozenset[str]] = Wanted(
        "kind", partial(views_named, redshift, table), frozenset()
    )
    missed = await ask_all(columns, info, changes, loads, views)
    missed += gap_lines([*changes.value.gaps, *loads.value.gaps])
    if columns.error and info.error and changes.error:
        raise columns.error
    found = columns.value or tuple(Described(row.schema, row.table, ()) for row in info.value.rows)
    if not found and not changes.value.rows:
        raise await _unknown(redshift, table)
    shown = found[0] if found else Described(schema_part(table) or "?", last_part(table), ())
    return ToldTable(
        name,
        now,
        shown,
        next((row for row in info.value.rows if row.name == shown.name), None),
        changes.value.rows,
        loads.value.rows,
        tuple(one.name for one in found[1:]),
        missed,
        shown.name.lower() in views.value,
    )


async def _unknown(redshift: Redshift, table: str) -> NotFound:
    near = await near_names(redshift, table)
    like = f" Near names: {', '.join(near)}." if near else ""
    return NotFound(
        f"No table {table} that this user may see, and no DDL on it in 7 days.{like} "
        "Write it as schema.table; without USAGE on its schema it stays hidden."
    )
