"""What the rest of a run says about one of its tasks: siblings, roots, what came after."""

from collections.abc import Sequence

from mcp_server.backends import Airflow
from mcp_server.domain.airflow import DagRun, TaskInstance
from mcp_server.errors import DiagnosticError
from mcp_server.reading.calls import asking
from mcp_server.reading.ended import left_undone
from mcp_server.reading.identity import BROKEN, find_root
from mcp_server.reading.indexes import said_indexes
from mcp_server.text import count
from mcp_server.times import iso

LATER_RUNS, MOST_NAMES = 10, 5
OWN_FAULT = ("failed", "up_for_retry")


def cut_off(run: DagRun, one: TaskInstance, everything: Sequence[TaskInstance]) -> str:
    """That a task did not fail but was ended with its run; "" for others."""
    if any(other.state in OWN_FAULT for other in everything):
        return ""
    if one.start_date is None or one.task_id not in left_undone(everything, run):
        return ""
    at = f" at {iso(run.end_date)}" if run.end_date else ""
    return f"it did not fail: the end of its run{at} cut it off (get_dag_run says why)"


def siblings(one: TaskInstance, everything: Sequence[TaskInstance]) -> str:
    """Which instances of a mapped task failed beside this one; "" when none did."""
    same = [other for other in everything if other.task_id == one.task_id]
    failed = [other.map_index for other in same if other.state in BROKEN]
    if one.map_index < 0 or len(failed) < 2:
        return ""
    listed = said_indexes(failed)
    return f"{len(failed)} of {len(same)} mapped instances failed: {listed}; map_index= opens one"


def other_failures(one: TaskInstance, everything: Sequence[TaskInstance]) -> str:
    """Which other tasks of the run failed of themselves; "" when none did."""
    failed = [other for other in everything if other.state in OWN_FAULT]
    names = list(dict.fromkeys(x.task_id for x in failed if x.task_id != one.task_id))
    if not names:
        return ""
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{count(len(names), 'other task')} of this run failed: " + (
        f"{', '.join(names[:MOST_NAMES])}{rest}; get_dag_run shows them in order of time"
    )


async def root_of(airflow: Airflow, run: DagRun, one: TaskInstance) -> str:
    """Whose failure made a task upstream_failed, and the call that opens its log; "" for others."""
    if one.state != "upstream_failed":
        return ""
    try:
        root = await find_root(airflow, run, one)
    except DiagnosticError as wrong:
        return f"its root is not known: {wrong}"
    if root is one:
        return "no failed task stands upstream of it any more (cleared, or removed from the dag)"
    at = f" at {iso(root.end_date)}" if root.end_date else ""
    index = f"[{root.map_index}]" if root.map_index >= 0 else ""
    return f"{root.task_id}{index} failed{at}: " + asking(
        "get_task_log",
        dag_id=run.dag_id,
        run_id=run.run_id,
        task_id=root.task_id,
        map_index=root.map_index,
    )


async def later_runs(airflow: Airflow, run: DagRun) -> str:
    """How the dag's runs after this one went; "" when there are none, or none could be had."""
    if run.order is None:
        return ""
    try:
        runs = await airflow.dag_runs(run.dag_id, limit=LATER_RUNS)
    except DiagnosticError:
        # An aside: what was asked for is there without it.
        return ""
    later = [one for one in runs if one.order and one.order > run.order]
    good = [one for one in later if one.state == "success"]
    if not good:
        return ""
    most = " or more" if len(later) == LATER_RUNS else ""
    return (
        f"{len(good)}{most} later runs succeeded, the last ended {iso(good[0].end_date)}"
        if (len(good) > 1)
        else f"a later run succeeded, {good[0].run_id} at {iso(good[0].end_date)}"
    )
