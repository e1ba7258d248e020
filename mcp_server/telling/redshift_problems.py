"""What is wrong with a cluster: each problem's lines and what to do about it, worst first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcp_server.domain.redshift import ClusterEvent, ClusterState
from mcp_server.redshift.cluster_rows import Capacity, Disk, Queue, TableInfo
from mcp_server.redshift.rows import (
    Conflict,
    FailedQueries,
    Found,
    Holder,
    LoadError,
    Locks,
    QueryRun,
    RuleAction,
    Waiter,
)
from mcp_server.redshift.statements import statement
from mcp_server.telling.redshift_next import next_step
from mcp_server.telling.redshift_words import (
    chain_words,
    clock,
    conflict_lines,
    holder_words,
    load_error_lines,
    query_line,
    rule_line,
    size,
    table_line,
    took,
    waiter_words,
)
from mcp_server.text import count

MOST = 5
# What a rule does without ending a query.
QUIET_ACTIONS = frozenset({"log", "none"})
# Stands for a list that could not be read: it is empty, and not known to be.
UNREAD: Found[Any] = Found()  # Any: it stands for any list


@dataclass(frozen=True, slots=True)
class Problem:
    """Lines of one kind of problem, and the step to take ("" when there is none)."""

    lines: Sequence[str]
    step: str = ""


@dataclass(frozen=True, slots=True)
class ClusterRead:
    """All that was read; a part that could not be had is empty and stands in `missed`."""

    cluster: str
    since: datetime
    now: datetime
    state: ClusterState | None = None
    events: Sequence[ClusterEvent] = ()
    locks: Locks | None = None
    running: Found[QueryRun] = UNREAD
    queues: Found[Queue] = UNREAD
    queue_waits: Found[QueryRun] = UNREAD
    failed: Found[FailedQueries] = UNREAD
    rules: Found[RuleAction] = UNREAD
    disk: Disk | None = None
    capacity: Capacity | None = None
    load_errors: Found[LoadError] = UNREAD
    conflicts: Found[Conflict] = UNREAD
    tables: Found[TableInfo] = UNREAD
    missed: Sequence[str] = ()

    @property
    def waiters(self) -> Sequence[Waiter]:
        return self.locks.waiters if self.locks else ()

    @property
    def long_running(self) -> list[QueryRun]:
        """What runs longer than the data file's limit and does not wait for a lock."""
        waits = {waiter.query_id for waiter in self.waiters}
        return [r for r in self.running.rows if r.elapsed_s >= _long() and r.query_id not in waits]


def problems_of(read: ClusterRead) -> list[Problem]:
    """Each kind of problem that there is, worst first."""
    found = (part(read) for part in _PARTS)
    return [problem for problem in found if problem.lines]


def is_unhealthy(table: TableInfo) -> bool:
    """Whether a table is beyond one of the data file's thresholds."""
    limit = statement("stale_tables").threshold
    return (
        table.stats_off >= limit("stats_off")
        or table.unsorted >= limit("unsorted")
        or table.skew_rows >= limit("skew_rows")
    )


def _status(read: ClusterRead) -> Problem:
    if read.state is None or read.state.status.lower() in {"available", ""}:
        return Problem(())
    status = read.state.status
    pending = f" ({read.state.pending})" if read.state.pending else ""
    step = next_step("paused") if "pause" in status.lower() else ""
    return Problem([f"status: {status}{pending}"], step)


def _locks(read: ClusterRead) -> Problem:
    lines = []
    for waiter in read.waiters[:MOST]:
        lines.append(f"lock: {waiter_words(waiter, read.now)}")
        lines += [f"  {line}" for line in chain_words(waiter, read.now)]
    lines += [f"open transaction: {holder_words(h, read.now)}" for h in _left_open(read)[:MOST]]
    blockers = [w.root or w.holders[0] for w in read.waiters if w.is_waiting and w.holders]
    if not blockers:
        return Problem(lines)
    first = blockers[0]
    return Problem(
        lines, next_step("lock", user=first.user or "its user", session=first.session_id)
    )


def _left_open(read: ClusterRead) -> list[Holder]:
    """Transactions with a lock that nobody waits for yet, open for long."""
    waited_for = {holder.session_id for waiter in read.waiters for holder in waiter.holders}
    return [
        holder
        for holder in (read.locks.holders if read.locks else ())
        if holder.session_id not in waited_for
        and holder.since is not None
        and (read.now - holder.since).total_seconds() >= _long()
    ]


