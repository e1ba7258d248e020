"""Whether a failure is over: a later try of the task succeeded, or the task in a later run."""

from datetime import datetime

from mcp_server.investigate.facts import Facts
from mcp_server.investigate.target import Target


def read_recovery(target: Target) -> str:
    """Say `03:21, try 3` when the alert's task succeeded after the failed try."""
    own, failed = target.own, target.failed
    if own is None or own.state != "success" or own.end_date is None:
        return ""
    when = f"{own.end_date:%H:%M}"
    if failed is not None and own.try_number > failed.try_number:
        return f"{when}, try {own.try_number}"
    return f"{when}, marked success"


async def recovered_since(facts: Facts | None, target: Target) -> str:
    """The same, or `04:12, in run scheduled__...`: the first later run in which the task succeeded.

    "" when it has not recovered. Raises DiagnosticError as REST does.
    """
    known = read_recovery(target)
    return known if known or facts is None else await _later_run(facts, target)


async def _later_run(facts: Facts, target: Target) -> str:
    own, run = target.own, target.run
    if own is None or run is None or own.end_date is None or run.order is None:
        return ""
    later = {
        one.run_id
        for one in await facts.later_runs(run.start_date or run.order)
        if one.run_id != run.run_id and one.order is not None and one.order > run.order
    }
    ended = [
        (one.end_date, one.run_id)
        for one in await facts.ended_well(own.end_date)
        if one.task_id == own.task_id and one.run_id in later and one.end_date is not None
    ]
    return _said(*min(ended), own.end_date) if ended else ""


def _said(at: datetime, run_id: str, failed_at: datetime) -> str:
    day = "" if at.date() == failed_at.date() else f"{at.day} {at:%b} "
    return f"{day}{at:%H:%M}, in run {run_id}"
