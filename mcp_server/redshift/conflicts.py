"""Serializable conflicts: which transaction was undone, on which table, by whose writes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import Row, fetch_or_gap, gathered
from mcp_server.redshift.history import query_run, whole
from mcp_server.redshift.names import table_names
from mcp_server.redshift.rows import Conflict, Found, Gap, QueryRun
from mcp_server.redshift.verbs import last_part, names_table, writes, written_table

# How long the other side's transaction may have begun before the conflict.
BESIDE = timedelta(hours=2)
_TABLE_ID = re.compile(r"table\s*(?:id)?\W{0,4}(\d{3,})", re.IGNORECASE)


async def conflicts(
    redshift: Redshift, since: datetime, until: datetime, table: str = ""
) -> Found[Conflict]:
    """Error 1023 in the window, newest first; `others` wrote the same table at that time."""
    gaps: list[Gap] = []
    window = {"since": since, "until": until}
    logged, failed = await gathered(
        partial(fetch_or_gap, redshift, "conflicts", window, gaps, limit=50),
        partial(fetch_or_gap, redshift, "conflict_errors", window, gaps, limit=50),
    )
    found = _merged(logged, [query_run(row) for row in failed])
    names = await table_names(redshift, {one.table_id for one in found}, gaps)
    named = [replace(one, table=names.get(one.table_id, one.table)) for one in found]
    about = [c for c in named if not table or not c.table or names_table(c.table, table)]
    full = [await _with_others(redshift, one, gaps) for one in about[:10]]
    return Found(tuple(full), tuple(gaps), cut=len(about) > len(full))


def _merged(logged: Sequence[Row], failed: Sequence[QueryRun]) -> list[Conflict]:
    """The conflict log tells the table, the history the statement: joined by transaction."""
    runs = {run.transaction_id: run for run in failed}
    joined = {whole(row["transaction_id"]): _from_log(row) for row in logged}
    for transaction_id, run in runs.items():
        seen = joined.get(transaction_id) or Conflict(at=run.end or run.start, table="")
        joined[transaction_id] = replace(
            seen,
            table=seen.table or written_table(run.text),
            table_id=seen.table_id or _table_id(run.error),
            transaction_id=transaction_id,
            session_id=seen.session_id or run.session_id,
            query_id=run.query_id,
            user=run.user,
            statement=run.text,
            error=run.error,
        )
    return sorted(joined.values(), key=lambda c: (c.at is not None, c.at), reverse=True)


def _from_log(row: Row) -> Conflict:
    return Conflict(
        at=row["at"],
        table="",
        table_id=whole(row["table_id"]),
        transaction_id=whole(row["transaction_id"]),
        session_id=whole(row["session_id"]),
    )


def _table_id(error: str) -> int:
    found = _TABLE_ID.search(error)
    return int(found[1]) if found else 0


async def _with_others(redshift: Redshift, one: Conflict, gaps: list[Gap]) -> Conflict:
    if not one.table or one.at is None:
        return one
    asked = {"since": one.at - BESIDE, "until": one.at, "table": last_part(one.table)}
    rows = await fetch_or_gap(redshift, "writes_on_table", asked, gaps, limit=50)
    runs = [query_run(row) for row in rows]
    others = [
        run
        for run in runs
        if run.transaction_id != one.transaction_id
        and names_table(run.text, one.table)
        and writes(run.text)
        and not run.failed
    ]
    own = [run for run in runs if run.transaction_id == one.transaction_id]
    statement = one.statement or (own[0].text if own else "")
    user = one.user or (own[0].user if own else "")
    return replace(one, others=tuple(others[:3]), statement=statement, user=user)
