"""Tables of a slow statement whose statistics or sort order went stale."""

import asyncio

from mcp_server.errors import DiagnosticError
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.names import tables_in
from mcp_server.investigate.probes.redshift_common import redshift_of, tables_of, unavailable
from mcp_server.investigate.probes.redshift_query import failed_query
from mcp_server.redshift.cluster_rows import TableInfo
from mcp_server.redshift.facts import table_health

WHAT = "statistics of the tables in Redshift"
MOST = 4
# Per cent, from where the planner's estimates are no longer worth much.
STATS_OFF, UNSORTED = 20.0, 30.0


async def redshift_stale(case: Case) -> Finding:
    """Which tables of the statement need ANALYZE or VACUUM, as SVV_TABLE_INFO says."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    run = await failed_query(case, redshift)
    wanted = list(dict.fromkeys([*tables_in(run.text if run else ""), *tables_of(case)]))[:MOST]
    asked = await asyncio.gather(
        *(table_health(redshift, name) for name in wanted), return_exceptions=True
    )
    failures = [one for one in asked if isinstance(one, BaseException)]
    for failure in failures:
        if not isinstance(failure, DiagnosticError):
            raise failure
    rows = [row for one in asked if not isinstance(one, BaseException) for row in one.rows]
    stale = [row for row in rows if row.stats_off >= STATS_OFF or row.unsorted >= UNSORTED]
    if not stale:
        return Finding(missed=((WHAT, str(failures[0])),)) if failures else NOTHING
    worst = max(stale, key=lambda row: (row.stats_off, row.unsorted))
    clues = tuple(
        Clue("redshift", _said(row), f"Redshift table {row.name}", rank=24) for row in stale
    )
    return Finding(clues, names=(("stale_table", worst.name),))


def _said(row: TableInfo) -> str:
    return (
        f"table {row.name}: statistics {row.stats_off:.0f} % stale,"
        f" {row.unsorted:.0f} % unsorted, {row.rows:,} rows"
    )
