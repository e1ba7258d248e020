"""Tool: a dag: schedule, owner, last runs, import errors, versions, a task's source."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.backends import Airflow
from mcp_server.domain.airflow import (
    Asset,
    Dag,
    DagRun,
    DagVersion,
    Environment,
    ImportFailure,
    Task,
)
from mcp_server.errors import NotFound
from mcp_server.reading.environments import environment_of, rest_of
from mcp_server.reading.runs import unknown_dag
from mcp_server.reading.source import task_passages
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.telling.dag import DagAnswer, DagFacts
from mcp_server.text import answer

RUNS = 25
_BY_ASSET = re.compile(r"(?i)asset|dataset")


async def get_dag(
    ctx: Context[App],
    dag_id: str,
    task_id: Annotated[str, Field(description="show this task's source")] = "",
    environment: Annotated[str, Field(description="MWAA environment")] = "",
) -> Annotated[CallToolResult, DagAnswer]:
    """Show a dag: schedule, owner, last runs, tasks, import error, versions, a task's source."""
    app = ctx.request_context.lifespan_context
    where = await environment_of(app.backends, environment, dag_id)
    with rest_of(where):
        airflow = app.airflow(where.name)
        dag = await _dag(airflow, dag_id)
        facts = await _facts(airflow, where, dag, task_id, reference_time(ctx))
    return answer(facts.text(), facts.data(), more="Give a task_id to see its source alone.")


async def _dag(airflow: Airflow, dag_id: str) -> Dag:
    try:
        return await airflow.dag(dag_id)
    except NotFound as missing:
        raise await unknown_dag(airflow, dag_id) from missing


async def _facts(
    airflow: Airflow, where: Environment, dag: Dag, task_id: str, now: datetime
) -> DagFacts:
    runs: Wanted[Sequence[DagRun]] = Wanted(
        "runs", lambda: airflow.dag_runs(dag.dag_id, limit=RUNS), ()
    )
    tasks: Wanted[Sequence[Task]] = Wanted("tasks", lambda: airflow.tasks(dag.dag_id), ())
    broken: Wanted[Sequence[ImportFailure]] = Wanted("import errors", airflow.import_failures, ())
    versions: Wanted[Sequence[DagVersion]] = Wanted(
        "versions", lambda: airflow.dag_versions(dag.dag_id), ()
    )
    source: Wanted[str] = Wanted("source", lambda: _source(airflow, dag.dag_id, task_id), "")
    assets: Wanted[Sequence[Asset]] = Wanted("assets", lambda: _assets(airflow, dag), ())
    missed = await ask_all(runs, tasks, broken, versions, source, assets)
    return DagFacts(
        where,
        dag,
        runs.value,
        tasks.value,
        _of_file(broken.value, dag),
        sorted(versions.value, key=lambda one: -one.version_number),
        task_id if source.error is None else "",
        task_passages(source.value, task_id) if task_id else (),
        [asset.uri for asset in assets.value if dag.dag_id in asset.consuming_dags],
        now,
        missed,
    )


async def _source(airflow: Airflow, dag_id: str, task_id: str) -> str:
    return await airflow.source(dag_id) if task_id else ""


async def _assets(airflow: Airflow, dag: Dag) -> Sequence[Asset]:
    """The assets (datasets), asked for only where no time schedules the dag."""
    by_time = dag.schedule and not _BY_ASSET.search(dag.schedule)
    return () if by_time else await airflow.assets()


def _of_file(failures: Sequence[ImportFailure], dag: Dag) -> ImportFailure | None:
    """The failure of a dag's file: Airflow 3 names it relative to its bundle."""
    return next((f for f in failures if _is_file(f.filename, dag)), None)


def _is_file(filename: str, dag: Dag) -> bool:
    if dag.relative_fileloc:
        return filename in (dag.relative_fileloc, dag.fileloc)
    return f"/{dag.fileloc}".endswith(f"/{filename.lstrip('/')}")
