"""CloudWatch alarms that changed state near the failure."""

from datetime import timedelta

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=2)
MOST = 3


async def alarms(case: Case) -> Finding:
    """Alarms that went off in the half hour before the failure."""
    if case.backends.alarms is None:
        return NOTHING
    changes = await case.backends.alarms.changes(
        since=min(case.started_at, case.failed_at - BEFORE), until=case.failed_at + AFTER
    )
    gone_off = [one for one in changes if one.after == "ALARM"]
    clues = tuple(
        Clue(
            "alarm",
            f"alarm {one.name} went off at {clock_time(one.at, case.failed_at)}Z: {one.reason}",
            "CloudWatch alarm history",
            at=one.at,
            rank=35,
        )
        for one in gone_off[:MOST]
    )
    return Finding(clues) if clues else NOTHING
