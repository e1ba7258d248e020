"""Whose log is meant: asked of Airflow, or read from the stream names where it does not answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from mcp_server.backends import Airflow, Backends
from mcp_server.domain.airflow import DagRun, Environment, TaskInstance
from mcp_server.errors import AccessDenied, DiagnosticError, NotFound, Unavailable
from mcp_server.reading.company import (
    OWN_FAULT,
    cut_off,
    later_runs,
    other_failures,
    root_of,
    siblings,
)
from mcp_server.reading.failures_in_logs import failed_in_logs
from mcp_server.reading.identity import MOST_TASKS, find_run, find_try, task_among
from mcp_server.reading.runs import LATEST, LATEST_FAILED
from mcp_server.reading.streams import TaskTry, index_of
from mcp_server.reading.task_log import TaskLog, read_stored_log, read_task_log
from mcp_server.reading.together import gather
from mcp_server.reading.trouble import is_unexplained, trouble
from mcp_server.reading.waiting import UNFINISHED_RUN, look

LOOKED_BACK = timedelta(days=3)
MOST_FAILURES = 200
Found = tuple[TaskTry, TaskInstance | None, TaskLog]


async def find_log(backends: Backends, where: Environment, asked: TaskTry, now: datetime) -> Found:
    """The log of a try named as people do; Airflow is asked only when names lead to no cause.

    Where Airflow does not answer, exact names and the latest failure are found in CloudWatch; else
    its error is raised. A missing log is an answer.
    """
    stored = None
    if asked.task_id and "__" in asked.run_id:
        stored = await _stored(backends, where, asked)
        if stored is not None and _explains(stored, asked):
            return asked, None, stored
    if backends.airflow is None:
        return await _without_airflow(backends, where, asked, now, stored, None)
    airflow = backends.airflow(where.name)
    try:
        known = await _identified(airflow, asked)
    except NotFound:
        if stored is None:
            raise
        # Airflow has forgotten the run (or the dag); its log is still there.
        return asked, None, stored
    except (AccessDenied, Unavailable) as wrong:
        return await _without_airflow(backends, where, asked, now, stored, wrong)
    log, said = await gather(
        partial(_read, backends, where, known, stored), partial(_around, airflow, known, asked)
    )
    log = replace(log, notes=(*log.notes, *said))
    return known.wanted, known.instance, await _with_reasons(backends, where, known, log)


@dataclass(frozen=True, slots=True)
class _Known:
    """What Airflow knows of the try that is meant."""

    run: DagRun
    everything: Sequence[TaskInstance]
    wanted: TaskTry
    instance: TaskInstance


def _explains(log: TaskLog, asked: TaskTry) -> bool:
    """Whether the stored log is the answer without Airflow: one that was named, with a cause."""
    if asked.map_index < 0 and any(index_of(name) >= 0 for name in log.log_streams):
        return False
    return not is_unexplained(log)


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


async def _identified(airflow: Airflow, asked: TaskTry) -> _Known:
    run, everything, task = await _task(airflow, asked)
    instance = await find_try(airflow, task, asked.try_number)
    wanted = TaskTry(run.dag_id, run.run_id, task.task_id, asked.try_number, instance.map_index)
    return _Known(run, everything, wanted, instance)


async def _task(
    airflow: Airflow, asked: TaskTry
) -> tuple[DagRun, Sequence[TaskInstance], TaskInstance]:
    """The task that is meant; of "latest_failed" with a task the run in which that task failed."""
    run = await find_run(airflow, asked.dag_id, asked.run_id)
    found = await _task_of(airflow, run, asked)
    if asked.task_id and asked.run_id == LATEST_FAILED and found[2].state == "success":
        failed = await _last_failure(airflow, asked)
        if failed is not None and failed.run_id != run.run_id:
            run = await airflow.dag_run(asked.dag_id, failed.run_id)
            return await _task_of(airflow, run, asked)
    return found


async def _task_of(
    airflow: Airflow, run: DagRun, asked: TaskTry
) -> tuple[DagRun, Sequence[TaskInstance], TaskInstance]:
    everything = await airflow.task_instances(run.dag_id, run.run_id, limit=MOST_TASKS)
    return run, everything, task_among(everything, run, asked.task_id, asked.map_index)


async def _last_failure(airflow: Airflow, asked: TaskTry) -> TaskInstance | None:
    """The last failure of a named task in any run, also in one that succeeded all the same."""
    failed = await airflow.task_instances(asked.dag_id, "~", states=OWN_FAULT, limit=MOST_FAILURES)
    mine = (one for one in failed if f".{one.task_id}".endswith(f".{asked.task_id}"))
    return next(mine, None)


async def _read(
    backends: Backends, where: Environment, known: _Known, stored: TaskLog | None
) -> TaskLog:
    """The try's log, not read a second time."""
    if stored is not None and stored.try_number == known.instance.try_number:
        index = known.instance.map_index
        if all(index_of(name) in (index, -1) for name in stored.log_streams):
            return stored
    return await read_task_log(backends, where, known.wanted, instance=known.instance)


async def _around(airflow: Airflow, known: _Known, asked: TaskTry) -> list[str]:
    """What a reader of this log should know of the rest of the run."""
    one, everything = known.instance, known.everything
    said = [
        cut_off(known.run, one, everything),
        siblings(one, everything),
        "" if asked.task_id else other_failures(one, everything),
        await root_of(airflow, known.run, one),
        await later_runs(airflow, known.run) if asked.run_id == LATEST_FAILED else "",
    ]
    return [part for part in said if part]


async def _with_reasons(
    backends: Backends, where: Environment, known: _Known, log: TaskLog
) -> TaskLog:
    """Beside a log that explains nothing: who ended the task, or what it waits for."""
    one = known.instance
    if log.source and is_unexplained(log) and one.state in OWN_FAULT:
        found = await trouble(backends.logs, where, known.wanted, one)
        return replace(log, component_lines=found)
    if log.source or backends.airflow is None or known.run.state not in UNFINISHED_RUN:
        return log
    held = await look(backends.airflow(where.name), known.run, known.everything)
    reason = held.of_task(one)
    return replace(log, missing=f"{log.missing} Now: {reason}.") if reason else log


async def _without_airflow(
    backends: Backends,
    where: Environment,
    asked: TaskTry,
    now: datetime,
    stored: TaskLog | None,
    refused: DiagnosticError | None,
) -> Found:
    why = refused or Unavailable("Airflow's REST is not configured: set AWS_REGION.")
    if asked.run_id not in (LATEST, LATEST_FAILED):
        if not asked.task_id:
            raise type(why)(f"{why} With run_id and task_id CloudWatch alone is enough.")
        wanted = asked
    else:
        wanted = await _last_in_logs(backends, where, asked, now, why)
    log = stored or await read_task_log(replace(backends, airflow=None), where, wanted)
    said = f"Airflow did not answer: {why}"
    return _indexed(wanted, log), None, replace(log, notes=(*log.notes, said))


def _indexed(wanted: TaskTry, log: TaskLog) -> TaskTry:
    """The try with the map index of the stream that was read."""
    index = max((index_of(name) for name in log.log_streams), default=-1)
    return replace(wanted, map_index=max(index, wanted.map_index))


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
