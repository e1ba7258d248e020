"""Whether the same task failed for the same reason before."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mcp_server.domain.airflow import DagRun, TaskInstance
from mcp_server.errors import DiagnosticError
from mcp_server.investigate.case import Case
from mcp_server.investigate.target import Target
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.task_log import TaskLog, read_task_log

RUNS = 10
AT_ONCE = 5
_TOKEN = re.compile(r"[\s\"'`(),;=\[\]{}]+")
_SUBJECT = re.compile(r"(?:Failure in test|Error in (?:model|snapshot|seed|test)) (\w+)")
# Of a page's address its numbers and what it asks for change from night to night; the page stays.
_ADDRESS = re.compile(r"(https?://[^\s?\"']{1,300})(?:\?[^\s\"')]*)?")
_NUMBER = re.compile(r"\d*<\w+>|\d+")
_MASK = re.compile(r"<(?:n|id|hex|time|tmp)>")


@dataclass(frozen=True, slots=True)
class Past:
    """How the task fared in the runs before; `runs` counts this one too."""

    runs: int
    failed: int
    same_cause_at: datetime | None = None
    unread: int = 0

    @property
    def recurring(self) -> bool:
        return self.same_cause_at is not None

    def said(self) -> str:
        """Say `3 of the last 10 runs; same cause on 2 Nov`."""
        if self.runs < 2:
            return "its first run on record"
        text = f"{self.failed} of the last {self.runs} runs"
        if self.same_cause_at:
            return f"{text}; same cause on {self.same_cause_at.day} {self.same_cause_at:%b}"
        if self.failed < 2:
            return f"{text}: this one alone"
        return f"{text}; {'not read why' if self.unread else 'other causes'}"


async def read_past(case: Case, pattern: str) -> Past:
    """Look at the last ten runs before the failed one. Raises DiagnosticError as REST does."""
    if case.facts is None:
        return Past(0, 0)
    before = _before(await case.facts.runs(), case.target)[:RUNS]
    if not before:
        return Past(1, 1)
    since = min(_moment(run) for run in before)
    failures = await case.facts.failures(since)
    task_id = case.target.root_task_id
    failed = [
        max(mine, key=lambda one: one.try_number)
        for run in before
        if (mine := [f for f in failures if f.task_id == task_id and f.run_id == run.run_id])
    ]
    window = {run.run_id for run in before[: RUNS - 1]}
    count = 1 + sum(one.run_id in window for one in failed)
    same, unread = await _same_cause(case, failed, pattern)
    return Past(len(window) + 1, count, same, unread)


def _before(runs: Sequence[DagRun], target: Target) -> list[DagRun]:
    """Runs older than the target's, newest first."""
    this = target.run or next((run for run in runs if run.run_id == target.run_id), None)
    others = [run for run in runs if run.run_id != target.run_id]
    older = [run for run in others if this is None or _moment(run) <= _moment(this)]
    return sorted(older, key=_moment, reverse=True)


def _moment(run: DagRun) -> datetime:
    return run.start_date or run.order or datetime.min.replace(tzinfo=UTC)


async def _same_cause(
    case: Case, failed: Sequence[TaskInstance], pattern: str
) -> tuple[datetime | None, int]:
    """When the newest failure with the same pattern ended, and how many logs were not to be had."""
    unread = 0
    if not pattern:
        return None, len(failed)
    for start in range(0, len(failed), AT_ONCE):
        batch = failed[start : start + AT_ONCE]
        logs = await asyncio.gather(*(_log_of(case, one) for one in batch))
        for one, log in zip(batch, logs, strict=True):
            if log is None or log.diagnosis is None:
                unread += 1
            elif same_cause(pattern, log.diagnosis.cause_pattern) and _same_subject(case, log):
                return one.end_date or one.start_date or case.failed_at, unread
    return None, unread


def _same_subject(case: Case, log: TaskLog) -> bool:
    """Whether both are about the same dbt node, where dbt's own line says the same of any."""
    mine = _SUBJECT.search(case.log_text)
    theirs = _SUBJECT.search("\n".join(event.message for event in log.events))
    return not mine or not theirs or mine[1] == theirs[1]


async def _log_of(case: Case, one: TaskInstance) -> TaskLog | None:
    wanted = TaskTry(one.dag_id, one.run_id, one.task_id, one.try_number, one.map_index)
    try:
        return await read_task_log(
            case.backends, case.environment, wanted, instance=one, budget_tokens=100
        )
    except DiagnosticError:
        # An old log may be gone: it counts as unread, not as another cause.
        return None


def same_cause(one: str, other: str) -> bool:
    """Whether two cause patterns tell the same: equal, or unlike only in generated names."""
    if one == other:
        return bool(one)
    mine, theirs = (_TOKEN.split(_ADDRESS.sub(_page, pattern)) for pattern in (one, other))
    return len(mine) == len(theirs) and all(
        a == b or (_is_generated(a) and _is_generated(b)) for a, b in zip(mine, theirs, strict=True)
    )


def _page(address: re.Match[str]) -> str:
    """A page whatever item of it was asked for: `https://ads.example.com/v#/act_#/insights`."""
    return _NUMBER.sub("#", address[1])


def _is_generated(token: str) -> bool:
    """A word like `pod-x7k2p` or `jr_9f…`, of which the pattern keeps letters between its masks."""
    return len(_MASK.findall(token)) >= 2
