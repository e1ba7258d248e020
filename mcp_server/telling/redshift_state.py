"""How a cluster's state is told: what is wrong first, what is fine in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from mcp_server.backends import ClusterEvent, ClusterState
from mcp_server.redshift.cluster_rows import Capacity, Disk, Queue, TableInfo
from mcp_server.redshift.rows import (
    Conflict,
    Found,
    LoadError,
    Locks,
    QueryRun,
    RuleAction,
)
from mcp_server.redshift.statements import statement
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
from mcp_server.times import iso

MOST = 5
# Stands for a list that could not be read: it is empty, and not known to be.
UNREAD: Found[Any] = Found()  # Any: it stands for any list


class RedshiftStateAnswer(BaseModel):
    """The cluster as it stands, and what happened in the window. Times: ISO 8601 UTC."""

    cluster: str
    status: str = ""
    since: str
    until: str
    problems: list[str] = Field(default_factory=list, description="One line each, worst first.")
    locks: Locks = Field(default_factory=Locks)
    long_running: list[QueryRun] = Field(default_factory=list)
    queues: list[Queue] = Field(default_factory=list)
    queue_waits: list[QueryRun] = Field(default_factory=list)
    rule_actions: list[RuleAction] = Field(default_factory=list)
    load_errors: list[LoadError] = Field(default_factory=list)
    conflicts: list[Conflict] = Field(default_factory=list)
    disk: Disk | None = None
    capacity: Capacity | None = None
    tables: list[TableInfo] = Field(default_factory=list)
    events: list[ClusterEvent] = Field(default_factory=list)
    not_checked: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToldState:
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
    rules: Found[RuleAction] = UNREAD
    disk: Disk | None = None
    capacity: Capacity | None = None
    load_errors: Found[LoadError] = UNREAD
    conflicts: Found[Conflict] = UNREAD
    tables: Found[TableInfo] = UNREAD
    missed: Sequence[str] = ()

    def data(self) -> RedshiftStateAnswer:
        return RedshiftStateAnswer(
            cluster=self.cluster,
            status=self.state.status if self.state else "",
            since=iso(self.since),
            until=iso(self.now),
            problems=[line for line in self.problems() if not line.startswith(" ")],
            locks=self.locks or Locks(),
            long_running=self._long(),
            queues=list(self.queues.rows),
            queue_waits=list(self.queue_waits.rows),
            rule_actions=list(self.rules.rows),
            load_errors=list(self.load_errors.rows),
            conflicts=list(self.conflicts.rows),
            disk=self.disk,
            capacity=self.capacity,
            tables=list(self.tables.rows),
            events=list(self.events),
            not_checked=list(self.missed),
        )

    def text(self) -> str:
        """What is wrong, what was done to the cluster, what is fine, what was not checked."""
        problems = self.problems()
        said = f"{self.cluster} ({self._kind()}), {iso(self.since)} to {iso(self.now)}"
        lines = [f"Redshift {said}:{'' if problems else self._verdict()}"]
        lines += problems
        lines += [f"event {clock(e.at, self.now)}: {e.message}" for e in self.events[:MOST]]
        lines += [self._fine()]
        good = [table for table in self.tables.rows if not is_unhealthy(table)]
        lines += [f"table: {table_line(table)}" for table in good[:MOST]]
        lines += [f"not checked: {line}" for line in self.missed]
        return "\n".join(line for line in lines if line)

    def _verdict(self) -> str:
        if not self._is_read():
            return " nothing could be read."
        return " nothing wrong found" + (" in what could be read." if self.missed else ".")

    def _is_read(self) -> bool:
        return self.state is not None or self.running is not UNREAD

    def problems(self) -> list[str]:
        """One line a problem, worst first; lines that begin with a space belong to the last."""
        parts = [
            self._status(),
            self._locks(),
            self._disk(),
            self._rules(),
            self._loads(),
            self._conflicts(),
            self._queues(),
            self._running(),
            self._capacity(),
            self._tables(),
        ]
        return [line for part in parts for line in part]

    def _kind(self) -> str:
        if self.state is None:
            return "state unknown"
        if self.state.is_serverless:
            return f"Serverless, {self.state.status}, base {self.state.base_rpu} RPU"
        nodes = f"{self.state.nodes} x {self.state.node_type}" if self.state.nodes else ""
        return ", ".join(part for part in (self.state.status, nodes) if part)

    def _status(self) -> list[str]:
        if self.state is None or self.state.status in {"available", ""}:
            return []
        pending = f" ({self.state.pending})" if self.state.pending else ""
        return [f"status: {self.state.status}{pending}"]

    def _locks(self) -> list[str]:
        if self.locks is None:
            return []
        lines = []
        for waiter in self.locks.waiters[:MOST]:
            lines.append(f"lock: {waiter_words(waiter, self.now)}")
            lines += [f"  {line}" for line in chain_words(waiter, self.now)]
        waited_for = {h.session_id for w in self.locks.waiters for h in w.holders}
        limit = statement("running").threshold("long_seconds")
        lines += [
            f"open transaction: {holder_words(holder, self.now)}"
            for holder in self.locks.holders[:MOST]
            if holder.session_id not in waited_for
            and holder.since is not None
            and (self.now - holder.since).total_seconds() >= limit
        ]
        return lines

    def _disk(self) -> list[str]:
        disk = self.disk
        if disk is None:
            return []
        lines = []
        if disk.fullest_node_percent >= statement("disk").threshold("percent"):
            largest = ", ".join(f"{t.name} {size(t.size_mb)}" for t in disk.largest_tables[:3])
            lines.append(
                f"disk: {disk.percent:.0f} % used, the fullest node {disk.fullest_node_percent:.0f}"
                f" %; largest tables: {largest or 'unknown'}"
            )
        least = statement("spills").threshold("mb")
        lines += [
            f"spill: query {spill.query_id} wrote {size(spill.mb)} of intermediate results to disk"
            f"{f' ({spill.table})' if spill.table else ''}"
            for spill in disk.spills[:MOST]
            if spill.mb >= least
        ]
        return lines

    def _rules(self) -> list[str]:
        acted = [rule for rule in self.rules.rows if rule.action not in {"log", "none"}]
        return [f"aborted: {rule_line(rule, self.now)}" for rule in acted[:MOST]]

    def _loads(self) -> list[str]:
        return [f"load: {e}" for e in load_error_lines(self.load_errors.rows, self.now)[:MOST]]

    def _conflicts(self) -> list[str]:
        lines = []
        for conflict in self.conflicts.rows[:MOST]:
            first, *rest = conflict_lines(conflict, self.now)
            lines += [f"conflict: {first}", *rest]
        return lines

    def _queues(self) -> list[str]:
        limit = statement("queue").threshold("queued")
        lines = [
            f"queue: {queue.queries} queries wait for a slot in service class "
            f"{queue.service_class}, the longest for {took(queue.longest_queue_s)}"
            for queue in self.queues.rows
            if queue.state.lower().startswith("queued")
            and (queue.queries >= limit or queue.longest_queue_s >= _queued_seconds())
        ]
        waited = self.queue_waits.rows[:MOST]
        return [*lines, *(f"queued: {query_line(run, self.now)}" for run in waited)]

    def _long(self) -> list[QueryRun]:
        limit = statement("running").threshold("long_seconds")
        return [run for run in self.running.rows if run.elapsed_s >= limit]

    def _running(self) -> list[str]:
        return [f"long: {query_line(run, self.now)}: {run.text}" for run in self._long()[:MOST]]

    def _capacity(self) -> list[str]:
        used, state = self.capacity, self.state
        most = state.max_rpu if state else 0
        if used is None or not most or used.peak_rpu < most:
            return []
        return [f"capacity: {used.peak_rpu:.0f} of {most} RPU used {clock(used.peak_at, self.now)}"]

    def _tables(self) -> list[str]:
        bad = [table for table in self.tables.rows if is_unhealthy(table)]
        return [f"table: {table_line(table)}" for table in bad[:MOST]]

    def _fine(self) -> str:
        """Numbers that a reader wants to see also when nothing is wrong."""
        said = []
        if self.running is not UNREAD:
            said.append(f"{count(len(self.running.rows), 'query')} running")
        if self.disk and self.disk.percent >= 0:
            said.append(f"disk {self.disk.percent:.0f} % used")
        if self.capacity and self.capacity.peak_rpu:
            said.append(f"at most {self.capacity.peak_rpu:.0f} RPU")
        if self.locks and not self.locks.waiters and not self.locks.gaps:
            said.append("nobody waits for a lock")
        return f"now: {', '.join(said)}" if said else ""


def is_unhealthy(table: TableInfo) -> bool:
    """Whether a table is beyond one of the data file's thresholds."""
    limit = statement("stale_tables").threshold
    return (
        table.stats_off >= limit("stats_off")
        or table.unsorted >= limit("unsorted")
        or table.skew_rows >= limit("skew_rows")
    )


def _queued_seconds() -> float:
    return statement("running").threshold("queued_seconds")
