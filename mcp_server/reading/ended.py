"""Runs that failed although none of their tasks did: what was cut off, and by what."""

from collections.abc import Sequence
from datetime import timedelta

from mcp_server.domain.airflow import DagRun, TaskInstance
from mcp_server.reading.durations import NEAR_TIMEOUT, run_seconds
from mcp_server.times import span

WITH_ITS_RUN = timedelta(seconds=30)
MOST_NAMES = 6


def left_undone(instances: Sequence[TaskInstance], run: DagRun | None) -> tuple[str, ...]:
    """Tasks of a run that ended without a failed task: what its time limit cut off.

    Airflow skips these when the run times out; a branch skips long before the run's end.
    """
    if run is None or run.state != "failed":
        return ()
    cut = [
        one.task_id
        for one in instances
        if (one.state or "") not in ("success", "failed", "removed")
        and (one.state != "skipped" or _ends_with(one, run))
    ]
    return tuple(dict.fromkeys(cut))


def _ends_with(one: TaskInstance, run: DagRun) -> bool:
    if one.end_date is None:
        return True  # a branch that skips writes an end; what was cut off in its work has none
    if run.end_date is None:
        return one.start_date is None
    return abs(run.end_date - one.end_date) <= WITH_ITS_RUN


def why_ended(
    run: DagRun, instances: Sequence[TaskInstance], timeout_s: float | None = None
) -> str:
    """One sentence on a failed run without a failed task; `timeout_s` None: not known."""
    cut = left_undone(instances, run)
    undone = f"; left undone: {_some(cut)}" if cut else ""
    return f"no task failed: {_stopped_by(run, instances, timeout_s)}{undone}"


def _stopped_by(run: DagRun, instances: Sequence[TaskInstance], timeout_s: float | None) -> str:
    took = run_seconds(run.start_date, run.end_date)
    if timeout_s and took and took >= NEAR_TIMEOUT * timeout_s:
        return f"the run ran into its dagrun_timeout of {span(timeout_s)}"
    if any(not one.state for one in instances):
        return "none that is left could start (deadlock: trigger rules, depends_on_past)"
    if timeout_s:
        return f"marked failed by hand, before its dagrun_timeout of {span(timeout_s)}"
    return "a dagrun_timeout, or marked failed by hand"


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + rest
