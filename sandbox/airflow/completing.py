"""What a row of a story leaves out, filled in as Airflow would have it."""

import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.airflow.asking import Row, parsed

RUN_TYPES = (
    ("scheduled__", "scheduled"), ("backfill__", "backfill"), ("manual__", "manual"),
    ("dataset_triggered__", "dataset_triggered"), ("asset_triggered__", "asset_triggered"),
)  # fmt: skip
NEVER_RAN = frozenset({"upstream_failed", "skipped", "removed"})
_RUN_DATE = re.compile(r"__(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)")


def instance_key(row: Row) -> tuple[Any, ...]:
    """What tells one task instance from another."""
    return row.get("dag_id"), row.get("dag_run_id"), row.get("task_id"), _map_index(row)


def _map_index(row: Row) -> int:
    said = row.get("map_index")
    return -1 if said is None else int(said)


def fill(row: Row, **values: object) -> None:
    """Set what is missing or null."""
    for name, value in values.items():
        if row.get(name) is None:
            row[name] = value


def complete_dag(dag: Row, is_broken: bool) -> None:
    """A dag: active, unpaused, with a file, a token and both spellings of its schedule."""
    dag_id = str(dag.get("dag_id"))
    path = (
        dag.get("fileloc")
        or f"/usr/local/airflow/dags/{dag.get('relative_fileloc') or dag_id + '.py'}"
    )
    said = dag.get("owners") or []
    owners = said.split(",") if isinstance(said, str) else said
    stale = dag["is_stale"] if dag.get("is_stale") is not None else not dag.get("is_active", True)
    tags = [{"name": tag} if isinstance(tag, str) else tag for tag in dag.get("tags") or []]
    dag |= {"owners": owners, "is_stale": stale, "is_active": not stale, "fileloc": path}
    dag["tags"] = tags
    fill(
        dag,
        dag_display_name=dag_id,
        relative_fileloc=path.rpartition("/dags/")[2] or path,
        file_token=f"{uuid5(NAMESPACE_URL, path).hex}.sandbox",
        has_import_errors=is_broken,
        last_parsed=dag.get("last_parsed_time"),
        **_schedule(dag),
    )


def _schedule(dag: Row) -> Row:
    """Version 1's schedule_interval object and version 2's summary, from whichever is there."""
    interval = dag.get("schedule_interval", dag.get("schedule"))
    if isinstance(interval, str):
        dag["schedule_interval"] = {"__type": "CronExpression", "value": interval}
        return {"timetable_summary": interval}
    if isinstance(interval, dict):
        return {"timetable_summary": interval.get("value")}
    summary = dag.get("timetable_summary")
    return {
        "schedule_interval": {"__type": "CronExpression", "value": summary} if summary else None
    }


def moment_of_run(run: Row) -> float:
    """Epoch seconds that order runs as their database ids would."""
    for name in ("run_after", "queued_at", "start_date", "logical_date"):
        if run.get(name):
            moment = parsed(run[name])
            return moment.timestamp() if moment else 0.0
    return 0.0


def complete_run(run: Row, number: int) -> None:
    """A run: type and date from its id; `number` is its database id."""
    run_id = str(run.get("dag_run_id") or "")
    dated = _RUN_DATE.search(run_id)
    kind = next((kind for start, kind in RUN_TYPES if run_id.startswith(start)), "manual")
    fill(
        run,
        id=number,
        run_type=kind,
        external_trigger=(run.get("run_type") or kind) == "manual",
        run_after=run.get("data_interval_end") or run.get("queued_at") or run.get("logical_date")
        or run.get("start_date"),
        queued_at=run.get("start_date"),
        # Version 1 always has one; version 2 may leave it null on purpose.
        execution_date=(dated[1] if dated else None) or run.get("start_date"),
        duration=_seconds(run),
        dag_display_name=run.get("dag_id"),
        updated_at=run.get("end_date") or run.get("start_date"),
    )  # fmt: skip


def _seconds(row: Row) -> float | None:
    start, end = parsed(row.get("start_date")), parsed(row.get("end_date"))
    return (end - start).total_seconds() if start and end else None


def try_number(row: Row) -> int:
    """0 for a task that never started."""
    return int(row.get("try_number") or 0)


def complete_instance(row: Row, run: Row, task: Row, tries: int) -> None:
    """An instance or try: what its run and task say; `tries` counts it when it does not."""
    key = "/".join(str(part) for part in instance_key(row))
    row["map_index"] = _map_index(row)
    row["try_number"] = try_number(row) or None
    retries = int(task.get("retries") or 0)
    operator = task.get("operator_name") or task.get("operator")
    fill(
        row,
        id=str(uuid5(NAMESPACE_URL, key)),
        try_number=tries or (1 if row.get("start_date") and _ran(row) else 0),
        max_tries=retries,
        operator=operator,
        operator_name=row.get("operator") or operator,
        task_display_name=row.get("task_id"),
        dag_display_name=row.get("dag_id"),
        duration=_seconds(row),
        execution_date=run.get("execution_date"),
        logical_date=run.get("logical_date"),
        run_after=run.get("run_after"),
        updated_at=row.get("end_date") or row.get("start_date"),
        queued_when=row.get("queued_when") or row.get("start_date"),
        pool=task.get("pool"),
        queue=task.get("queue"),
    )


def _ran(row: Row) -> bool:
    """Airflow gives times also to tasks that it skipped or held back, and then counts no try."""
    return row.get("state") not in NEVER_RAN


def complete_task(task: Row, operator: object) -> None:
    """A task: its operator in both spellings, seconds as time deltas."""
    reference = task.get("class_ref") or {}
    name = task.get("operator_name") or reference.get("class_name") or operator
    fill(task, operator_name=name, task_display_name=task.get("task_id"))
    if name and not reference:
        task["class_ref"] = {"class_name": name, "module_path": "airflow.operators"}
    for field in ("execution_timeout", "retry_delay"):
        if isinstance(task.get(field), int | float):
            seconds = int(task[field])
            task[field] = {
                "__type": "TimeDelta", "days": seconds // 86400, "microseconds": 0,
                "seconds": seconds % 86400,
            }  # fmt: skip
