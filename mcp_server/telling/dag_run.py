"""How one DagRun is told: what failed first, what follows from it, what was unusual."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from mcp_server.domain.airflow import DagRun, Environment, TaskInstance
from mcp_server.investigate.impact import Waiting
from mcp_server.links import run_url, task_url
from mcp_server.reading.calls import asking
from mcp_server.reading.durations import run_seconds
from mcp_server.reading.ended import why_ended
from mcp_server.reading.identity import states_line
from mcp_server.telling.run_tasks import RunTasks, TaskState, name_of, operator_name
from mcp_server.text import clipped, count
from mcp_server.times import iso, span


class DagRunAnswer(BaseModel):
    """One DagRun. Times: ISO 8601 UTC; durations in seconds, 0 when not known."""

    environment: str
    dag_id: str
    run_id: str
    state: str
    run_type: str = ""
    logical_date: str = ""
    began: str = ""
    ended: str = ""
    duration_s: float = 0
    usual_s: float = 0
    counts: dict[str, int] = Field(default_factory=dict, description="Task states.")
    first_failure: str = Field(default="", description="The task to look at, first in time.")
    tasks: list[TaskState] = Field(default_factory=list, description="Those worth a look.")
    blocked_tasks: list[str] = Field(default_factory=list)
    waiting_dags: list[str] = Field(default_factory=list)
    stale_assets: list[str] = Field(default_factory=list)
    ended_by: str = Field(default="", description="Why it failed where no task of it did.")
    held_by: str = Field(default="", description="Why an unfinished run does not go on.")
    not_checked: list[str] = Field(default_factory=list)
    url: str = ""


@dataclass(frozen=True)
class RunFacts:
    """What was read of a run; what could not be read stands in `not_checked`.

    `timeout_s` is the dag's dagrun_timeout where it was asked for.
    """

    environment: Environment
    run: DagRun
    tasks: RunTasks
    usual_run_s: float | None = None
    timeout_s: float | None = None
    waiting: Waiting = field(default_factory=Waiting)
    stale_assets: Sequence[str] = ()
    not_checked: Sequence[str] = ()

    @property
    def instances(self) -> Sequence[TaskInstance]:
        """All task instances of the run."""
        return self.tasks.instances

    def data(self) -> DagRunAnswer:
        """The facts."""
        run, first = self.run, self.tasks.first
        return DagRunAnswer(
            environment=self.environment.name,
            dag_id=run.dag_id,
            run_id=run.run_id,
            state=run.state,
            run_type=run.run_type,
            logical_date=iso(run.logical_date),
            began=iso(run.start_date),
            ended=iso(run.end_date),
            duration_s=run_seconds(run.start_date, run.end_date) or 0,
            usual_s=self.usual_run_s or 0,
            counts=counts_of(self.instances),
            first_failure=name_of(first) if first else "",
            tasks=self.tasks.rows(),
            blocked_tasks=list(self.waiting.tasks),
            waiting_dags=list(self.waiting.dags),
            stale_assets=list(self.stale_assets),
            ended_by=self._ended_by(),
            held_by=self._held_by(),
            not_checked=list(self.not_checked),
            url=run_url(self.environment, run.dag_id, run.run_id),
        )

    def text(self) -> str:
        """The same, to read."""
        lines = [self._head(), self._times(), self._counts(), *self._first_lines()]
        lines += self.tasks.lines()
        lines += self._consequences()
        lines += [f"not checked: {clipped(what, 300)}" for what in self.not_checked]
        lines += self._next()
        return "\n".join(line for line in lines if line)

    def _head(self) -> str:
        run = self.run
        kind = f" {run.run_type}" if run.run_type else ""
        url = run_url(self.environment, run.dag_id, run.run_id)
        return (
            f"{run.dag_id} {run.run_id}: {run.state},{kind} run in {self.environment.name}  {url}"
        )

    def _times(self) -> str:
        run = self.run
        took = run_seconds(run.start_date, run.end_date)
        parts = [
            f"logical date {iso(run.logical_date)}" if run.logical_date else "",
            f"queued {iso(run.queued_at)}" if run.queued_at and not run.start_date else "",
            f"began {iso(run.start_date)}" if run.start_date else "never began",
            f"ended {iso(run.end_date)} after {span(took)}" if run.end_date else self._goes_on(),
            f"usually {span(self.usual_run_s)}" if self.usual_run_s else "",
            f"by {run.triggered_by}" if run.triggered_by else "",
            f"note: {clipped(run.note, 120)}" if run.note else "",
        ]
        return ", ".join(part for part in parts if part)

    def _goes_on(self) -> str:
        so_far = run_seconds(self.run.start_date, self.tasks.now)
        return f"goes on for {span(so_far)}" if so_far else "goes on" if self.run.start_date else ""

    def _counts(self) -> str:
        return f"{count(len(self.instances), 'task')}: {states_line(self.instances)}"

    def _first_lines(self) -> list[str]:
        first = self.tasks.first
        held = self._held_by()
        lines = [f"held: {held}" if held else ""]
        if first is None:
            return [*lines, self._ended_by()]
        tries = f"try {first.try_number} of {max(first.max_tries + 1, first.try_number)}"
        when = iso(first.end_date) or "no end"
        operator = operator_name(first.operator)
        name = name_of(first) + (f" ({operator})" if operator else "")
        took = f" after {span(first.duration)}" if first.duration else ""
        note = self.tasks.note(first)
        said = f"[1] first failure: {name}, {first.state}, {tries}, {when}{took}"
        return [*lines, f"{said}{'; ' + note if note else ''}"]

    def _ended_by(self) -> str:
        if self.run.state != "failed" or self.tasks.first is not None:
            return ""
        return why_ended(self.run, self.instances, self.timeout_s)

    def _held_by(self) -> str:
        return self.tasks.held.of_run if self.tasks.held else ""

    def _consequences(self) -> list[str]:
        lines = []
        if self.waiting.tasks:
            lines.append(f"blocked in this run: {_some(self.waiting.tasks)}")
        if self.waiting.dags:
            lines.append(f"dags that wait for it: {_some(self.waiting.dags)}")
        if self.stale_assets:
            lines.append(f"not updated by it: {_some(self.stale_assets)}")
        return lines

    def _next(self) -> list[str]:
        first = self.tasks.first
        if first is None or first.state == "success":
            return []
        url = task_url(
            self.environment,
            first.dag_id,
            first.run_id,
            first.task_id,
            first.map_index,
            first.try_number,
        )
        why = asking(
            "diagnose_failure",
            dag_id=first.dag_id,
            run_id=first.run_id,
            task_id=first.task_id,
            map_index=first.map_index,
        )
        return [f"[1] {url}" if url else "", f"why: {why}"]


def counts_of(instances: Sequence[TaskInstance]) -> dict[str, int]:
    """How many tasks are in each state; "none" for those without one."""
    found: dict[str, int] = {}
    for one in instances:
        found[one.state or "none"] = found.get(one.state or "none", 0) + 1
    return found


def _some(names: Sequence[str], most: int = 12) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
