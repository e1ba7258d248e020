"""Who blocks whom: at this moment, and in a window that has passed; serializable conflicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import Row, fetch_or_gap, gathered
from mcp_server.redshift.history import MICROSECONDS, order_of, query_run, whole, words
from mcp_server.redshift.names import table_names
from mcp_server.redshift.queries import LONGEST_QUERY
from mcp_server.redshift.rows import Gap, Holder, Locks, QueryRun, Waiter
from mcp_server.redshift.statements import statement
from mcp_server.redshift.verbs import last_part, names_table, writes, written_table

# A transaction may have been left open this long before the wait began.
LONGEST_TRANSACTION = timedelta(days=2)
_SHARED = "accesssharelock"


@dataclass(frozen=True, slots=True)
class _Lock:
    """A row of SVV_TRANSACTIONS (or STV_LOCKS) with the table's name."""

    user: str
    transaction_id: int
    session_id: int
    since: datetime | None
    mode: str
    table_id: int
    table: str
    granted: bool


async def locks_at(redshift: Redshift, since: datetime, until: datetime, table: str = "") -> Locks:
    """Lock waits now and in the window, each with who holds or held the table.

    The window's waits come from SYS_QUERY_HISTORY; their holders are the transactions still open,
    else those whose statements on the same table were not yet committed when the wait began.
    """
    gaps: list[Gap] = []
    waited, locks = await gathered(
        partial(_waits, redshift, since, until, table, gaps),
        partial(_locks_now, redshift, gaps),
    )
    runs = [run for run in waited if isinstance(run, QueryRun)]
    held = [lock for lock in locks if isinstance(lock, _Lock)]
    sessions = {lock.session_id for lock in held if lock.granted}
    statements = await _statements_of(redshift, sessions, until, gaps)
    holders = [_holder(lock, statements) for lock in held if lock.granted and _blocks_writes(lock)]
    waiting = [_waiter_now(lock, held, statements) for lock in held if not lock.granted]
    known = {waiter.session_id for waiter in waiting}
    passed = [
        await _waiter_then(redshift, run, holders, gaps)
        for run in runs
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
) -> Sequence[object]:
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


async def _locks_now(redshift: Redshift, gaps: list[Gap]) -> Sequence[object]:
    transactions, tables = await gathered(
        partial(fetch_or_gap, redshift, "transactions", {}, gaps, limit=500),
        partial(fetch_or_gap, redshift, "table_locks", {}, gaps, limit=500),
    )
    names = await table_names(
        redshift, {whole(row["table_id"]) for row in [*transactions, *tables]}, gaps
    )
    locks = [_lock(row, names) for row in transactions if row["object_type"] == "relation"]
    seen = {(lock.session_id, lock.table_id) for lock in locks}
    owners = {lock.session_id: lock.user for lock in locks}
    for row in tables:
        lock = _table_lock(row, names, owners)
        if (lock.session_id, lock.table_id) not in seen:
            locks.append(lock)
    return locks


def _lock(row: Row, names: Mapping[int, str]) -> _Lock:
    table_id = whole(row["table_id"])
    return _Lock(
        user=words(row["owner"]),
        transaction_id=whole(row["xid"]),
        session_id=whole(row["pid"]),
        since=row["txn_start"],
        mode=words(row["lock_mode"]),
        table_id=table_id,
        table=names.get(table_id, ""),
        granted=bool(row["granted"]),
    )


def _table_lock(row: Row, names: Mapping[int, str], owners: Mapping[int, str]) -> _Lock:
    """A row of STV_LOCKS, which knows neither the user nor the mode."""
    table_id, session_id = whole(row["table_id"]), whole(row["pid"])
    return _Lock(
        user=owners.get(session_id, ""),
        transaction_id=whole(row["xid"]),
        session_id=session_id,
        since=row["since"],
        mode=words(row["lock_status"]),
        table_id=table_id,
        table=names.get(table_id, ""),
        granted="wait" not in words(row["lock_status"]).lower(),
    )


async def _statements_of(
    redshift: Redshift, sessions: set[int], until: datetime, gaps: list[Gap]
) -> Sequence[QueryRun]:
    """What the holding sessions ran, newest first."""
    if not sessions:
        return []
    asked = {
        "since": until - LONGEST_TRANSACTION,
        "until": until + timedelta(days=1),
        "sessions": f",{','.join(map(str, sorted(sessions)))},",
    }
    rows = await fetch_or_gap(redshift, "queries_of_sessions", asked, gaps, limit=300)
    return [query_run(row) for row in rows]


def _blocks_writes(lock: _Lock) -> bool:
    return lock.mode.lower() != _SHARED


def _blocks(holder: _Lock, waiter: _Lock) -> bool:
    """Readers block only who wants the table alone; writers and DDL block each other."""
    if holder.table_id != waiter.table_id or not holder.granted:
        return False
    if holder.session_id == waiter.session_id:
        return False
    return _blocks_writes(holder) or waiter.mode.lower().startswith("accessexclusive")


def _holder(lock: _Lock, statements: Sequence[QueryRun]) -> Holder:
    own = [
        run
        for run in statements
        if run.session_id == lock.session_id
        and (not lock.transaction_id or run.transaction_id in (0, lock.transaction_id))
    ]
    touching = [run for run in own if lock.table and names_table(run.text, lock.table)]
    taking = [run for run in touching if writes(run.text)]
    run = next(iter([*taking, *touching, *own]), None)
    user = lock.user or (run.user if run else "")
    return Holder(
        user=user,
        session_id=lock.session_id,
        transaction_id=lock.transaction_id,
        since=lock.since,
        lock_mode=lock.mode,
        table=lock.table,
        table_id=lock.table_id,
        statement=run.text if run else "",
        statement_at=run.start if run else None,
    )


def _waiter_now(lock: _Lock, locks: Sequence[_Lock], statements: Sequence[QueryRun]) -> Waiter:
    holders = [_holder(other, statements) for other in locks if _blocks(other, lock)]
    return Waiter(
        user=lock.user,
        session_id=lock.session_id,
        transaction_id=lock.transaction_id,
        since=lock.since,
        lock_mode=lock.mode,
        table=lock.table,
        holders=tuple(holders),
        is_waiting=True,
    )


async def _waiter_then(
    redshift: Redshift, run: QueryRun, open_holders: Sequence[Holder], gaps: list[Gap]
) -> Waiter:
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
        is_waiting=run.status in {"running", "planning", "queued"},
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
