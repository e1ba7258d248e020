"""Dag runs, task instances and their tries."""

from collections.abc import Iterable

from sandbox.airflow.asking import Ask, RestError, Row
from sandbox.airflow.completing import instance_key
from sandbox.airflow.dags import find_dag
from sandbox.airflow.listing import answer_list, shaped
from sandbox.airflow.listings import LISTINGS
from sandbox.airflow.reading import Rows

ALL = "~"


def list_runs(rows: Rows, ask: Ask) -> Row:
    """Runs of one dag, or of all (`~`)."""
    _check_dag(rows, ask)
    runs = [run for run in rows.of("dag_runs") if _is(ask, "dag_id", run)]
    return answer_list(ask, LISTINGS[ask.api]["dag_runs"], runs)


def _check_dag(rows: Rows, ask: Ask) -> None:
    # Version 1 answers an unknown dag's lists with nothing, version 2 with 404.
    if ask.api == 2 and ask.ids["dag_id"] != ALL:
        find_dag(rows, ask)


def _is(ask: Ask, name: str, row: Row) -> bool:
    return ask.ids[name] in {ALL, row.get(name)}


def find_run(rows: Rows, ask: Ask) -> Row:
    """The path's run. Raises RestError 404."""
    dag_id, run_id = ask.ids["dag_id"], ask.ids["dag_run_id"]
    for run in rows.of("dag_runs"):
        if run.get("dag_id") == dag_id and run.get("dag_run_id") == run_id:
            return run
    if ask.api == 1:
        raise RestError(
            404, "DAGRun not found",
            f"DAGRun with DAG ID: '{dag_id}' and DagRun ID: '{run_id}' not found",
        )  # fmt: skip
    raise RestError(
        404, "Not Found",
        f"The DagRun with dag_id: `{dag_id}` and run_id: `{run_id}` was not found",
    )  # fmt: skip


def get_run(rows: Rows, ask: Ask) -> Row:
    """GET /dags/{dag_id}/dagRuns/{dag_run_id}."""
    return shaped(ask.api, "dag_run", find_run(rows, ask))


def list_instances(rows: Rows, ask: Ask) -> Row:
    """Instances of a run; `~` stands for every dag or every run."""
    _check_dag(rows, ask)
    found = [
        row
        for row in rows.of("task_instances")
        if _is(ask, "dag_id", row) and _is(ask, "dag_run_id", row)
    ]
    if ask.api == 2 and not found and ask.ids["dag_run_id"] != ALL:
        find_run(rows, ask)
    return answer_list(ask, LISTINGS[ask.api]["task_instances"], _in_group(rows, ask, found))


def _in_group(rows: Rows, ask: Ask, found: list[Row]) -> list[Row]:
    group = ask.one("task_group_id") if ask.api == 2 else ""
    return [row for row in found if not group or str(row["task_id"]).startswith(group + ".")]


def _of_task(rows: Iterable[Row], ask: Ask) -> list[Row]:
    names = ("dag_id", "dag_run_id", "task_id")
    return [row for row in rows if all(row.get(name) == ask.ids[name] for name in names)]


def find_instance(rows: Rows, ask: Ask) -> Row:
    """The instance of the path (`map_index` -1 unless it says). Raises RestError 404."""
    index = int(ask.ids.get("map_index", -1))
    same_task = _of_task(rows.of("task_instances"), ask)
    for row in same_task:
        if row["map_index"] == index:
            return row
    if index == -1 and same_task:
        raise RestError(
            404, "Task instance is mapped, add the map_index value to the URL",
            "Task instance is mapped, add the map_index value to the URL",
        )  # fmt: skip
    raise _no_instance(ask, index)


def _no_instance(ask: Ask, index: int) -> RestError:
    if ask.api == 1:
        return RestError(404, "Task instance not found")
    said = {name: ask.ids[name] for name in ("dag_id", "dag_run_id", "task_id")}
    mapped = f" and map_index: `{index}`" if index >= 0 else ""
    return RestError(
        404,
        "Not Found",
        f"The Task Instance with dag_id: `{said['dag_id']}`, run_id: `{said['dag_run_id']}` and "
        f"task_id: `{said['task_id']}`{mapped} was not found",
    )


def get_instance(rows: Rows, ask: Ask) -> Row:
    """GET .../taskInstances/{task_id}[/{map_index}]."""
    return shaped(ask.api, "task_instance", find_instance(rows, ask))


def list_mapped(rows: Rows, ask: Ask) -> Row:
    """GET .../taskInstances/{task_id}/listMapped."""
    mapped = [r for r in _of_task(rows.of("task_instances"), ask) if r["map_index"] >= 0]
    if not mapped:
        raise _no_instance(ask, -1)
    return answer_list(ask, LISTINGS[ask.api]["mapped"], mapped)


def tries_of(rows: Rows, ask: Ask) -> list[Row]:
    """Each try, oldest first: the story's rows and the instance itself as the last one.

    As in Airflow, an instance that waits for its next try is not a try of its own.
    """
    instance = find_instance(rows, ask)
    told = [row for row in rows.of("tries") if instance_key(row) == instance_key(instance)]
    numbers = {row["try_number"] for row in told}
    is_try = instance["try_number"] and instance.get("state") != "up_for_retry"
    if instance["try_number"] not in numbers and (is_try or not told):
        told = [*told, instance]
    return sorted(told, key=lambda row: int(row["try_number"]))


def list_tries(rows: Rows, ask: Ask) -> Row:
    """GET .../taskInstances/{task_id}[/{map_index}]/tries."""
    return answer_list(ask, LISTINGS[ask.api]["tries"], tries_of(rows, ask))


def get_try(rows: Rows, ask: Ask) -> Row:
    """GET .../tries/{try_number}."""
    number = ask.ids["try_number"]
    for row in tries_of(rows, ask):
        if str(row["try_number"]) == number:
            return shaped(ask.api, "task_try", row)
    raise _no_instance(ask, int(ask.ids.get("map_index", -1)))
