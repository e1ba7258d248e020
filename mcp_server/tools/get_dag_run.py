"""Tool: one DagRun, from its first failure to what waits for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.backends import Airflow
from mcp_server.domain.airflow import Asset, DagRun, Environment, Task, TaskInstance
from mcp_server.investigate.impact import Waiting, blocked_tasks, waiting_dags
from mcp_server.reading.durations import run_seconds, usual_durations, usual_of
from mcp_server.reading.ended import left_undone
from mcp_server.reading.environments import environment_of, rest_of
from mcp_server.reading.identity import MOST_TASKS, descendants, find_run, first_failure
from mcp_server.reading.together import Wanted, ask_all
from mcp_server.reading.waiting import Held, look
from mcp_server.telling.dag_run import DagRunAnswer, RunFacts
from mcp_server.telling.run_tasks import RunTasks
from mcp_server.text import answer

HISTORY = timedelta(days=30)
# Of earlier runs: how many are looked at, and how many of their tasks.
RUNS, FEWEST_RUNS, EARLIER, MOST_EARLIER = 12, 3, 500, 1_500


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
    where = await environment_of(app.backends, environment, dag_id)
    with rest_of(where):
        airflow = app.airflow(where.name)
        run = await find_run(airflow, dag_id, run_id)
        facts = await _facts(airflow, where, run, reference_time(ctx))
    return answer(facts.text(), facts.data())


async def _facts(airflow: Airflow, where: Environment, run: DagRun, now: datetime) -> RunFacts:
    dag_id, before = run.dag_id, run.start_date
    instances: Wanted[Sequence[TaskInstance]] = Wanted(
        "tasks", lambda: airflow.task_instances(dag_id, run.run_id, limit=MOST_TASKS), ()
    )
    tasks: Wanted[Sequence[Task]] = Wanted("dependencies", lambda: airflow.tasks(dag_id), ())
    runs: Wanted[Sequence[DagRun]] = Wanted(
        "earlier runs", lambda: airflow.dag_runs(dag_id, until=before, limit=RUNS), ()
    )
    assets: Wanted[Sequence[Asset]] = Wanted("waiting dags", airflow.assets, ())
    missed = await ask_all(instances, tasks, runs, assets)
    if instances.error is not None:
        raise instances.error
    earlier: Wanted[Sequence[TaskInstance]] = Wanted(
        "usual durations", lambda: _earlier(airflow, run, runs.value, len(instances.value)), ()
    )
    held: Wanted[Held] = Wanted(
        "what holds it",
        lambda: look(airflow, run, instances.value, tasks.value or None),
        Held(run, tasks.value, instances.value),
    )
    timeout: Wanted[float | None] = Wanted(
        "dagrun_timeout", lambda: _timeout(airflow, run, instances.value), None
    )
    missed += await ask_all(earlier, held, timeout)
    broken = [one.task_id for one in instances.value if one.state in ("failed", "up_for_retry")]
    undone = () if broken else left_undone(instances.value, run)
    usual = usual_durations(earlier.value, run.run_id, before)
    return RunFacts(
        where,
        run,
        RunTasks(instances.value, tasks.value, usual, held.value, now, frozenset(undone)),
        _usual_run(runs.value, run),
        timeout.value,
        _waiting(dag_id, broken or undone, tasks.value, instances.value, assets.value),
        _stale(dag_id, broken or undone, tasks.value, assets.value),
        missed,
    )


async def _earlier(
    airflow: Airflow, run: DagRun, runs: Sequence[DagRun], tasks: int
) -> Sequence[TaskInstance]:
    """The successful tasks of the runs just before this one; of many tasks of fewer runs.

    Airflow 2 cannot order them: the time asked for must hold no more than is read.
    """
    known = [one for one in runs if one.run_id != run.run_id and one.start_date]
    number = max(FEWEST_RUNS, min(RUNS, EARLIER // max(tasks, 1)))
    begins = [one.start_date for one in known[:number] if one.start_date]
    since = min(begins) if begins else run.start_date and run.start_date - HISTORY
    return await airflow.task_instances(
        run.dag_id,
        "~",
        states=("success",),
        since=since,
        until=run.start_date,
        limit=min(MOST_EARLIER, max(EARLIER, number * tasks)),
    )


async def _timeout(
    airflow: Airflow, run: DagRun, instances: Sequence[TaskInstance]
) -> float | None:
    """The dagrun_timeout, asked for only where no task explains why the run failed."""
    if run.state != "failed" or first_failure(instances) is not None:
        return None
    return await airflow.run_timeout_s(run.dag_id)


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
