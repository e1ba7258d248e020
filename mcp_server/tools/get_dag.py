"""Tool: a dag: schedule, owner, last runs, import errors, versions, a task's source."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App
from mcp_server.backends import Airflow
from mcp_server.domain.airflow import Dag, DagRun, DagVersion, Environment, ImportFailure, Task
from mcp_server.errors import DiagnosticError, NotFound
from mcp_server.reading.environments import find_environment
from mcp_server.reading.runs import unknown_dag
from mcp_server.reading.source import task_passages
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.telling.dag import DagAnswer, DagFacts, last_line
from mcp_server.text import answer, clipped
from mcp_server.times import iso

RUNS = 25


async def get_dag(
    ctx: Context[App],
    dag_id: str,
    task_id: Annotated[str, Field(description="show this task's source")] = "",
    environment: Annotated[str, Field(description="MWAA environment")] = "",
) -> Annotated[CallToolResult, DagAnswer]:
    """Show a dag: schedule, owner, last runs, tasks, import error, versions, a task's source."""
    app = ctx.request_context.lifespan_context
    where = await find_environment(app.backends, environment)
    airflow = app.airflow(where.name)
    try:
        dag = await airflow.dag(dag_id)
    except NotFound as missing:
        raise await _unknown(airflow, dag_id) from missing
    facts = await _facts(airflow, where, dag, task_id)
    return answer(facts.text(), facts.data(), more="Give a task_id to see its source alone.")


async def _facts(airflow: Airflow, where: Environment, dag: Dag, task_id: str) -> DagFacts:
    runs: Wanted[Sequence[DagRun]] = Wanted(
        "runs", lambda: airflow.dag_runs(dag.dag_id, limit=RUNS), ()
    )
    tasks: Wanted[Sequence[Task]] = Wanted("tasks", lambda: airflow.tasks(dag.dag_id), ())
    broken: Wanted[Sequence[ImportFailure]] = Wanted("import errors", airflow.import_failures, ())
    versions: Wanted[Sequence[DagVersion]] = Wanted(
        "versions", lambda: airflow.dag_versions(dag.dag_id), ()
    )
    source: Wanted[str] = Wanted("source", lambda: _source(airflow, dag.dag_id, task_id), "")
    missed = await ask_all(runs, tasks, broken, versions, source)
    return DagFacts(
        where,
        dag,
        runs.value,
        tasks.value,
        _of_file(broken.value, dag.fileloc),
        sorted(versions.value, key=lambda one: -one.version_number),
        task_id if source.error is None else "",
        task_passages(source.value, task_id) if task_id else (),
        missed,
    )


async def _source(airflow: Airflow, dag_id: str, task_id: str) -> str:
    return await airflow.source(dag_id) if task_id else ""


def _of_file(failures: Sequence[ImportFailure], fileloc: str) -> ImportFailure | None:
    """The failure of a dag's file: Airflow 3 names it relative to its bundle."""
    return next((f for f in failures if f"/{fileloc}".endswith(f"/{f.filename.lstrip('/')}")), None)


async def _unknown(airflow: Airflow, dag_id: str) -> NotFound:
    """A dag may be gone because its file does not parse: then that is the answer."""
    missing = await unknown_dag(airflow, dag_id)
    try:
        failures = await airflow.import_failures()
    except DiagnosticError:
        # Near names are worth saying without them.
        return missing
    named = [f for f in failures if PurePath(f.filename).stem == dag_id or dag_id in f.stack_trace]
    shown = named or list(failures)[:3]
    said = "; ".join(
        f"{one.filename} ({clipped(last_line(one.stack_trace), 160)}, since {iso(one.timestamp)})"
        for one in shown
    )
    broken = f" Files that do not parse, so their dags may be missing: {said}." if said else ""
    return NotFound(f"{missing}{broken}")
