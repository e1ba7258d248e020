"""How a dag is told: its schedule, its last runs, what is wrong with its file, a task's source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.diagnostics.cut import head
from mcp_server.domain.airflow import Dag, DagRun, DagVersion, Environment, ImportFailure, Task
from mcp_server.links import dag_url
from mcp_server.near import said_near
from mcp_server.reading.runs import last_line
from mcp_server.reading.source import Passage
from mcp_server.reading.waiting import Held
from mcp_server.telling.run_tasks import operator_name
from mcp_server.text import clipped, count, table
from mcp_server.times import iso, span

MOST_TASKS, MOST_VERSIONS, MOST_ASSETS = 40, 4, 6
OVERDUE = timedelta(minutes=10)
LETTERS = {"success": ".", "failed": "F", "running": "r", "queued": "q"}


class TaskDefinition(BaseModel):
    """A task as the dag defines it."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    operator: str = ""
    downstream: list[str] = Field(default_factory=list)
    trigger_rule: str = ""
    retries: int = 0
    pool: str = ""
    is_mapped: bool = False
    execution_timeout_s: float = 0


class PastRun(BaseModel):
    """A run in one line."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    state: str
    began: str = ""
    ended: str = ""


class SourcePassage(BaseModel):
    """Lines of the dag's file."""

    model_config = ConfigDict(frozen=True)

    first_line: int
    text: str


class DagAnswer(BaseModel):
    """A dag. Times: ISO 8601 UTC."""

    environment: str
    dag_id: str
    schedule: str = ""
    is_paused: bool = False
    owners: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    description: str = ""
    fileloc: str = ""
    last_parsed: str = ""
    next_run_after: str = ""
    assets: list[str] = Field(default_factory=list, description="Assets (datasets) that start it.")
    held_by: str = Field(default="", description="Why its queued run does not start.")
    runs: list[PastRun] = Field(default_factory=list, description="Newest first.")
    tasks: list[TaskDefinition] = Field(default_factory=list)
    import_error: str = Field(default="", description="Last line of the traceback.")
    import_error_at: str = ""
    versions: list[str] = Field(default_factory=list, description="Newest first, with times.")
    source: list[SourcePassage] = Field(default_factory=list, description="Around task_id.")
    not_checked: list[str] = Field(default_factory=list)
    url: str = ""


