"""`airflow.json` read generously: either version's spelling, what is left out filled in."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.airflow.asking import Row
from sandbox.airflow.completing import (
    complete_dag,
    complete_instance,
    complete_run,
    complete_task,
    fill,
    instance_key,
    moment_of_run,
    try_number,
)

log = logging.getLogger(__name__)
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
# Without these a row says nothing that could be asked for.
IDENTITY: dict[str, tuple[str, ...]] = {
    "dags": ("dag_id",),
    "tasks": ("dag_id", "task_id"),
    "dag_runs": ("dag_id", "dag_run_id"),
    "task_instances": ("dag_id", "dag_run_id", "task_id"),
    "tries": ("dag_id", "dag_run_id", "task_id"),
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
            complete_dag(dag, bool(self._errors_of(dag)))
        for index, run in enumerate(sorted(self.of("dag_runs"), key=moment_of_run)):
            complete_run(run, index + 1)
            if self._api == 1:
                fill(run, logical_date=run["execution_date"])
        self._complete_instances()
        for task in self.of("tasks"):
            complete_task(task, self._operator(task))
        for asset in self.of("assets"):
            fill(asset, name=asset.get("uri"), uri=asset.get("name"))

    def _place_instances(self) -> None:
        """Give a dag id to rows of the only dag, and an instance to tries that stand alone."""
        known = self._dag_ids()
        for noun in ("dag_runs", "task_instances", "tries", "tasks", "sources"):
            for row in self.of(noun):
                if row.get("dag_id") is None and len(known) == 1:
                    row["dag_id"] = known[0]
        for noun, names in IDENTITY.items():
            self._lists[noun] = _identified(noun, self.of(noun), names)
        instances = {instance_key(row) for row in self.of("task_instances")}
        last = {instance_key(row): row for row in sorted(self.of("tries"), key=try_number)}
        self.of("task_instances").extend(
            dict(row) for key, row in last.items() if key not in instances
        )

    def _complete_instances(self) -> None:
        runs = {(run.get("dag_id"), run.get("dag_run_id")): run for run in self.of("dag_runs")}
        tasks = {(task.get("dag_id"), task.get("task_id")): task for task in self.of("tasks")}
        tries: dict[tuple[Any, ...], int] = {}
        for row in self.of("tries"):
            key = instance_key(row)
            tries[key] = max(tries.get(key, 0), try_number(row))
        for noun in ("task_instances", "tries"):
            for row in self.of(noun):
                run = runs.get((row.get("dag_id"), row.get("dag_run_id")), {})
                task = tasks.get((row.get("dag_id"), row.get("task_id")), {})
                complete_instance(row, run, task, tries.get(instance_key(row), 0))

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


def _listed(story: Mapping[str, Any], names: Iterable[str]) -> list[Row]:
    said: Any = next((story[name] for name in names if story.get(name)), [])  # Any: JSON
    rows = said.values() if isinstance(said, Mapping) else said
    return [_both_spellings(dict(row)) for row in rows]


def _identified(noun: str, rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    kept = [row for row in rows if all(row.get(name) for name in names)]
    if len(kept) < len(rows):
        lost = len(rows) - len(kept)
        log.warning("airflow.json: %d of %s lack one of %s", lost, noun, ", ".join(names))
    return kept


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


def _add_missing(rows: list[Row], ids: Iterable[str], make: Callable[[str], Row]) -> None:
    known = {row.get("dag_id") for row in rows}
    rows.extend(make(dag_id) for dag_id in ids if dag_id not in known)
