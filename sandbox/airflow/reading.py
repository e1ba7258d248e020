"""`airflow.json` read generously: either version's spelling, what is left out filled in."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.airflow.asking import Row, parsed

# The lists' names as authors write them.
LISTS: dict[str, tuple[str, ...]] = {
    "dags": ("dags",),
    "tasks": ("tasks",),
    "dag_runs": ("dag_runs", "runs", "dagRuns"),
    "task_instances": ("task_instances", "taskInstances"),
    "tries": ("tries",),
    "import_errors": ("import_errors", "importErrors"),
    "sources": ("sources", "dag_sources", "dagSources"),
    "event_logs": ("event_logs", "eventLogs"),
    "pools": ("pools",),
    "assets": ("assets", "datasets"),
    "asset_events": ("asset_events", "dataset_events"),
    "queued_events": ("queued_events", "asset_queued_events", "dataset_queued_events"),
    "dag_versions": ("dag_versions", "dagVersions"),
    "dag_warnings": ("dag_warnings", "dagWarnings"),
}
# Two spellings of one thing: whichever stands in the row fills the other.
SAME = (
    ("dag_run_id", "run_id"), ("logical_date", "execution_date"), ("timestamp", "when"),
    ("scheduled_dags", "consuming_dags"), ("asset_id", "dataset_id"), ("uri", "dataset_uri"),
    ("next_dagrun_run_after", "next_dagrun_create_after"),
    ("next_dagrun_logical_date", "next_dagrun"), ("asset_expression", "dataset_expression"),
    ("operator", "operator_name"), ("content", "source"), ("name", "pool_name"),
    ("stack_trace", "stacktrace"), ("filename", "file"),
)  # fmt: skip
RUN_TYPES = (
    ("scheduled__", "scheduled"), ("backfill__", "backfill"), ("manual__", "manual"),
    ("dataset_triggered__", "dataset_triggered"), ("asset_triggered__", "asset_triggered"),
)  # fmt: skip
_RUN_DATE = re.compile(r"__(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)")


class Rows:
    """The nouns of one Airflow as lists of rows; `health` is one object."""

    def __init__(self, story: Mapping[str, Any], api: int) -> None:
        self._api = api
        self._lists = {noun: _listed(story, names) for noun, names in LISTS.items()}
        self.health: Row = dict(story.get("health") or {})
        self._complete()

    def of(self, noun: str) -> list[Row]:
        """All rows of a noun, in the story's order."""
        return self._lists[noun]

    def _complete(self) -> None:
        for numbered in ("import_errors", "event_logs", "assets", "asset_events"):
            _number(self._lists[numbered], "id" if "asset" in numbered else numbered[:-1] + "_id")
        self._place_instances()
        _add_missing(self.of("dags"), self._dag_ids(), lambda dag_id: {"dag_id": dag_id})
        for dag in self.of("dags"):
            _complete_dag(dag, bool(self._errors_of(dag)))
        for index, run in enumerate(sorted(self.of("dag_runs"), key=_moment_of_run)):
            _complete_run(run, index + 1)
            if self._api == 1:
                _fill(run, logical_date=run["execution_date"])
        self._complete_instances()
        for task in self.of("tasks"):
            _complete_task(task, self._operator(task))
        for asset in self.of("assets"):
            _fill(asset, name=asset.get("uri"), uri=asset.get("name"))

    def _place_instances(self) -> None:
        """Give a dag id to rows of the only dag, and an instance to tries that stand alone."""
        known = self._dag_ids()
        for noun in ("dag_runs", "task_instances", "tries", "tasks", "sources"):
            for row in self.of(noun):
                if "dag_id" not in row and len(known) == 1:
                    row["dag_id"] = known[0]
        instances = {instance_key(row) for row in self.of("task_instances")}
        last = {instance_key(row): row for row in sorted(self.of("tries"), key=_try_number)}
        self.of("task_instances").extend(
            dict(row) for key, row in last.items() if key not in instances
        )

    def _complete_instances(self) -> None:
        runs = {(run.get("dag_id"), run.get("dag_run_id")): run for run in self.of("dag_runs")}
        tasks = {(task.get("dag_id"), task.get("task_id")): task for task in self.of("tasks")}
        tries: dict[tuple[Any, ...], int] = {}
        for row in self.of("tries"):
            key = instance_key(row)
            tries[key] = max(tries.get(key, 0), _try_number(row))
        for noun in ("task_instances", "tries"):
            for row in self.of(noun):
                run = runs.get((row.get("dag_id"), row.get("dag_run_id")), {})
                task = tasks.get((row.get("dag_id"), row.get("task_id")), {})
                _complete_instance(row, run, task, tries.get(instance_key(row), 0))

    def _dag_ids(self) -> list[str]:
        nouns = ("dags", "dag_runs", "tasks", "task_instances", "sources")
        said = (str(row["dag_id"]) for noun in nouns for row in self.of(noun) if row.get("dag_id"))
        return list(dict.fromkeys(said))

    def _errors_of(self, dag: Row) -> list[Row]:
        path = str(dag.get("fileloc") or dag.get("relative_fileloc") or "")
        return [
            error
            for error in self.of("import_errors")
            if path and path.endswith("/" + str(error.get("filename", "")).rpartition("/")[2])
        ]

    def _operator(self, task: Row) -> object:
        for row in self.of("task_instances"):
            if (row.get("dag_id"), row.get("task_id")) == (task.get("dag_id"), task.get("task_id")):
                return row.get("operator")
        return None


