"""How one DagRun is told: what failed first, what follows from it, what was unusual."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.domain.airflow import DagRun, Environment, Task, TaskInstance
from mcp_server.investigate.impact import Waiting
from mcp_server.links import run_url, task_url
from mcp_server.reading.durations import Usual, run_seconds, timed_out
from mcp_server.reading.identity import ancestors, first_failure, states_line
from mcp_server.text import clipped, count, table
from mcp_server.times import iso, span

MOST_ROWS = 25
QUIET = frozenset({"success", "skipped", "removed"})


class TaskState(BaseModel):
    """One task instance of the run. Durations in seconds, 0 when not known."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    map_index: int = -1
    state: str = ""
    try_number: int = 0
    max_tries: int = Field(default=0, description="Tries in all, the first included.")
    operator: str = ""
    began: str = ""
    ended: str = ""
    duration_s: float = 0
    usual_s: float = 0
    note: str = ""


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
    not_checked: list[str] = Field(default_factory=list)
    url: str = ""


@dataclass(frozen=True)
class RunFacts:
    """What was read of a run; what could not be read stands in `not_checked`."""

    environment: Environment
    run: DagRun
    instances: Sequence[TaskInstance]
    tasks: Sequence[Task] = ()
    usual: dict[tuple[str, int], Usual] = field(default_factory=dict)
    usual_run_s: float | None = None
    waiting: Waiting = field(default_factory=Waiting)
    stale_assets: Sequence[str] = ()
    not_checked: Sequence[str] = ()

    @property
    def first(self) -> TaskInstance | None:
        """The failure to explain; None when nothing failed."""
        return first_failure(self.instances)

    def data(self) -> DagRunAnswer:
        """The facts."""
        run, first = self.run, self.first
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
            tasks=[self._row(one) for one in self._worth_a_look()[:MOST_ROWS]],
            blocked_tasks=list(self.waiting.tasks),
            waiting_dags=list(self.waiting.dags),
            stale_assets=list(self.stale_assets),
            not_checked=list(self.not_checked),
            url=run_url(self.environment, run.dag_id, run.run_id),
        )

    def text(self) -> str:
        """The same, to read."""
        lines = [self._head(), self._times(), self._counts(), *self._first_lines()]
        lines += self._table()
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
            f"ended {iso(run.end_date)} after {span(took)}" if run.end_date else "goes on",
            f"usually {span(self.usual_run_s)}" if self.usual_run_s else "",
            f"by {run.triggered_by}" if run.triggered_by else "",
            f"note: {clipped(run.note, 120)}" if run.note else "",
        ]
        return ", ".join(part for part in parts if part)

    def _counts(self) -> str:
        return f"{count(len(self.instances), 'task')}: {states_line(self.instances)}"

    def _first_lines(self) -> list[str]:
        first = self.first
        if first is None:
            stopped = self.run.state == "failed"
            return ["no task failed: a dagrun_timeout, or marked failed by hand"] if stopped else []
        tries = f"try {first.try_number} of {max(first.max_tries + 1, first.try_number)}"
        when = iso(first.end_date) or "no end"
        name = f"{name_of(first)} ({operator_name(first.operator)})"
        said = f"[1] first failure: {name}, {first.state}, {tries}"
        took = f" after {span(first.duration)}" if first.duration else ""
        note = self._note(first)
        return [f"{said}, {when}{took}{'; ' + note if note else ''}"]

    def _table(self) -> list[str]:
        rows = self._worth_a_look()
        shown = [self._row(one) for one in rows[:MOST_ROWS]]
        lines = table(
            ("task", "state", "try", "began", "took", "usual", "note"),
            [
                (
                    row.task_id + (f"[{row.map_index}]" if row.map_index >= 0 else ""),
                    row.state or "none",
                    "" if row.state == "upstream_failed" else row.try_number or "",
                    row.began,
                    span(row.duration_s or None),
                    span(row.usual_s or None),
                    row.note,
                )
                for row in shown
            ],
        )
        if len(rows) > MOST_ROWS:
            lines.append(f"({len(rows) - MOST_ROWS} more of these)")
        rest = len(self.instances) - len(rows)
        return [*lines, f"({rest} more, as usual)" if rest and rows else ""]

    def _worth_a_look(self) -> list[TaskInstance]:
        """Failures in order of time, then what waits or runs, then what was slow."""
        found = [one for one in self.instances if one.state not in QUIET or self._note(one)]
        return sorted(found, key=_order)

    def _row(self, one: TaskInstance) -> TaskState:
        usual = self.usual.get((one.task_id, one.map_index), Usual()).seconds
        return TaskState(
            task_id=one.task_id,
            map_index=one.map_index,
            state=one.state,
            try_number=one.try_number,
            max_tries=one.max_tries + 1,
            operator=operator_name(one.operator),
            began=iso(one.start_date),
            ended=iso(one.end_date),
            duration_s=one.duration or 0,
            usual_s=usual or 0,
            note=self._note(one),
        )

    def _note(self, one: TaskInstance) -> str:
        if one.state == "upstream_failed":
            root = self._root(one)
            return f"waits for {root}" if root else ""
        limit = next((t.execution_timeout_s for t in self.tasks if t.task_id == one.task_id), None)
        if timed_out(one, limit):
            return f"ran into its execution_timeout of {span(limit)}"
        usual = self.usual.get((one.task_id, one.map_index), Usual())
        slow = usual.unusual(one.duration)
        again = one.state == "success" and one.try_number > 1
        notes = [slow, f"only by try {one.try_number}" if again else "", clipped(one.note, 80)]
        return "; ".join(note for note in notes if note)

    def _root(self, one: TaskInstance) -> str:
        above = ancestors(self.tasks, one.task_id)
        failed = [x for x in self.instances if x.task_id in above and x.state == "failed"]
        root = first_failure(failed)
        return name_of(root) if root else ""

    def _consequences(self) -> list[str]:
        lines = []
        if self.waiting.tasks:
            lines.append(f"blocked in this run: {_some(self.waiting.tasks)}")
        if self.waiting.dags:
            stale = f" (stale: {_some(self.stale_assets)})" if self.stale_assets else ""
            lines.append(f"dags that wait for it: {_some(self.waiting.dags)}{stale}")
        return lines

    def _next(self) -> list[str]:
        first = self.first
        if first is None or first.state == "success":
            return []
        index = f" map_index={first.map_index}" if first.map_index >= 0 else ""
        asked = f"dag_id={first.dag_id} run_id={first.run_id} task_id={first.task_id}{index}"
        url = task_url(
            self.environment,
            first.dag_id,
            first.run_id,
            first.task_id,
            first.map_index,
            first.try_number,
        )
        return [f"[1] {url}" if url else "", f"why: diagnose_failure {asked}"]


def counts_of(instances: Sequence[TaskInstance]) -> dict[str, int]:
    """How many tasks are in each state; "none" for those without one."""
    found: dict[str, int] = {}
    for one in instances:
        found[one.state or "none"] = found.get(one.state or "none", 0) + 1
    return found


def operator_name(operator: str) -> str:
    """The operator as a dag's author knows it: `@task` for what decorators make."""
    return "@task" if operator.endswith("DecoratedOperator") else operator


def name_of(one: TaskInstance) -> str:
    """`load` or `load[3]`."""
    return f"{one.task_id}[{one.map_index}]" if one.map_index >= 0 else one.task_id


_STATES = ("failed", "up_for_retry", "upstream_failed", "running", "deferred", "queued")


def _order(one: TaskInstance) -> tuple[int, str]:
    rank = _STATES.index(one.state) if one.state in _STATES else len(_STATES)
    return rank, iso(one.end_date or one.start_date) or "9"


def _some(names: Sequence[str], most: int = 12) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
