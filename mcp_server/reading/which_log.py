"""Whose log is meant: asked of Airflow, or read from the stream names where it does not answer."""

from dataclasses import replace
from datetime import datetime, timedelta

from mcp_server.backends import Airflow, Backends
from mcp_server.domain.airflow import Environment, TaskInstance
from mcp_server.errors import AccessDenied, DiagnosticError, NotFound, Unavailable
from mcp_server.reading.failures_in_logs import failed_in_logs
from mcp_server.reading.identity import find_run, find_task, find_try
from mcp_server.reading.runs import LATEST, LATEST_FAILED
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.task_log import TaskLog, read_stored_log, read_task_log

LOOKED_BACK = timedelta(days=3)
Found = tuple[TaskTry, TaskInstance | None, TaskLog]


async def find_log(backends: Backends, where: Environment, asked: TaskTry, now: datetime) -> Found:
    """The log of a try named as people do; Airflow is asked only when names lead to no stream.

    Where Airflow does not answer, exact names and the latest failure are found in CloudWatch; else
    its error is raised. A missing log is an answer.
    """
    is_exact = bool(asked.task_id) and "__" in asked.run_id
    if is_exact:
        log = await _stored(backends, where, asked)
        if log is not None:
            return asked, None, log
    if backends.airflow is None:
        return await _without_airflow(backends, where, asked, now, None)
    try:
        wanted, instance = await _identified(backends.airflow(where.name), asked)
    except (AccessDenied, Unavailable) as wrong:
        return await _without_airflow(backends, where, asked, now, wrong)
    return wanted, instance, await read_task_log(backends, where, wanted, instance=instance)


async def _stored(backends: Backends, where: Environment, asked: TaskTry) -> TaskLog | None:
    try:
        return await read_stored_log(backends, where, asked)
    except NotFound:
        return None
    except DiagnosticError:
        if backends.airflow is None:
            raise
        # REST may still have it; the reading through it meets this error again and tells it.
        return None


async def _identified(airflow: Airflow, asked: TaskTry) -> tuple[TaskTry, TaskInstance]:
    run = await find_run(airflow, asked.dag_id, asked.run_id)
    task = await find_task(airflow, run, asked.task_id, asked.map_index)
    instance = await find_try(airflow, task, asked.try_number)
    wanted = TaskTry(run.dag_id, run.run_id, task.task_id, asked.try_number, instance.map_index)
    return wanted, instance


async def _without_airflow(
    backends: Backends,
    where: Environment,
    asked: TaskTry,
    now: datetime,
    refused: DiagnosticError | None,
) -> Found:
    why = refused or Unavailable("Airflow's REST is not configured: set AWS_REGION.")
    if asked.run_id not in (LATEST, LATEST_FAILED):
        if not asked.task_id:
            raise type(why)(f"{why} With run_id and task_id CloudWatch alone is enough.")
        wanted = asked
    else:
        wanted = await _last_in_logs(backends, where, asked, now, why)
    logs_alone = replace(backends, airflow=None)
    log = await read_task_log(logs_alone, where, wanted)
    said = f"Airflow did not answer: {why}"
    return wanted, None, replace(log, notes=(*log.notes, said))


async def _last_in_logs(
    backends: Backends, where: Environment, asked: TaskTry, now: datetime, why: DiagnosticError
) -> TaskTry:
    window = now - LOOKED_BACK, now
    found = await failed_in_logs(backends, where, asked.dag_id, window, why)
    mine = [one for one in found if asked.task_id in ("", one.task_id)]
    if not mine:
        raise type(why)(f"{why} The task logs of the last 3 days show no failure of this dag.")
    last = max(mine, key=lambda one: one.end_date or window[0])
    return TaskTry(last.dag_id, last.run_id, last.task_id, last.try_number, last.map_index)
