"""Which DagRun is meant: a run id, a logical date, the latest, the latest that failed."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import PurePath

from mcp_server.backends import Airflow
from mcp_server.domain.airflow import FAILED_STATES, DagRun, ImportFailure
from mcp_server.errors import BadRequest, DiagnosticError, NotFound
from mcp_server.near import near, said_near
from mcp_server.reading.together import both, gather
from mcp_server.text import clipped
from mcp_server.times import iso

LATEST, LATEST_FAILED = "latest", "latest_failed"
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")
LOOKED_AT, MOST_FILES = 100, 3


async def find_run(airflow: Airflow, dag_id: str, run: str = LATEST) -> DagRun:
    """Return the run for a run id, an ISO logical date, "latest" or "latest_failed".

    A run that still goes on counts as failed once a task of it failed; where no run failed the
    last one in which a task did is "latest_failed". NotFound lists the runs, or
    the dags, that are near.
    """
    run = run.strip()
    if run in ("", LATEST):
        return await _latest(airflow, dag_id)
    if run == LATEST_FAILED:
        return await _latest_failed(airflow, dag_id)
    if _DATE.fullmatch(run):
        return await _by_date(airflow, dag_id, run)
    try:
        return await airflow.dag_run(dag_id, run)
    except NotFound:
        return _like(run, await _runs(airflow, dag_id), dag_id)


async def unknown_dag(airflow: Airflow, dag_id: str) -> NotFound:
    """The error for a dag that does not exist: the near ones, and files that do not parse."""
    dags, failures = await both(partial(airflow.dags, limit=500), airflow.import_failures)
    if isinstance(dags, DiagnosticError):
        raise dags
    near_ones = said_near(dag_id, [dag.dag_id for dag in dags], noun="dags")
    # Near names are worth saying without the files.
    broken = "" if isinstance(failures, DiagnosticError) else _unparsed(failures, dag_id)
    return NotFound(f"No dag named {dag_id!r}. {near_ones}{broken}".rstrip())


def _unparsed(failures: Sequence[ImportFailure], dag_id: str) -> str:
    """A dag may be gone because its file does not parse: then that is the answer."""
    named = [f for f in failures if PurePath(f.filename).stem == dag_id or dag_id in f.stack_trace]
    shown = named or list(failures)[:MOST_FILES]
    said = "; ".join(
        f"{one.filename} ({clipped(last_line(one.stack_trace), 160)}, since {iso(one.timestamp)})"
        for one in shown
    )
    return f" Files that do not parse, so their dags may be missing: {said}." if said else ""


def last_line(traceback: str) -> str:
    """The last line that says something: the exception."""
    return next((line.strip() for line in reversed(traceback.split("\n")) if line.strip()), "")


async def _runs(airflow: Airflow, dag_id: str, limit: int = LOOKED_AT) -> Sequence[DagRun]:
    try:
        runs = await airflow.dag_runs(dag_id, limit=limit)
    except NotFound as missing:
        raise await unknown_dag(airflow, dag_id) from missing
    if runs:
        return runs
    try:
        await airflow.dag(dag_id)
    except NotFound as missing:
        raise await unknown_dag(airflow, dag_id) from missing
    raise NotFound(f"Dag {dag_id} has no runs yet. get_dag shows its schedule.")


async def _latest(airflow: Airflow, dag_id: str) -> DagRun:
    return (await _runs(airflow, dag_id, 1))[0]


async def _latest_failed(airflow: Airflow, dag_id: str) -> DagRun:
    failed, running = await gather(
        lambda: _some(airflow, dag_id, "failed"), lambda: _some(airflow, dag_id, "running")
    )
    for run in running:
        if failed and _order(failed[0]) > _order(run):
            break
        if await airflow.task_instances(
            dag_id, run.run_id, states=tuple(sorted(FAILED_STATES)), limit=1
        ):
            return run
    if failed:
        return failed[0]
    # Trigger rules let a run succeed although a task of it failed.
    tasks = await airflow.task_instances(dag_id, "~", states=("failed",), limit=LOOKED_AT)
    if tasks:
        return await airflow.dag_run(dag_id, tasks[0].run_id)
    runs = await _runs(airflow, dag_id, 10)
    raise NotFound(f"No failed run of {dag_id}. Its last runs: {_listed(runs)}.")


async def _some(airflow: Airflow, dag_id: str, state: str) -> Sequence[DagRun]:
    try:
        return await airflow.dag_runs(dag_id, state=state, limit=3)
    except NotFound as missing:
        raise await unknown_dag(airflow, dag_id) from missing


def _order(run: DagRun) -> datetime:
    return run.order or datetime.min.replace(tzinfo=UTC)


async def _by_date(airflow: Airflow, dag_id: str, said: str) -> DagRun:
    since, until = _window(said)
    try:
        dated = await airflow.dag_runs_of(dag_id, since, until)
    except NotFound as missing:
        raise await unknown_dag(airflow, dag_id) from missing
    # A day means the logical date; a time may also be that at which the run was due.
    first = 1 if len(said) == 10 else 2
    found = [r for r in dated if any(since <= at < until for at in _moments(r)[:first])]
    exact = [run for run in found if run.logical_date and since <= run.logical_date < until]
    found = exact if len(exact) == 1 and first == 2 else found
    if len(found) == 1:
        return found[0]
    if not found:
        runs = await _runs(airflow, dag_id, 8)
        raise NotFound(f"No run of {dag_id} with logical date {said}. Latest: {_listed(runs)}.")
    raise BadRequest(
        f"{len(found)} runs of {dag_id} are of {said}, give one as run_id: {_listed(found[:10])}."
    )


def _window(said: str) -> tuple[datetime, datetime]:
    """The time that a date covers, as precise as it was given: day, hour, minute or second."""
    try:
        at = datetime.fromisoformat(said.replace(" ", "T", 1))
    except ValueError:
        raise BadRequest(
            'Not a date. Give the logical date as ISO 8601, "2026-11-22T00:00:00Z".'
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    given = len(re.findall(r":\d\d", re.sub(r"(?<=\d)[+-]\d\d:?\d\d$", "", said)))
    spans = (timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))
    long = timedelta(days=1) if len(said) == 10 else spans[min(given, 2)]
    start = at.astimezone(UTC).replace(microsecond=0)
    return start, start + long


def _moments(run: DagRun) -> list[datetime]:
    return [moment for moment in (run.logical_date, run.run_after) if moment]


def _like(run: str, runs: Sequence[DagRun], dag_id: str) -> DagRun:
    """The run whose id differs only by what log streams, URLs and mail make of it."""
    same = [r for r in runs if _plain(r.run_id) == _plain(run)]
    if same:
        return same[0]
    ids = near(run, [r.run_id for r in runs]) or [r.run_id for r in runs[:5]]
    listed = _listed([r for r in runs if r.run_id in ids])
    raise NotFound(f"No run {run!r} of {dag_id} among its last {len(runs)}. Near: {listed}.")


def _plain(run_id: str) -> str:
    return re.sub(r"[:_+ ]|%3A|%2B", "_", run_id, flags=re.IGNORECASE)


def _listed(runs: Sequence[DagRun]) -> str:
    return ", ".join(f"{r.run_id} ({r.state}{_ended(r)})" for r in runs)


def _ended(run: DagRun) -> str:
    return f" {iso(run.end_date)}" if run.end_date else ""