def instance_key(row: Row) -> tuple[Any, ...]:
    """What tells one task instance from another."""
    return (
        row.get("dag_id"),
        row.get("dag_run_id"),
        row.get("task_id"),
        int(row.get("map_index", -1)),
    )


def _listed(story: Mapping[str, Any], names: Iterable[str]) -> list[Row]:
    said: Any = next((story[name] for name in names if story.get(name)), [])  # Any: JSON
    rows = said.values() if isinstance(said, Mapping) else said
    return [_both_spellings(dict(row)) for row in rows]


def _both_spellings(row: Row) -> Row:
    for left, right in SAME:
        if left in row or right in row:
            value = row[left] if row.get(left) is not None else row.get(right)
            row[left] = row[right] = value
    return row


def _number(rows: list[Row], name: str) -> None:
    for index, row in enumerate(rows):
        row.setdefault(name, index + 1)
        row.setdefault("id", row[name])


def _fill(row: Row, **values: object) -> None:
    for name, value in values.items():
        if row.get(name) is None:
            row[name] = value


def _add_missing(rows: list[Row], ids: Iterable[str], make: Callable[[str], Row]) -> None:
    known = {row.get("dag_id") for row in rows}
    rows.extend(make(dag_id) for dag_id in ids if dag_id not in known)


def _complete_dag(dag: Row, is_broken: bool) -> None:
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
    _fill(
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


def _moment_of_run(run: Row) -> float:
    for name in ("run_after", "queued_at", "start_date", "logical_date"):
        if run.get(name):
            moment = parsed(run[name])
            return moment.timestamp() if moment else 0.0
    return 0.0


def _complete_run(run: Row, number: int) -> None:
    run_id = str(run.get("dag_run_id") or "")
    dated = _RUN_DATE.search(run_id)
    kind = next((kind for start, kind in RUN_TYPES if run_id.startswith(start)), "manual")
    _fill(
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


def _try_number(row: Row) -> int:
    return int(row.get("try_number") or 0)


def _complete_instance(row: Row, run: Row, task: Row, tries: int) -> None:
    key = "/".join(str(part) for part in instance_key(row))
    row["map_index"] = int(row.get("map_index", -1))
    retries = int(task.get("retries") or 0)
    operator = task.get("operator_name") or task.get("operator")
    _fill(
        row,
        id=str(uuid5(NAMESPACE_URL, key)),
        try_number=tries or (1 if row.get("start_date") else 0),
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


def _complete_task(task: Row, operator: object) -> None:
    reference = task.get("class_ref") or {}
    name = task.get("operator_name") or reference.get("class_name") or operator
    _fill(task, operator_name=name, task_display_name=task.get("task_id"))
    if name and not reference:
        task["class_ref"] = {"class_name": name, "module_path": "airflow.operators"}
    for field in ("execution_timeout", "retry_delay"):
        if isinstance(task.get(field), int | float):
            seconds = int(task[field])
            task[field] = {
                "__type": "TimeDelta", "days": seconds // 86400, "microseconds": 0,
                "seconds": seconds % 86400,
            }  # fmt: skip
