"""How an environment's state is told."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.reading.airflow_checks import Finding, Measured, capacity
from mcp_server.reading.airflow_state import State
from mcp_server.text import clipped, count
from mcp_server.times import iso

MOST_METRICS = 12


class FindingRow(BaseModel):
    """One thing that is wrong."""

    model_config = ConfigDict(frozen=True)

    id: int
    severity: str = Field(description="problem or watch")
    what: str
    meaning: str
    proof: str


class AirflowStateAnswer(BaseModel):
    """An environment's state. Times: ISO 8601 UTC."""

    environment: str
    status: str = ""
    airflow_version: str = ""
    environment_class: str = ""
    min_workers: int = 0
    max_workers: int = 0
    last_update_status: str = ""
    last_update_at: str = ""
    last_update_error: str = ""
    running_tasks: int = Field(default=0, description="0 too when it stands in not_checked.")
    queued_tasks: int = 0
    task_capacity: int = Field(default=0, description="0: not known.")
    findings: list[FindingRow] = Field(default_factory=list)
    not_checked: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToldState:
    """A state and the window its metrics were read in."""

    state: State
    since: datetime
    now: datetime

    def data(self) -> AirflowStateAnswer:
        """The facts."""
        state, where = self.state, self.state.environment
        return AirflowStateAnswer(
            environment=where.name,
            status=where.status,
            airflow_version=state.version,
            environment_class=where.environment_class,
            min_workers=where.min_workers,
            max_workers=where.max_workers,
            last_update_status=where.last_update_status,
            last_update_at=iso(where.last_update_at),
            last_update_error=where.last_update_error,
            running_tasks=state.running,
            queued_tasks=state.queued,
            task_capacity=capacity(where),
            findings=[_row(n, one) for n, one in enumerate(state.findings, 1)],
            not_checked=list(state.not_checked),
        )

    def text(self) -> str:
        """The same, to read."""
        findings = self.state.findings
        problems = sum(one.severity == "problem" for one in findings)
        verdict = f"{count(problems, 'problem')}, {len(findings) - problems} to watch"
        lines = [self._head(), self._load(), verdict if findings else self._nothing()]
        for number, one in enumerate(findings, 1):
            lines.append(f"[{number}] {one.severity}: {one.what} ({one.proof})")
            lines.append(f"    {one.meaning}")
        lines += self._metrics()
        lines += [f"not checked: {clipped(what, 300)}" for what in self.state.not_checked]
        return "\n".join(line for line in lines if line)

    def _head(self) -> str:
        where = self.state.environment
        update = f"last update {where.last_update_status} {iso(where.last_update_at)}"
        parts = [
            where.status or "status not known",
            f"Airflow {self.state.version}" if self.state.version else "",
            where.environment_class,
            f"{where.min_workers} to {where.max_workers} workers" if where.max_workers else "",
            update if where.last_update_status else "",
        ]
        return f"{where.name}: {', '.join(part for part in parts if part)}"

    def _nothing(self) -> str:
        partly = " in what could be read" if self.state.not_checked else ""
        return f"nothing wrong was found{partly}"

    def _load(self) -> str:
        state = self.state
        room = capacity(state.environment)
        of = f" of at most {room}" if room else ""
        if not state.is_counted:
            return "tasks: not known"
        beat = iso(state.health.scheduler_heartbeat)
        heart = f", scheduler heartbeat {beat}" if beat else ""
        pools = ", ".join(f"{p.name} {p.slots - p.open}/{p.slots}" for p in state.pools[:8])
        said = f"tasks: {state.running} running{of}, {state.queued} queued{heart}"
        return f"{said}; pools: {pools}" if pools else said

    def _metrics(self) -> list[str]:
        known = [one for one in self.state.measured if one.series.points][:MOST_METRICS]
        if not known:
            return []
        window = f"{iso(self.since)} to {iso(self.now)}"
        return [f"metrics, {window} (least, most, last):", *(_metric(one) for one in known)]


def _metric(one: Measured) -> str:
    values = [value for _, value in one.series.points]
    name = f"{one.check.name} {one.dimension}".strip()
    return f"{name}: {min(values):g}, {max(values):g}, {values[-1]:g}"


def _row(number: int, one: Finding) -> FindingRow:
    return FindingRow(
        id=number, severity=one.severity, what=one.what, meaning=one.meaning, proof=one.proof
    )
