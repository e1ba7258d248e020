"""The other dag that a sensor waits for, or that a task triggered: how its run stands."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from mcp_server.domain.airflow import DagRun, TaskInstance
from mcp_server.errors import DiagnosticError, NotFound
from mcp_server.investigate.case import Case
from mcp_server.investigate.facts import Facts
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.target import first_failed

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")


async def external_dag(case: Case) -> Finding:
    """The awaited run's state, its failed task, and whether its dag is paused."""
    name = await external_dag_id(case)
    if case.facts is None or not name or name == case.target.dag_id:
        return NOTHING
    other = case.facts.other(name)
    run = await awaited_run(other, case)
    names = [("external_dag", name)]
    clues = []
    dag = await other.dag()
    if dag.is_paused:
        clues.append(Clue("airflow", f"dag {name} is paused", "Airflow dag", confirms=True, rank=7))
        names.append(("paused_dag", name))
    if run is None:
        when = _awaited(case)
        text = f"dag {name} has no run" + (f" of {when:%Y-%m-%d %H:%M}Z" if when else "")
        clues.append(Clue("airflow", text, "Airflow dag runs", confirms=True, rank=8))
        return Finding(tuple(clues), explains=_sentence(clues), names=tuple(names))
    names.append(("external_run", run.run_id))
    if run.state != "success" or _is_late(run, case):
        clues.append(await _run_clue(other, run, case))
    return Finding(tuple(clues), explains=_sentence(clues), names=tuple(names))


async def external_dag_id(case: Case) -> str:
    """The other dag's id from the log, else from the dag's source around the task."""
    if case.names.get("external_dag"):
        return case.names["external_dag"]
    failed = case.target.failed
    operator = failed.operator if failed else ""
    if case.facts is None or not re.search("External|TriggerDagRun", operator):
        return ""
    try:
        source = await case.facts.source()
    except DiagnosticError:
        # The log did not name it and the source cannot be read: nothing to follow.
        return ""
    return named_near(source, case.target.root_task_id, r"(?:external|trigger)_dag_id")


def named_near(source: str, task_id: str, keyword: str) -> str:
    """A keyword argument's text value in the call that defines a task."""
    short = task_id.rpartition(".")[2]
    defined = re.search(rf"[\"']{re.escape(short)}[\"']", source)
    found = re.compile(rf"{keyword}\s*=\s*[\"']([^\"']+)[\"']")
    if defined:
        around = source[max(defined.start() - 200, 0) : defined.end() + 600]
        if match := found.search(around):
            return match[1]
    everywhere = found.findall(source)
    return everywhere[0] if len(set(everywhere)) == 1 else ""


async def awaited_run(other: Facts, case: Case) -> DagRun | None:
    """The run of the other dag for the date that the log polls, else its last one before."""
    try:
        runs = await other.runs()
    except NotFound:
        return None
    when = _awaited(case)
    if when is not None:
        return next(
            (r for r in runs if r.logical_date and abs(r.logical_date - when).total_seconds() < 1),
            None,
        )
    named = [run for run in runs if run.run_id in case.log_text]
    mine = case.target.run.logical_date if case.target.run else None
    same = [run for run in runs if mine and run.logical_date == mine]
    return next(iter([*named, *same, *runs]), None)


def _awaited(case: Case) -> datetime | None:
    """The logical date that a sensor's log says it polls."""
    for line in re.findall(r"(?i)poking for .{0,300}", case.log_text):
        if match := _MOMENT.search(line):
            moment = datetime.fromisoformat(match[0].replace(" ", "T"))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _is_late(run: DagRun, case: Case) -> bool:
    return run.end_date is not None and run.end_date > case.failed_at


async def _run_clue(other: Facts, run: DagRun, case: Case) -> Clue:
    text = f"dag {run.dag_id} run {run.run_id} is {run.state}"
    if run.state == "success" and run.end_date:
        ended = clock_time(run.end_date, case.failed_at)
        text = f"dag {run.dag_id} run {run.run_id} ended at {ended}Z"
    instances = await _instances(other, run)
    task = first_failed(instances)
    if task is not None:
        text += f": task {task.task_id} {task.state}"
    elif going := [one for one in instances if one.state == "running" and one.start_date]:
        longest = min(going, key=lambda one: one.start_date or case.failed_at)
        since = clock_time(longest.start_date or case.failed_at, case.failed_at)
        text += f": task {longest.task_id} runs since {since}Z"
    return Clue("airflow", text, "Airflow dag runs", confirms=True, rank=8)


async def _instances(other: Facts, run: DagRun) -> Sequence[TaskInstance]:
    try:
        return await other.instances(run.run_id)
    except DiagnosticError:
        # The run's own state is still worth saying.
        return ()


def _sentence(clues: list[Clue]) -> str:
    return clues[0].quote if clues else ""
