"""Who held a table while a query waited for it: from the history, when it may be over by now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import fetch_or_gap
from mcp_server.redshift.history import order_of, query_run, whole
from mcp_server.redshift.queries import LONGEST_QUERY
from mcp_server.redshift.rows import Gap, Holder, QueryRun, Waiter
from mcp_server.redshift.verbs import last_part, names_table, written_table


async def waiter_then(
    redshift: Redshift, run: QueryRun, open_holders: Sequence[Holder], gaps: list[Gap]
) -> Waiter:
    """The wait of a query: held up by a transaction that is still open, else by a past one."""
    table = written_table(run.text)
    still = [
        holder
        for holder in open_holders
        if holder.session_id != run.session_id
        and _began_before(holder.since, run)
        and (not holder.table or names_table(run.text, holder.table))
    ]
    then = still or await _holders_then(redshift, run, table, gaps)
    named = next((holder.table for holder in then if holder.table), table)
    return Waiter(
        user=run.user,
        session_id=run.session_id,
        transaction_id=run.transaction_id,
        query_id=run.query_id,
        since=run.start,
        waited_s=run.lock_wait_s,
        table=named,
        statement=run.text,
        status=run.status,
        holders=tuple(then),
        is_waiting=run.is_open,
    )


def _began_before(since: datetime | None, run: QueryRun) -> bool:
    ended = run.end or run.start
    return since is None or ended is None or since <= ended


async def _holders_then(
    redshift: Redshift, run: QueryRun, table: str, gaps: list[Gap]
) -> list[Holder]:
    """Transactions that wrote or altered the table and ended after the wait began."""
    if not table or run.start is None:
        return []
    until = run.end or run.start
    asked = {"since": run.start - LONGEST_QUERY, "until": until, "table": last_part(table)}
    rows = await fetch_or_gap(redshift, "writes_on_table", asked, gaps, limit=100)
    others = [
        other
        for other in (query_run(row) for row in rows)
        if other.transaction_id != run.transaction_id
        and other.session_id != run.session_id
        and names_table(other.text, table)
    ]
    ends = await _ends(redshift, {other.transaction_id for other in others}, gaps)
    held = {
        other.transaction_id: _holder_then(other, table)
        for other in sorted(others, key=order_of)
        if _was_held(other, ends.get(other.transaction_id), run)
    }
    return sorted(held.values(), key=lambda holder: (holder.since is None, holder.since))


def _was_held(other: QueryRun, ended: datetime | None, run: QueryRun) -> bool:
    """Whether the other transaction still held its lock when the wait began."""
    last = ended or other.end
    return run.start is not None and (last is None or last >= run.start)


def _holder_then(other: QueryRun, table: str) -> Holder:
    return Holder(
        user=other.user,
        session_id=other.session_id,
        transaction_id=other.transaction_id,
        since=other.start,
        table=table,
        statement=other.text,
        statement_at=other.start,
        is_open=False,
    )


async def _ends(
    redshift: Redshift, transactions: set[int], gaps: list[Gap]
) -> Mapping[int, datetime | None]:
    if not transactions:
        return {}
    asked = {"transactions": f",{','.join(map(str, sorted(transactions)))},"}
    rows = await fetch_or_gap(redshift, "transactions_ended", asked, gaps, limit=300)
    return {whole(row["transaction_id"]): row["commit_end_time"] for row in rows}
