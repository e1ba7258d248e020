"""Tasks and tries as people name them; environments and runs come from the neighbours."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mcp_server.backends import Airflow
from mcp_server.domain.airflow import UNFINISHED_STATES, DagRun, Task, TaskInstance
from mcp_server.errors import BadRequest, NotFound
from mcp_server.near import said_near
from mcp_server.reading.calls import asking
from mcp_server.reading.ended import left_undone
from mcp_server.reading.environments import find_environment
from mcp_server.reading.runs import find_run

__all__ = ["find_environment", "find_root", "find_run", "find_task", "find_try", "first_failure"]

MOST_TASKS = 2_000
BROKEN = ("failed", "up_for_retry", "upstream_failed")
_NEVER = datetime.max.replace(tzinfo=UTC)


async def find_task(
    airflow: Airflow, run: DagRun, task: str = "", map_index: int = -1
) -> TaskInstance:
    """Return the instance of a task id or of a task group's short id, where that is unique.

    For "" it is the run's first failure in order of time; without a map index it is the
    first failed instance of a mapped task.
    """
    everything = await airflow.task_instances(run.dag_id, run.run_id, limit=MOST_TASKS)
    return task_among(everything, run, task, map_index)


def task_among(
    everything: Sequence[TaskInstance], run: DagRun, task: str = "", map_index: int = -1
) -> TaskInstance:
    """`find_task` among a run's instances that are already known."""
    if not task:
        return _first_failure(everything, run)
    mine = _named(task, everything, run)
    if map_index < 0:
        return first_failure(mine) or min(mine, key=lambda one: one.map_index)
    for one in mine:
        if one.map_index == map_index:
            return one
    raise NotFound(_no_index(mine, map_index))


async def find_try(airflow: Airflow, instance: TaskInstance, try_number: int = 0) -> TaskInstance:
    """Return the instance as it was at a try, 0: the last; NotFound names the tries there are."""
    if try_number in (0, instance.try_number):
        return instance
    tries = await airflow.tries(
        instance.dag_id, instance.run_id, instance.task_id, instance.map_index
    )
    for one in tries:
        if one.try_number == try_number:
            return one
    if len(tries) <= 1 and try_number < instance.try_number:
        # Airflow before 2.10 keeps no tries; the logs may.
        return replace(instance, try_number=try_number, state="", start_date=None, end_date=None)
    known = ", ".join(str(n) for n in sorted({one.try_number for one in tries}))
    raise NotFound(
        f"{instance.task_id} has no try {try_number} in {instance.run_id}."
        f" Tries: {known or 'none'}."
    )


async def find_root(airflow: Airflow, run: DagRun, instance: TaskInstance) -> TaskInstance:
    """Return the task whose failure made `instance` upstream_failed, or it when none is seen."""
    if instance.state != "upstream_failed":
        return instance
    tasks = await airflow.tasks(run.dag_id)
    failed = await airflow.task_instances(
        run.dag_id, run.run_id, states=("failed",), limit=MOST_TASKS
    )
    return root_among(tasks, failed, instance) or instance


def root_among(
    tasks: Sequence[Task], failed: Iterable[TaskInstance], one: TaskInstance
) -> TaskInstance | None:
    """The first failed task upstream of one; in a mapped task group that of its own index."""
    above = ancestors(tasks, one.task_id)
    mine = [other for other in failed if other.task_id in above and other.state == "failed"]
    same = [other for other in mine if other.map_index == one.map_index >= 0]
    return first_failure(same) or first_failure(mine)


def ancestors(tasks: Sequence[Task], task_id: str) -> set[str]:
    """All tasks upstream of one."""
    above: dict[str, set[str]] = {}
    for task in tasks:
        for below in task.downstream_task_ids:
            above.setdefault(below, set()).add(task.task_id)
    return _reach(above, task_id)


def descendants(tasks: Sequence[Task], task_id: str) -> set[str]:
    """All tasks downstream of one."""
    return _reach({t.task_id: set(t.downstream_task_ids) for t in tasks}, task_id)


def _reach(edges: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        new = edges.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def first_failure(instances: Iterable[TaskInstance]) -> TaskInstance | None:
    """The failure to explain: of its own before of a neighbour's making, then the earliest.

    A task that runs or waits in a later try, or succeeded in one, has failed before.
    """
    ranked = [(_rank(one), one.end_date or _NEVER, one.map_index, one) for one in instances]
    failed = [entry for entry in ranked if entry[0] < len(_RANKS)]
    return min(failed, key=lambda entry: entry[:3])[3] if failed else None


_RANKS = ("failed", "retrying", "upstream_failed", "recovered")


def _rank(one: TaskInstance) -> int:
    if one.state in ("failed", "up_for_retry"):
        return 0
    if one.state in UNFINISHED_STATES and one.try_number > 1:
        return 1
    if one.state == "upstream_failed":
        return 2
    return 3 if one.state == "success" and one.try_number > 1 else len(_RANKS)


def _first_failure(everything: Sequence[TaskInstance], run: DagRun) -> TaskInstance:
    found = first_failure(everything)
    if found is None:
        raise NotFound(_nothing_failed(run, everything))
    return found


def states_line(instances: Sequence[TaskInstance]) -> str:
    """Say `3 success, 1 failed`, most first."""
    counts: dict[str, int] = {}
    for one in instances:
        counts[one.state or "no state"] = counts.get(one.state or "no state", 0) + 1
    return ", ".join(f"{n} {s}" for s, n in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])))


def _nothing_failed(run: DagRun, everything: Sequence[TaskInstance]) -> str:
    said = f"No task of {run.dag_id} {run.run_id} ({run.state}) failed: {states_line(everything)}."
    if run.state != "failed":
        return f"{said} task_id= opens the log of one."
    undone = left_undone(everything, run)
    begun = {one.task_id for one in everything if one.start_date}
    cut = next((task_id for task_id in undone if task_id in begun), "")
    asked = asking("get_task_log", dag_id=run.dag_id, run_id=run.run_id, task_id=cut)
    log = f" What {cut} was at then: {asked}" if cut else ""
    return (
        f"{said} A run that fails so ran into its dagrun_timeout or was marked failed by hand"
        f" (get_dag_run tells).{log}"
    )


def _named(task: str, everything: Sequence[TaskInstance], run: DagRun) -> list[TaskInstance]:
    ids = list(dict.fromkeys(one.task_id for one in everything))
    chosen = task if task in ids else _short(task, ids, run)
    return [one for one in everything if one.task_id == chosen]


def _short(task: str, ids: Sequence[str], run: DagRun) -> str:
    found = [one for one in ids if one.endswith(f".{task}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadRequest(f"{task!r} is in several task groups: {', '.join(found[:10])}.")
    raise NotFound(
        f"No task {task!r} in {run.dag_id} {run.run_id}. {said_near(task, ids, noun='tasks')}"
    )


def _no_index(mine: Sequence[TaskInstance], map_index: int) -> str:
    name = mine[0].task_id
    known = sorted(one.map_index for one in mine)
    if known == [-1]:
        return f"{name} is not mapped; leave map_index out."
    failed = [str(one.map_index) for one in mine if one.state in BROKEN][:20]
    told = f" Failed: {', '.join(failed)}." if failed else ""
    return f"{name} has no map_index {map_index}; it has {known[0]} to {known[-1]}.{told}"