@dataclass(frozen=True)
class DagFacts:
    """What was read of a dag."""

    environment: Environment
    dag: Dag
    runs: Sequence[DagRun] = ()
    tasks: Sequence[Task] = ()
    failure: ImportFailure | None = None
    versions: Sequence[DagVersion] = ()
    task_id: str = ""
    passages: Sequence[Passage] = ()
    assets: Sequence[str] = ()
    now: datetime | None = None
    not_checked: Sequence[str] = ()

    def data(self) -> DagAnswer:
        """The facts."""
        dag, failure = self.dag, self.failure
        return DagAnswer(
            environment=self.environment.name,
            dag_id=dag.dag_id,
            schedule=dag.schedule,
            is_paused=dag.is_paused,
            owners=list(dag.owners),
            tags=list(dag.tags),
            description=clipped(dag.description, 300),
            fileloc=dag.fileloc,
            last_parsed=iso(dag.last_parsed),
            next_run_after=iso(dag.next_run_after),
            assets=list(self.assets),
            held_by=self._held_by(),
            runs=[_run(one) for one in self.runs],
            tasks=[_task(one) for one in self.tasks[:MOST_TASKS]],
            import_error=last_line(failure.stack_trace) if failure else "",
            import_error_at=iso(failure.timestamp) if failure else "",
            versions=[_version(one) for one in self.versions[:MOST_VERSIONS]],
            source=[
                SourcePassage(first_line=one.start, text="\n".join(one.lines))
                for one in self.passages
            ],
            not_checked=list(self.not_checked),
            url=dag_url(self.environment, dag.dag_id),
        )

    def text(self) -> str:
        """The same, to read."""
        held = self._held_by()
        lines = [self._head(), self._about(), self._started_by(), *self._broken()]
        lines += [self._line_of_runs(), f"held: {held}" if held else ""]
        lines += self._versions()
        lines += self._tasks()
        lines += self._source()
        lines += [f"not checked: {clipped(what, 300)}" for what in self.not_checked]
        return "\n".join(line for line in lines if line)

    def _head(self) -> str:
        dag = self.dag
        paused = " PAUSED," if dag.is_paused else ""
        after = f", next run {iso(dag.next_run_after)}" if dag.next_run_after else ""
        after += self._overdue()
        url = dag_url(self.environment, dag.dag_id)
        schedule = dag.schedule or "no schedule"
        return (
            f"{dag.dag_id}:{paused} {schedule}{after}, in {self.environment.name}  {url}".rstrip()
        )

    def _overdue(self) -> str:
        due = self.dag.next_run_after
        if due is None or self.now is None or self.dag.is_paused or self.now - due < OVERDUE:
            return ""
        return f" (overdue by {span((self.now - due).total_seconds())})"

    def _held_by(self) -> str:
        queued = next((run for run in self.runs if run.state == "queued"), None)
        active = [run for run in self.runs if run.state == "running"]
        return Held(queued, dag=self.dag, active=active).of_run if queued else ""

    def _started_by(self) -> str:
        if not self.assets:
            return ""
        left = len(self.assets) - MOST_ASSETS
        more = f" and {left} more" if left > 0 else ""
        return f"runs when these are updated: {', '.join(self.assets[:MOST_ASSETS])}{more}"

    def _about(self) -> str:
        dag = self.dag
        parts = [
            f"owner {', '.join(dag.owners)}" if dag.owners else "",
            f"tags {', '.join(dag.tags)}" if dag.tags else "",
            f"file {dag.fileloc}" if dag.fileloc else "",
            f"parsed {iso(dag.last_parsed)}" if dag.last_parsed else "",
            clipped(dag.description, 160),
        ]
        return "; ".join(part for part in parts if part)

    def _broken(self) -> list[str]:
        if self.failure is None:
            flagged = "Airflow flags import errors, but names none of this file."
            return [flagged] if self.dag.has_import_errors else []
        since = f" since {iso(self.failure.timestamp)}" if self.failure.timestamp else ""
        line = last_line(self.failure.stack_trace)
        return [
            f"[1] import error{since}: {self.failure.filename}: {clipped(line, 300)}",
            "    Airflow keeps running the last version that did parse, or none.",
        ]

    def _line_of_runs(self) -> str:
        if not self.runs:
            return "no runs yet"
        line = "".join(LETTERS.get(run.state, "?") for run in reversed(self.runs))
        legend = ". success, F failed, r running, q queued"
        last = self.runs[0]
        said = f"last {count(len(self.runs), 'run')}, oldest first: {line}  ({legend})"
        failed = next((run for run in self.runs if run.state == "failed"), None)
        newest = f"newest: {last.run_id} {last.state} {iso(last.end_date or last.start_date)}"
        if failed is None or failed is last:
            return f"{said}\n{newest}"
        return f"{said}\n{newest}; last failed: {failed.run_id} {iso(failed.end_date)}"

    def _versions(self) -> list[str]:
        if not self.versions:
            return []
        listed = ", ".join(_version(one) for one in self.versions[:MOST_VERSIONS])
        return [f"versions, newest first: {listed}"]

    def _tasks(self) -> list[str]:
        if not self.tasks or self.passages:
            return []
        rows = table(
            ("task", "operator", "then", "rule", "retries", "pool", "timeout"),
            [_row(one) for one in self.tasks[:MOST_TASKS]],
        )
        left = len(self.tasks) - MOST_TASKS
        return [*rows, f"({left} more of {count(len(self.tasks), 'task')})" if left > 0 else ""]

    def _source(self) -> list[str]:
        if not self.task_id:
            return []
        if not self.passages:
            near = said_near(self.task_id, [one.task_id for one in self.tasks], noun="tasks")
            return [f"source: {self.task_id} is not named in the file. {near}".rstrip()]
        lines = [f"source of {self.task_id}:"]
        for one in self.passages:
            lines += [f"{one.start + n}: {head(line, 180)}" for n, line in enumerate(one.lines)]
        return lines


def _run(one: DagRun) -> PastRun:
    return PastRun(
        run_id=one.run_id, state=one.state, began=iso(one.start_date), ended=iso(one.end_date)
    )


def _task(one: Task) -> TaskDefinition:
    return TaskDefinition(
        task_id=one.task_id,
        operator=operator_name(one.operator),
        downstream=list(one.downstream_task_ids),
        trigger_rule=one.trigger_rule,
        retries=one.retries,
        pool=one.pool,
        is_mapped=one.is_mapped,
        execution_timeout_s=one.execution_timeout_s or 0,
    )


def _row(one: Task) -> tuple[object, ...]:
    return (
        one.task_id + ("[]" if one.is_mapped else ""),
        operator_name(one.operator),
        ",".join(one.downstream_task_ids),
        "" if one.trigger_rule == "all_success" else one.trigger_rule,
        one.retries or "",
        "" if one.pool == "default_pool" else one.pool,
        span(one.execution_timeout_s),
    )


def _version(one: DagVersion) -> str:
    bundle = f" {one.bundle_version[:12]}" if one.bundle_version else ""
    return f"v{one.version_number} {iso(one.created_at)}{bundle}"
