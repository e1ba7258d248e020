"""Who blocks whom at this moment: SVV_TRANSACTIONS and STV_LOCKS, with what their sessions ran."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import Row, fetch_or_gap, gathered
from mcp_server.redshift.history import query_run, whole, words
from mcp_server.redshift.names import table_names
from mcp_server.redshift.rows import Gap, Holder, QueryRun, Waiter
from mcp_server.redshift.verbs import names_table, writes

# A transaction may have been left open this long before the wait began.
LONGEST_TRANSACTION = timedelta(days=2)
_SHARED = "accesssharelock"


@dataclass(frozen=True, slots=True)
class Lock:
    """A row of SVV_TRANSACTIONS (or STV_LOCKS) with the table's name."""

    user: str
    transaction_id: int
    session_id: int
    since: datetime | None
    mode: str
    table_id: int
    table: str
    granted: bool


async def locks_now(
    redshift: Redshift, until: datetime, gaps: list[Gap]
) -> tuple[list[Waiter], list[Holder]]:
    """Who waits now, each with its holders, and every open lock that keeps writers out."""
    locks = await _locks(redshift, gaps)
    statements = await _statements_of(redshift, {lock.session_id for lock in locks}, until, gaps)
    holders = [_holder(lock, statements) for lock in locks if lock.granted and _blocks_writes(lock)]
    waiters = [_waiter(lock, locks, statements) for lock in locks if not lock.granted]
    return [replace(waiter, root=root_of(waiter, waiters)) for waiter in waiters], holders


def root_of(waiter: Waiter, waiters: Sequence[Waiter]) -> Holder | None:
    """Who holds up the waiter's first holder, and so on; None when that one waits for nobody."""
    if not waiter.holders:
        return None
    waits_for = {one.session_id: one.holders[0] for one in waiters if one.holders}
    root = waiter.holders[0]
    seen = {waiter.session_id, root.session_id}
    while (after := waits_for.get(root.session_id)) and after.session_id not in seen:
        seen.add(after.session_id)
        root = after
    return None if root is waiter.holders[0] else root


async def _locks(redshift: Redshift, gaps: list[Gap]) -> list[Lock]:
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


def _lock(row: Row, names: Mapping[int, str]) -> Lock:
    table_id = whole(row["table_id"])
    return Lock(
        user=words(row["owner"]),
        transaction_id=whole(row["xid"]),
        session_id=whole(row["pid"]),
        since=row["txn_start"],
        mode=words(row["lock_mode"]),
        table_id=table_id,
        table=names.get(table_id, ""),
        granted=bool(row["granted"]),
    )


def _table_lock(row: Row, names: Mapping[int, str], owners: Mapping[int, str]) -> Lock:
    """A row of STV_LOCKS, which knows neither the user nor the mode."""
    table_id, session_id = whole(row["table_id"]), whole(row["pid"])
    return Lock(
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
    """What the sessions ran, newest first."""
    if not sessions:
        return []
    asked = {
        "since": until - LONGEST_TRANSACTION,
        "until": until + timedelta(days=1),
        "sessions": f",{','.join(map(str, sorted(sessions)))},",
    }
    rows = await fetch_or_gap(redshift, "queries_of_sessions", asked, gaps, limit=300)
    return [query_run(row) for row in rows]


def _blocks_writes(lock: Lock) -> bool:
    return lock.mode.lower() != _SHARED


def _blocks(holder: Lock, waiter: Lock) -> bool:
    """Readers block only who wants the table alone; writers and DDL block each other."""
    if holder.table_id != waiter.table_id or not holder.granted:
        return False
    if holder.session_id == waiter.session_id:
        return False
    return _blocks_writes(holder) or waiter.mode.lower().startswith("accessexclusive")


def _holder(lock: Lock, statements: Sequence[QueryRun]) -> Holder:
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


def _waiter(lock: Lock, locks: Sequence[Lock], statements: Sequence[QueryRun]) -> Waiter:
    holders = [_holder(other, statements) for other in locks if _blocks(other, lock)]
    own = [run for run in statements if run.session_id == lock.session_id and run.is_open]
    waiter = Waiter(
        user=lock.user,
        session_id=lock.session_id,
        transaction_id=lock.transaction_id,
        since=lock.since,
        lock_mode=lock.mode,
        table=lock.table,
        holders=tuple(holders),
        is_waiting=True,
    )
    return _with_query(waiter, own[0]) if own else waiter


def _with_query(waiter: Waiter, run: QueryRun) -> Waiter:
    """The wait with the statement that waits; its time is the query's, not the transaction's."""
    return replace(
        waiter,
        query_id=run.query_id,
        since=run.start or waiter.since,
        waited_s=run.lock_wait_s or run.elapsed_s,
        statement=run.text,
        status=run.status,
    )
