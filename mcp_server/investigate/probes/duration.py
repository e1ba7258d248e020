"""Did the task take longer each time: its durations in the runs before."""

from statistics import median

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.times import span

RUNS = 10
GROWN = 1.5


async def duration(case: Case) -> Finding:
    """The failed try's duration against the same task's in runs that succeeded."""
    failed = case.target.failed
    if case.facts is None or failed is None or not failed.start_date or not failed.end_date:
        return NOTHING
    runs = [run for run in await case.facts.runs() if run.run_id != failed.run_id][:RUNS]
    begun = [
        run.start_date for run in runs if run.start_date and run.start_date < failed.start_date
    ]
    if not begun:
        return NOTHING
    before = await case.facts.succeeded(min(begun))
    mine = sorted(
        (one for one in before if one.task_id == failed.task_id and one.end_date),
        key=lambda one: one.end_date or case.failed_at,
    )
    past = [one.duration for one in mine if one.duration]
    if not past:
        return NOTHING
    took = (failed.end_date - failed.start_date).total_seconds()
    usual = median(past)
    text = f"{failed.task_id} ran {span(took)}; usually {span(usual)} ({len(past)} runs"
    text += f", the last ones {', '.join(span(one) for one in past[-3:])})"
    grew = took > GROWN * usual
    clue = Clue("airflow", text, "Airflow, durations of the task", rank=25, confirms=False)
    rising = len(past) > 3 and past[-1] > GROWN * past[0]
    explains = ""
    if rising:
        explains = f"its duration has grown from {span(past[0])} to {span(past[-1])}"
    elif grew and case.category == "timeout.task":
        explains = f"it usually takes {span(usual)}"
    return Finding((clue,), explains=explains) if grew or rising else NOTHING
