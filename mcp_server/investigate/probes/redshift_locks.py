"""Who held the table that the statement waited for."""

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
from mcp_server.redshift.facts import locks_at
from mcp_server.redshift.rows import Holder, Locks, Waiter
from mcp_server.redshift.verbs import names_table
from mcp_server.times import span

WHAT = "locks in Redshift at that time"


async def redshift_locks(case: Case) -> Finding:
    """The statement that waited on one of the failure's tables, and what it waited for."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    since, until = window(case)
    locks = await locks_at(redshift, since, until)
    waiter = _waiter(case, locks)
    if waiter is None:
        return Finding(missed=missed(locks.gaps)) if locks.gaps else NOTHING
    place = f"Redshift query {waiter.query_id}" if waiter.query_id else "Redshift locks"
    clues = [Clue("redshift", _waited(case, waiter), place, at=waiter.since, confirms=True, rank=7)]
    names = [("table", waiter.table)] if waiter.table else []
    if not waiter.holders:
        return Finding(tuple(clues), explains=f"it waited {span(waiter.waited_s)} for a lock")
    holder = waiter.holders[0]
    clues.append(_holder_clue(case, holder))
    root = waiter.root or holder
    explains = _explains(case, holder, waiter)
    if root is not holder:
        clues.append(_holder_clue(case, root))
        explains += f", who in turn waits for user {root.user} (session {root.session_id})"
        holder = root
        names = [("table", root.table)] if root.table else names
    names += [("blocked_by", holder.user), ("blocking_session", str(holder.session_id))]
    return Finding(tuple(clues), explains=explains, names=tuple(names))


def _waiter(case: Case, locks: Locks) -> Waiter | None:
    """The wait of the task's own statement; a long one of another on the same table else."""
    tables = tables_of(case)
    about = [w for w in locks.waiters if any(_is_on(w, table) for table in tables)]
    named = [w for w in locks.waiters if w.query_id and str(w.query_id) in case.log_text]
    long_ones = [w for w in locks.waiters if w.waited_s >= 30 and w.holders and not tables]
    held = [w for w in about if w.holders]
    return next(iter([*named, *held, *about, *long_ones]), None)


def _waited(case: Case, waiter: Waiter) -> str:
    """Say who waited for what: by query and time where they are known, else by session."""
    on = f" for a lock on {waiter.table}" if waiter.table else " for a lock"
    if waiter.query_id:
        return f"query {waiter.query_id} of user {waiter.user} waited {span(waiter.waited_s)}{on}"
    since = f", open since {clock_time(waiter.since, case.failed_at)}Z" if waiter.since else ""
    return f"user {waiter.user} (session {waiter.session_id}) waits{on}{since}"


def _is_on(waiter: Waiter, table: str) -> bool:
    return names_table(waiter.statement, table) or bool(
        waiter.table and names_table(waiter.table, table)
    )


def _holder_clue(case: Case, holder: Holder) -> Clue:
    since = f" since {clock_time(holder.since, case.failed_at)}Z" if holder.since else ""
    state = "holds" if holder.is_open else "held"
    mode = f" {holder.lock_mode}" if holder.lock_mode else ""
    text = f"user {holder.user} (session {holder.session_id}, transaction {holder.transaction_id})"
    text += f" {state}{mode} on {holder.table or 'the table'}{since}"
    if holder.statement:
        text += f": {holder.statement}"
    place = f"Redshift session {holder.session_id}"
    return Clue("redshift", text, place, at=holder.since, confirms=True, rank=6)


def _explains(case: Case, holder: Holder, waiter: Waiter) -> str:
    since = f" since {clock_time(holder.since, case.failed_at)}" if holder.since else ""
    table = holder.table or waiter.table or "the table"
    what = "an open transaction" if holder.is_open else "a transaction"
    return f"it waited for a lock on {table} that user {holder.user} held in {what}{since}"
