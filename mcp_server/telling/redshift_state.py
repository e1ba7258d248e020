"""How a cluster's state is told: what is wrong first, what to do, what is fine in one line."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from mcp_server.domain.redshift import ClusterEvent
from mcp_server.redshift.cluster_rows import Capacity, Disk, Queue, TableInfo
from mcp_server.redshift.rows import (
    Conflict,
    FailedQueries,
    LoadError,
    Locks,
    QueryRun,
    RuleAction,
)
from mcp_server.telling.redshift_problems import (
    MOST,
    UNREAD,
    ClusterRead,
    is_unhealthy,
    problems_of,
)
from mcp_server.telling.redshift_words import clock, table_line
from mcp_server.text import count
from mcp_server.times import iso

MOST_STEPS = 3


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
    failed: list[FailedQueries] = Field(default_factory=list)
    rule_actions: list[RuleAction] = Field(default_factory=list)
    load_errors: list[LoadError] = Field(default_factory=list)
    conflicts: list[Conflict] = Field(default_factory=list)
    disk: Disk | None = None
    capacity: Capacity | None = None
    tables: list[TableInfo] = Field(default_factory=list)
    events: list[ClusterEvent] = Field(default_factory=list)
    not_checked: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToldState(ClusterRead):
    """A cluster that was read, as data and as text."""

    def data(self) -> RedshiftStateAnswer:
        return RedshiftStateAnswer(
            cluster=self.cluster,
            status=self.state.status if self.state else "",
            since=iso(self.since),
            until=iso(self.now),
            problems=[
                line
                for problem in problems_of(self)
                for line in problem.lines
                if not line.startswith(" ")
            ],
            locks=self.locks or Locks(),
            long_running=self.long_running,
            queues=list(self.queues.rows),
            queue_waits=list(self.queue_waits.rows),
            failed=list(self.failed.rows),
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
        """What is wrong, what to do, what was done to the cluster, what is fine, what is open."""
        problems = problems_of(self)
        said = f"{self.cluster} ({self._kind()}), {iso(self.since)} to {iso(self.now)}"
        lines = [f"Redshift {said}:{'' if problems else self._verdict()}"]
        lines += [line for problem in problems for line in problem.lines]
        steps = [problem.step for problem in problems if problem.step]
        lines += [f"next: {step}" for step in steps[:MOST_STEPS]]
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

    def _kind(self) -> str:
        if self.state is None:
            return "state unknown"
        if self.state.is_serverless:
            return f"Serverless, {self.state.status}, base {self.state.base_rpu} RPU"
        nodes = f"{self.state.nodes} x {self.state.node_type}" if self.state.nodes else ""
        return ", ".join(part for part in (self.state.status, nodes) if part)

    def _fine(self) -> str:
        """Numbers that a reader wants to see also when nothing is wrong."""
        said = []
        if self.running is not UNREAD:
            queued = sum(run.status == "queued" for run in self.running.rows)
            said.append(f"{count(len(self.running.rows) - queued, 'query')} running")
            said += [f"{queued} queued"] if queued else []
        if self.disk and self.disk.percent >= 0:
            said.append(f"disk {self.disk.percent:.0f} % used")
        if self.capacity and self.capacity.peak_rpu:
            said.append(f"at most {self.capacity.peak_rpu:.0f} RPU")
        if self.locks and not self.locks.waiters and not self.locks.gaps:
            said.append("nobody waits for a lock")
        return f"now: {', '.join(said)}" if said else ""
