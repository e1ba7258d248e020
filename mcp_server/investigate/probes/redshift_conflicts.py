"""Error 1023: who else wrote the same table at the same time."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.probes.redshift_common import (
    missed,
    redshift_of,
    tables_of,
    unavailable,
    window,
)
from mcp_server.redshift.facts import conflicts
from mcp_server.redshift.rows import Conflict, QueryRun

WHAT = "conflicting transactions in Redshift"


async def redshift_conflicts(case: Case) -> Finding:
    """The undone transaction and the ones that wrote the same table beside it."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    since, until = window(case)
    found = await conflicts(redshift, since, until)
    one = _mine(case, found.rows)
    if one is None:
        return Finding(missed=missed(found.gaps)) if found.gaps and not found.rows else NOTHING
    table = one.table or case.names.get("table", "the table")
    text = f"transaction {one.transaction_id} on {table} was undone (error 1023)"
    if one.user:
        text += f", user {one.user}"
    place = f"Redshift query {one.query_id}" if one.query_id else "Redshift STL_TR_CONFLICT"
    clues = [Clue("redshift", text, place, at=one.at, confirms=True, rank=8)]
    clues += [_other(case, run, at) for at, run in enumerate(one.others[:2])]
    names = [("table", one.table)] if one.table else []
    explains = f"another transaction wrote {table} at the same time"
    if one.others:
        other = one.others[0]
        when = f" at {clock_time(other.start, case.failed_at)}" if other.start else ""
        explains = (
            f"user {other.user} wrote {table} at the same time (query {other.query_id}{when})"
        )
        names.append(("blocked_by", other.user))
    return Finding(tuple(clues), explains=explains, names=tuple(names))


def _mine(case: Case, rows: tuple[Conflict, ...]) -> Conflict | None:
    """The conflict on one of the failure's tables, or whose transaction or table the log names."""
    text = case.log_text
    tables = [table.rpartition(".")[2] for table in tables_of(case)]
    named = [
        one
        for one in rows
        if (one.transaction_id and str(one.transaction_id) in text)
        or (one.table_id and str(one.table_id) in text)
        or one.table.rpartition(".")[2] in tables
    ]
    return next(iter([*named, *rows]), None)


def _other(case: Case, run: QueryRun, at: int) -> Clue:
    when = f" at {clock_time(run.start, case.failed_at)}Z" if run.start else ""
    text = f"user {run.user}, query {run.query_id}{when}: {run.text}"
    place = f"Redshift query {run.query_id}"
    return Clue("redshift", text, place, at=run.start, confirms=True, rank=6 + at)
