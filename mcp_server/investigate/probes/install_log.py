"""What pip or the start-up script said when the environment's workers were last built."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta

from mcp_server.backends import Logs
from mcp_server.domain.logs import FoundEvent
from mcp_server.errors import NotFound
from mcp_server.investigate.case import Case
from mcp_server.investigate.environment import log_group
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.plain import plain
from mcp_server.times import at_ms, ms

GROUPS = ("Worker", "Scheduler", "WebServer")
# MWAA's own images name the streams so; they stand in the groups of the components.
REQUIREMENTS, STARTUP = "requirements_install", "startup_script_execution"
ERRORS = (
    '?ERROR ?error ?Error ?conflict ?"No matching distribution" ?"not found" ?"depends on"'
    ' ?"user requested" ?denied ?failed'
)
_HEAD = re.compile(r"(?i)\berror\b:?|no matching distribution|not found|denied|failed")
_WHY = re.compile(r"(?i)depends on|user requested")
# An update takes up to an hour, and what it installed is what runs from then on.
LONGEST_UPDATE = timedelta(hours=2)
MOST = 3


async def install_log(case: Case) -> Finding:
    """Errors of the last install of requirements, or of the start-up script for a command."""
    logs = case.backends.logs
    if logs is None:
        return NOTHING
    prefix = STARTUP if case.category.startswith("bash.") else REQUIREMENTS
    since = await case.unbroken_since() - LONGEST_UPDATE
    start, end = ms(since), ms(case.failed_at)
    found = await asyncio.gather(
        *(_search(logs, log_group(case.environment, kind), prefix, start, end) for kind in GROUPS)
    )
    events = [one for events in found for one in events]
    if not events:
        return NOTHING
    newest = max(events, key=lambda one: one.timestamp_ms).log_stream
    mine = [one for one in events if one.log_stream == newest]
    head = next((one for one in mine if _HEAD.search(one.message)), None)
    if head is None:
        return NOTHING
    why = [one for one in mine if _WHY.search(one.message) and one is not head]
    said = plain(head.message).strip()
    clues = tuple(_clue(one, at) for at, one in enumerate([head, *why][:MOST]))
    tool = "the start-up script" if prefix == STARTUP else "pip"
    return Finding(
        clues,
        explains=f"{tool} said at the last install: {said}",
        names=(("install_stream", newest),),
    )


async def _search(
    logs: Logs, group: str, prefix: str, start: int, end: int
) -> Sequence[FoundEvent]:
    try:
        events, _ = await logs.search(
            group, ERRORS, stream_prefix=prefix, start_ms=start, end_ms=end, limit=50, pages=3
        )
    except NotFound:
        # The group is switched off, or no install of that time is kept.
        return ()
    return events


def _clue(one: FoundEvent, at: int) -> Clue:
    moment = at_ms(one.timestamp_ms)
    return Clue(
        "log",
        plain(one.message).strip(),
        f"{one.log_stream}, {moment:%Y-%m-%d %H:%M:%S}Z",
        at=moment,
        confirms=at == 0,
        rank=6 + at,
    )
