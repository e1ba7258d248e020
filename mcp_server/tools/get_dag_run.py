"""Tool: one DagRun, from its first failure to what waits for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App
from mcp_server.backends import Airflow
from mcp_server.domain.airflow import Asset, DagRun, Environment, Task, TaskInstance
from mcp_server.investigate.impact import Waiting, blocked_tasks, waiting_dags
from mcp_server.reading.durations import run_seconds, usual_durations, usual_of
from mcp_server.reading.environments import find_environment
from mcp_server.reading.identity import MOST_TASKS, descendants, find_run
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.telling.dag_run import DagRunAnswer, RunFacts
from mcp_server.text import answer

HISTORY = timedelta(days=30)
RUNS, EARLIER = 12, 500


async def get_dag_run(
    ctx: Context[App],
    dag_id: str,
    run_id: Annotated[
        str, Field(description="run id, logical date, latest or latest_failed")
    ] = "latest",
    environment: Annotated[str, Field(description="MWAA environment")] = "",
) -> Annotated[CallToolResult, DagRunAnswer]:
    """Show one DagRun: task states, first failure, tries, durations against usual, what waits."""
    app = ctx.request_context.lifespan_context
    where = await find_environment(app.backends, environment)
    airflow = app.airflow(where.name)
    run = await find_run(airflow, dag_id, run_id)
    facts = await _facts(airflow, where, run)
    return answer(facts.text(), facts.data())


async def _facts(airflow: Airflow, where: Environment, run: DagRun) -> RunFacts:
    dag_id, before = run.dag_id, run.start_date
    instances: Wanted[Sequence[TaskInstance]] = Wanted(
        "tasks", lambda: airflow.task_instances(dag_id, run.run_id, limit=MOST_TASKS), ()
    )
    tasks: Wanted[Sequence[Task]] = Wanted("dependencies", lambda: airflow.tasks(dag_id), ())
    runs: Wanted[Sequence[DagRun]] = Wanted(
        "earlier runs", lambda: airflow.dag_runs(dag_id, until=before, limit=RUNS), ()
    )
    earlier: Wanted[Sequence[TaskInstance]] = Wanted(
        "usual durations", lambda: _earlier(airflow, dag_id, before), ()
    )
    assets: Wanted[Sequence[Asset]] = Wanted("waiting dags", airflow.assets, ())
    missed = await ask_all(instances, tasks, runs, earlier, assets)
    if instances.error is not None:
        raise instances.error
    broken = [one.task_id for one in instances.value if one.state in ("failed", "up_for_retry")]
    return RunFacts(
        where,
        run,
        instances.value,
        tasks.value,
        usual_durations(earlier.value, run.run_id, before),
        _usual_run(runs.value, run),
        _waiting(dag_id, broken, tasks.value, instances.value, assets.value),
        _stale(dag_id, broken, tasks.value, assets.value),
        missed,
    )


async def _earlier(
    airflow: Airflow, dag_id: str, before: datetime | None
) -> Sequence[TaskInstance]:
    """The dag's successful tasks of the month before the run, the newest of them."""
    since = before - HISTORY if before else None
    return await airflow.task_instances(
        dag_id, "~", states=("success",), since=since, until=before, limit=EARLIER
    )


def _usual_run(runs: Sequence[DagRun], this: DagRun) -> float | None:
    past = [one for one in runs if one.run_id != this.run_id and one.state == "success"]
    return usual_of([run_seconds(one.start_date, one.end_date) for one in past])


def _waiting(
    dag_id: str,
    broken: Sequence[str],
    tasks: Sequence[Task],
    instances: Sequence[TaskInstance],
    assets: Sequence[Asset],
) -> Waiting:
    held = [t for failed in broken for t in blocked_tasks(tasks, instances, failed, failed)]
    blocked = tuple(t for t in dict.fromkeys(held) if t not in broken)
    return Waiting(blocked, waiting_dags(assets, dag_id, (*broken, *blocked)) if broken else ())


def _stale(
    dag_id: str, broken: Sequence[str], tasks: Sequence[Task], assets: Sequence[Asset]
) -> list[str]:
    """What the failed tasks and those after them were to update."""
    late = {*broken, *(t for failed in broken for t in descendants(tasks, failed))}
    return [asset.uri for asset in assets if any((dag_id, t) in asset.producing for t in late)]
