"""Who blocks whom: at this moment, and in a window that has passed."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import fetch_or_gap, pair
from mcp_server.redshift.history import MICROSECONDS, query_run
from mcp_server.redshift.locks_now import locks_now
from mcp_server.redshift.locks_then import waiter_then
from mcp_server.redshift.queries import LONGEST_QUERY
from mcp_server.redshift.rows import Gap, Locks, QueryRun
from mcp_server.redshift.statements import statement
from mcp_server.redshift.verbs import last_part, names_table


async def locks_at(redshift: Redshift, since: datetime, until: datetime, table: str = "") -> Locks:
    """Lock waits now and in the window, each with who holds or held the table.

    The window's waits come from SYS_QUERY_HISTORY; their holders are the transactions still open,
    else those whose statements on the same table were not yet committed when the wait began.
    """
    gaps: list[Gap] = []
    waited, (waiting, holders) = await pair(
        partial(_waits, redshift, since, until, table, gaps),
        partial(locks_now, redshift, until, gaps),
    )
    known = {waiter.session_id for waiter in waiting}
    passed = [
        await waiter_then(redshift, run, holders, gaps)
        for run in waited
        if run.session_id not in known
    ]
    return Locks(
        waiters=tuple(w for w in [*waiting, *passed] if _about(table, w.table, w.statement)),
        holders=tuple(h for h in holders if _about(table, h.table, h.statement)),
        gaps=tuple(gaps),
    )


def _about(table: str, named: str, text: str) -> bool:
    if not table:
        return True
    return names_table(named, table) if named else names_table(text, table)


async def _waits(
    redshift: Redshift, since: datetime, until: datetime, table: str, gaps: list[Gap]
) -> Sequence[QueryRun]:
    least = statement("lock_waits").threshold("seconds") * MICROSECONDS
    asked = {
        "earliest": since - LONGEST_QUERY,
        "since": since,
        "until": until,
        "least": int(least),
        "table": last_part(table),
    }
    rows = await fetch_or_gap(redshift, "lock_waits", asked, gaps, limit=20)
    return [query_run(row) for row in rows]
