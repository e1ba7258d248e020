"""What scheduler and workers say about a task whose own log does not tell why it ended."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta

from mcp_server.backends import Logs
from mcp_server.diagnostics.cause import diagnose_log
from mcp_server.domain.logs import FoundEvent, LogEvent
from mcp_server.errors import NotFound
from mcp_server.investigate.case import Case
from mcp_server.investigate.environment import log_group
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.plain import plain
from mcp_server.investigate.reason import words_of
from mcp_server.times import at_ms, ms

AROUND = timedelta(minutes=10)
_TELLING = re.compile(
    r"(?i)zombie|heartbeat|stuck in queued|finished \(failed\)|killed externally|externally set"
    r"|sigterm|sigkill|out of memory|workerlost|adopt|orphan|timed.?out|not able to be run|starv"
    r"|no slots|concurrency|max_active|error|exception|shutting down|warm shutdown|-9\b"
)
_RUN_ID = re.compile(r"\b(?:scheduled|manual|backfill|dataset_triggered|asset_triggered)__\S+")
MOST = 3


async def scheduler_lines(case: Case) -> Finding:
    """Lines of the Scheduler and Worker groups that name the task and tell of trouble."""
    logs = case.backends.logs
    if logs is None or (case.log is not None and case.log.component_lines):
        return NOTHING
    found = await asyncio.gather(*(_search(case, logs, kind) for kind in ("Scheduler", "Worker")))
    telling = [one for lines in found for one in lines if _TELLING.search(one.message)]
    if not telling:
        return NOTHING
    alone = case.category == "unknown" or case.log is None or not case.log.source
    clues = tuple(_clue(one, confirms=alone) for one in telling[:MOST])
    told = diagnose_log([LogEvent(one.timestamp_ms, one.message) for one in telling])
    if not alone or told.category == "unknown":
        return Finding(clues)
    category = told.category if case.category == "unknown" else ""
    return Finding(clues, category=category, cause_line=words_of(told))


async def _search(case: Case, logs: Logs, kind: str) -> Sequence[FoundEvent]:
    target = case.target
    words = [target.dag_id, target.root_task_id] if target.root_task_id else [target.dag_id]
    try:
        events, _ = await logs.search(
            log_group(case.environment, kind),
            " ".join(f'"{word}"' for word in words),
            start_ms=ms(case.started_at - AROUND),
            end_ms=ms(case.failed_at + AROUND),
            limit=50,
            pages=3,
        )
    except NotFound:
        # The group is switched off: nothing is written there.
        return ()
    return [one for one in events if not _is_of_another_run(one.message, target.run_id)]


def _is_of_another_run(message: str, run_id: str) -> bool:
    named = _RUN_ID.findall(message)
    return bool(run_id and named) and run_id not in message


def _clue(one: FoundEvent, *, confirms: bool) -> Clue:
    at = at_ms(one.timestamp_ms)
    text = plain(one.message)
    line = next((row for row in text.splitlines() if _TELLING.search(row)), text)
    return Clue(
        "log", line, f"{one.log_stream}, {at:%Y-%m-%d %H:%M:%S}Z", at=at, confirms=confirms, rank=14
    )
