"""What keeps a run or its tasks from going on, as far as Airflow shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from mcp_server.backends import Airflow
from mcp_server.domain.airflow import Dag, DagRun, Pool, Task, TaskInstance
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.times import iso

UNFINISHED_RUN = frozenset({"queued", "running"})
DONE = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
RUNS, MOST_NAMES = 20, 4


@dataclass(frozen=True)
class Held:
    """What was found to hold a run; its parts are empty where Airflow told none."""

    run: DagRun
    tasks: Sequence[Task] = ()
    instances: Sequence[TaskInstance] = ()
    dag: Dag | None = None
    active: Sequence[DagRun] = ()
    pools: Sequence[Pool] = field(default=())

    @property
    def is_open(self) -> bool:
        """True while the run is not over."""
        return self.run.state in UNFINISHED_RUN

    @property
    def of_run(self) -> str:
        """Why the run itself does not go on, "" when nothing holds it."""
        if not self.is_open or self.dag is None:
            return ""
        if self.dag.is_paused:
            return f"{self.dag.dag_id} is paused: nothing more of it is started"
        limit = self.dag.max_active_runs
        if self.run.state == "queued" and limit and len(self.active) >= limit:
            return f"max_active_runs={limit} is reached: {_longest(self.active)}"
        return ""

    def of_task(self, one: TaskInstance) -> str:
        """What a task waits for, "" when that is not known or it waits for nothing."""
        if one.state == "up_for_retry":
            return self._retry(one)
        if one.state == "deferred":
            return "deferred: waits for its trigger"
        if one.state == "queued":
            since = f" since {iso(one.queued_when)}" if one.queued_when else ""
            return f"waits for a worker{since}"
        if one.state == "scheduled":
            return self.of_run or self._pool(one)
        if one.state in ("", "none"):
            return self._upstream(one) or self.of_run or self._queued_run()
        return ""

    def _retry(self, one: TaskInstance) -> str:
        task = next((t for t in self.tasks if t.task_id == one.task_id), None)
        if task is None or not task.retry_delay_s or one.end_date is None:
            return "waits for its retry"
        at = one.end_date + timedelta(seconds=task.retry_delay_s)
        return f"next try {'not before' if task.grows_delay else 'at'} {iso(at)}"

    def _pool(self, one: TaskInstance) -> str:
        pool = next((p for p in self.pools if p.name == one.pool), None)
        if pool is None:
            return ""
        if pool.slots >= 0 and pool.open <= 0:
            return (
                f"waits for a slot of pool {pool.name}, {pool.slots - pool.open}/{pool.slots} taken"
            )
        return ""

    def _upstream(self, one: TaskInstance) -> str:
        above = {t.task_id for t in self.tasks if one.task_id in t.downstream_task_ids}
        states: dict[str, str] = {}
        for other in self.instances:
            if other.task_id in above and other.state not in DONE:
                states[other.task_id] = other.state or "not started"
        said = [f"{name} ({state})" for name, state in states.items()]
        rest = f" and {len(said) - MOST_NAMES} more" if len(said) > MOST_NAMES else ""
        return f"waits for {', '.join(said[:MOST_NAMES])}{rest}" if said else ""

    def _queued_run(self) -> str:
        return "its run is queued" if self.run.state == "queued" else ""


def _longest(active: Sequence[DagRun]) -> str:
    first = min(active, key=lambda one: iso(one.start_date) or "9")
    since = f" since {iso(first.start_date)}" if first.start_date else ""
    rest = f" and {len(active) - 1} more" if len(active) > 1 else ""
    return f"{first.run_id} runs{since}{rest}"


async def look(
    airflow: Airflow,
    run: DagRun,
    instances: Sequence[TaskInstance],
    tasks: Sequence[Task] | None = None,
) -> Held:
    """Ask what may hold an unfinished run; what is refused is left empty.

    `tasks` spares a question where they are known.
    """
    if run.state not in UNFINISHED_RUN:
        return Held(run, tasks or (), instances)
    dag: Wanted[Dag | None] = Wanted("dag", lambda: airflow.dag(run.dag_id), None)
    graph: Wanted[Sequence[Task]] = Wanted("tasks", lambda: airflow.tasks(run.dag_id), ())
    active: Wanted[Sequence[DagRun]] = Wanted(
        "active runs", lambda: airflow.dag_runs(run.dag_id, state="running", limit=RUNS), ()
    )
    pools: Wanted[Sequence[Pool]] = Wanted("pools", airflow.pools, ())
    asked: list[
        Wanted[Dag | None]
        | Wanted[Sequence[Task]]
        | Wanted[Sequence[DagRun]]
        | Wanted[Sequence[Pool]]
    ]
    asked = [dag]
    asked += [graph] if tasks is None else []
    asked += [active] if run.state == "queued" else []
    asked += [pools] if any(one.state == "scheduled" for one in instances) else []
    await ask_all(*asked)
    known = graph.value if tasks is None else tasks
    return Held(run, known, instances, dag.value, active.value, pools.value)
