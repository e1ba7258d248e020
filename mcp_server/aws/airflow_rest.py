"""One environment's Airflow over REST, version 2 or 3 alike."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from mcp_server.aws import airflow_rows as rows
from mcp_server.aws.airflow_dialect import Dialect, Query, dialect_of
from mcp_server.aws.airflow_pages import PAGE, Pages
from mcp_server.aws.mwaa_rest import MwaaRest
from mcp_server.aws.parallel import side_by_side
from mcp_server.aws.remembered import Remembered
from mcp_server.backends import Environments
from mcp_server.diagnostics.redact import redact
from mcp_server.domain.airflow import (
    UNFINISHED_STATES,
    Asset,
    Dag,
    DagRun,
    DagVersion,
    EventLog,
    Health,
    ImportFailure,
    Pool,
    Task,
    TaskInstance,
)
from mcp_server.errors import DiagnosticError, NotFound

ANY = "~"
VERSION_SECONDS = 3600.0
LIST_LIMIT = 1_000
EVENTS_LIMIT = 200
# What version 2 and version 3 write about where they looked for a log.
_ABOUT_READING = (
    "***",
    '{"event": "::',
    '{"event": "Could not read',
    '{"event": "Reading remote',
    '{"event": "No logs found',
)


class AirflowRest:
    """The `Airflow` of one MWAA environment."""

    def __init__(self, environment: str, environments: Environments, rest: MwaaRest) -> None:
        self.environment = environment
        self._environments = environments
        self._rest = rest
        self._pages = Pages(rest)
        self._version: Remembered[str] = Remembered(VERSION_SECONDS)

    async def version(self) -> str:
        """By GetEnvironment, or by Airflow itself where that is denied."""
        return await self._version.get("", self._asked_version)

    async def health(self) -> Health:
        return rows.health(await self._rest.get((await self._dialect()).health))

    async def dags(self, *, search: str = "", limit: int = 100) -> Sequence[Dag]:
        """By dag id; `search` is a part of it in any case."""
        dialect = await self._dialect()
        asked = {"order_by": "dag_id", **({"dag_id_pattern": search} if search else {})}
        found = await self._pages.read(("dags",), "dags", asked, limit)
        # `_` is any character in the service's pattern.
        return [dag for dag in map(dialect.dag, found) if search.lower() in dag.dag_id.lower()]

    async def dag(self, dag_id: str) -> Dag:
        dialect = await self._dialect()
        return dialect.dag(await self._rest.get(("dags", dag_id)))

    async def run_timeout_s(self, dag_id: str) -> float | None:
        """The dag's dagrun_timeout in seconds; None without one."""
        details = await self._rest.get(("dags", dag_id, "details"))
        return rows.seconds(details.get("dag_run_timeout")) if isinstance(details, dict) else None

    async def tasks(self, dag_id: str) -> Sequence[Task]:
        document = await self._rest.get(("dags", dag_id, "tasks"))
        return [rows.task(row) for row in rows.rows_of(document, "tasks")]

    async def dag_runs(
        self,
        dag_id: str,
        *,
        state: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 25,
    ) -> Sequence[DagRun]:
        dialect = await self._dialect()
        asked: Query = {
            **dialect.newest_runs,
            **dialect.runs_between(since, until),
            **({"state": state} if state else {}),
        }
        found = await self._pages.read(("dags", dag_id, "dagRuns"), "dag_runs", asked, limit)
        if not found and dag_id != ANY:
            # Airflow 2 answers an unknown dag with an empty list.
            await self.dag(dag_id)
        return [dialect.dag_run(row) for row in found]

    async def dag_runs_of(self, dag_id: str, since: datetime, until: datetime) -> Sequence[DagRun]:
        """Newest first, each once; by each of the dates that the version knows."""
        dialect = await self._dialect()
        path = ("dags", dag_id, "dagRuns")

        def asking(field: str) -> Callable[[], Any]:  # Any: an awaitable list of rows
            bounds = {f"{field}_gte": rows.iso(since), f"{field}_lte": rows.iso(until)}
            asked = {**dialect.newest_runs, **bounds}
            return lambda: self._pages.read(path, "dag_runs", asked, PAGE)

        parts = await side_by_side([asking(field) for field in dialect.run_dates])
        found = [dialect.dag_run(row) for part in parts for row in part]
        if not found:
            # Airflow 2 answers an unknown dag with an empty list.
            await self.dag(dag_id)
        return list(dict.fromkeys(found))

    async def dag_run(self, dag_id: str, run_id: str) -> DagRun:
        dialect = await self._dialect()
        return dialect.dag_run(await self._rest.get(("dags", dag_id, "dagRuns", run_id)))

    async def task_instances(
        self,
        dag_id: str,
        run_id: str,
        *,
        states: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[TaskInstance]:
        """Newest first where "~" is asked; one call a state: how MWAA passes lists is unknown."""
        newest = (await self._dialect()).newest_instances if ANY in (dag_id, run_id) else {}
        path = ("dags", dag_id, "dagRuns", run_id, "taskInstances")

        def asking(state: str) -> Callable[[], Any]:  # Any: an awaitable list of rows
            asked = {
                **newest,
                **_between(state, since, until),
                **({"state": state} if state else {}),
            }
            return lambda: self._pages.read(path, "task_instances", asked, limit)

        parts = await side_by_side([asking(state) for state in dict.fromkeys(states or ("",))])
        found = [rows.task_instance(row) for part in parts for row in part]
        if ANY in (dag_id, run_id):
            found.sort(key=_last_seen, reverse=True)
        elif not found:
            # Airflow 2 answers an unknown run with an empty list.
            await self.dag_run(dag_id, run_id)
        return found[:limit]

    async def tries(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1
    ) -> Sequence[TaskInstance]:
        """Each try, oldest first; before Airflow 2.10 there is only the last one to be had."""
        path = ["dags", dag_id, "dagRuns", run_id, "taskInstances", task_id]
        path += [str(map_index)] if map_index >= 0 else []
        try:
            found = rows.rows_of(await self._rest.get([*path, "tries"]), "task_instances")
        except NotFound:
            found = []
        found = found or [await self._rest.get(path)]
        return sorted(map(rows.task_instance, found), key=lambda each: each.try_number)

    async def task_log(self, instance: TaskInstance) -> str:
        """The log of one try; NotFound, with Airflow's reason, when Airflow has none."""
        dialect = await self._dialect()
        if instance.try_number < 1:
            raise NotFound(f"{instance.task_id} has not started in {instance.run_id}: no log yet.")
        path = ("dags", instance.dag_id, "dagRuns", instance.run_id, "taskInstances")
        asked: Query = {"full_content": "true"}
        if instance.map_index >= 0:
            asked["map_index"] = str(instance.map_index)
        document = await self._rest.get(
            (*path, instance.task_id, "logs", str(instance.try_number)), asked
        )
        content = document.get("content") if isinstance(document, dict) else document
        return _with_lines(dialect.log_text(content), instance)

    async def import_failures(self) -> Sequence[ImportFailure]:
        found = await self._pages.read(("importErrors",), "import_errors", {}, LIST_LIMIT)
        return [rows.import_failure(row) for row in found]

    async def source(self, dag_id: str) -> str:
        """The text of the dag's file."""
        dialect = await self._dialect()
        token = dialect.source_id(await self.dag(dag_id))
        document = await self._rest.get(("dagSources", token))
        return str(document.get("content") or "") if isinstance(document, dict) else str(document)

    async def event_logs(
        self, *, dag_id: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[EventLog]:
        """Newest first; AccessDenied is usual, since only Admin may read them."""
        asked: Query = {"order_by": "-when"}
        said = {"dag_id": dag_id, "after": since, "before": until}
        for name, value in said.items():
            if value:
                asked[name] = value if isinstance(value, str) else rows.iso(value)
        found = await self._pages.read(("eventLogs",), "event_logs", asked, EVENTS_LIMIT)
        return [rows.event_log(row) for row in found]

    async def dag_versions(self, dag_id: str) -> Sequence[DagVersion]:
        """Newest first; none in Airflow 2."""
        if not (await self._dialect()).has_dag_versions:
            return []
        path = ("dags", dag_id, "dagVersions")
        found = await self._pages.read(path, "dag_versions", {"order_by": "-version_number"}, 50)
        return [rows.dag_version(row) for row in found]

    async def pools(self) -> Sequence[Pool]:
        found = await self._pages.read(("pools",), "pools", {}, LIST_LIMIT)
        return [rows.pool(row) for row in found]

    async def assets(self) -> Sequence[Asset]:
        dialect = await self._dialect()
        found = await self._pages.read((dialect.assets,), dialect.assets, {}, LIST_LIMIT)
        return [dialect.asset(row) for row in found]

    async def _dialect(self) -> Dialect:
        return dialect_of(await self.version())

    async def _asked_version(self) -> str:
        try:
            known = (await self._environments.get(self.environment)).airflow_version
        except DiagnosticError:
            # GetEnvironment has its own place where its failure is told; Airflow may still answer.
            known = ""
        return known or rows.said(await self._rest.get(("version",)), "version")


def _last_seen(instance: TaskInstance) -> float:
    at = instance.end_date or instance.start_date or instance.queued_when
    return at.timestamp() if at else 0.0


def _between(state: str, since: datetime | None, until: datetime | None) -> Query:
    """Bounds on the end of a finished state, on the start of the others."""
    part = "start_date" if not state or state in UNFINISHED_STATES else "end_date"
    asked = {f"{part}_gte": since, f"{part}_lte": until}
    return {name: rows.iso(at) for name, at in asked.items() if at}


def _with_lines(text: str, instance: TaskInstance) -> str:
    """The text; NotFound when all that Airflow has to say is where it looked in vain."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not all(line.startswith(_ABOUT_READING) for line in lines):
        return text
    why = " ".join(line.removeprefix('{"event": "').rstrip('"}') for line in lines)
    raise NotFound(
        f"Airflow has no log of try {instance.try_number} of {instance.task_id} in "
        f"{instance.run_id}: {redact(why)[:300] or 'it is empty'}"
    )