def _disk(read: ClusterRead) -> Problem:
    disk = read.disk
    if disk is None:
        return Problem(())
    lines = []
    if disk.fullest_node_percent >= statement("disk").threshold("percent"):
        largest = ", ".join(f"{t.name} {size(t.size_mb)}" for t in disk.largest_tables[:3])
        lines.append(
            f"disk: {disk.percent:.0f} % used, the fullest node {disk.fullest_node_percent:.0f}"
            f" %; largest tables: {largest or 'unknown'}"
        )
    step = next_step("disk") if lines else ""
    least = statement("spills").threshold("mb")
    lines += [
        f"spill: query {spill.query_id} wrote {size(spill.mb)} of intermediate results to disk"
        f"{f' ({spill.table})' if spill.table else ''}"
        for spill in disk.spills[:MOST]
        if spill.mb >= least
    ]
    return Problem(lines, step)


def _rules(read: ClusterRead) -> Problem:
    acted = [rule for rule in read.rules.rows if rule.action not in QUIET_ACTIONS]
    step = next_step("rule", query=acted[0].query_id) if acted else ""
    return Problem([f"aborted: {rule_line(rule, read.now)}" for rule in acted[:MOST]], step)


def _loads(read: ClusterRead) -> Problem:
    lines = load_error_lines(read.load_errors.rows, read.now)
    return Problem([f"load: {line}" for line in lines[:MOST]], next_step("load"))


def _conflicts(read: ClusterRead) -> Problem:
    lines = []
    for conflict in read.conflicts.rows[:MOST]:
        first, *rest = conflict_lines(conflict, read.now)
        lines += [f"conflict: {first}", *rest]
    return Problem(lines, next_step("conflict"))


def _failed(read: ClusterRead) -> Problem:
    """Errors that no other line tells."""
    told = {rule.query_id for rule in read.rules.rows}
    told |= {error.query_id for error in read.load_errors.rows}
    told |= {conflict.query_id for conflict in read.conflicts.rows}
    told |= {waiter.query_id for waiter in read.waiters}
    left = [one for one in read.failed.rows if one.last_query_id not in told][:MOST]
    lines = [
        f"failed: {count(one.runs, 'query')} of {', '.join(one.users[:MOST]) or 'somebody'}, the "
        f"last {one.last_query_id} {clock(one.last_at, read.now)}: {one.error or 'no error told'}"
        for one in left
    ]
    return Problem(lines, next_step("failed", query=left[0].last_query_id) if left else "")


def _queues(read: ClusterRead) -> Problem:
    limit, seconds = statement("queue").threshold("queued"), _queued_seconds()
    lines = [
        f"queue: {queue.queries} queries wait for a slot in service class "
        f"{queue.service_class}, the longest for {took(queue.longest_queue_s)}"
        for queue in read.queues.rows
        if queue.state.lower().startswith("queued")
        and (queue.queries >= limit or queue.longest_queue_s >= seconds)
    ]
    step = next_step("queue") if lines else ""
    waited = _each(read.queue_waits.rows, read.now)
    return Problem([*lines, *(f"queued: {line}" for line in waited)], step)


def _running(read: ClusterRead) -> Problem:
    long = read.long_running
    step = next_step("long", query=long[0].query_id) if long else ""
    return Problem([f"long: {line}" for line in _each(long, read.now)], step)


def _each(runs: Sequence[QueryRun], now: datetime) -> list[str]:
    """A line a statement: its first run, and how many more there are of it."""
    groups: dict[str, list[QueryRun]] = {}
    for run in runs:
        groups.setdefault(run.generic_query_hash or str(run.query_id), []).append(run)
    return [
        f"{query_line(group[0], now)}: {group[0].text}"
        f"{f' (and {len(group) - 1} more of it)' if len(group) > 1 else ''}"
        for group in list(groups.values())[:MOST]
    ]


def _capacity(read: ClusterRead) -> Problem:
    used, most = read.capacity, read.state.max_rpu if read.state else 0
    if used is None or not most or used.peak_rpu < most:
        return Problem(())
    at = clock(used.peak_at, read.now)
    return Problem([f"capacity: {used.peak_rpu:.0f} of {most} RPU used {at}"])


def _tables(read: ClusterRead) -> Problem:
    bad = [table for table in read.tables.rows if is_unhealthy(table)]
    step = next_step("table", table=bad[0].name) if bad else ""
    return Problem([f"table: {table_line(table)}" for table in bad[:MOST]], step)


def _long() -> float:
    return statement("running").threshold("long_seconds")


def _queued_seconds() -> float:
    return statement("running").threshold("queued_seconds")


_PARTS: Sequence[Callable[[ClusterRead], Problem]] = (
    _status,
    _locks,
    _disk,
    _rules,
    _loads,
    _conflicts,
    _failed,
    _queues,
    _running,
    _capacity,
    _tables,
)
