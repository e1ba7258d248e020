"""What a probe is given: one failure, what is known of it so far, and where to ask."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mcp_server.backends import Backends
from mcp_server.domain.airflow import Environment
from mcp_server.errors import DiagnosticError
from mcp_server.investigate.facts import Facts
from mcp_server.investigate.names import names_of
from mcp_server.investigate.question import Question
from mcp_server.investigate.shared import Shared
from mcp_server.investigate.target import Target
from mcp_server.reading.task_log import TaskLog

PATIENCE_S = 3.0
ENDS = 150
LONGEST_TEXT = 200_000
LONGEST_LOOK_BACK = timedelta(days=3)


@dataclass(frozen=True)
class Case:
    """One failure. `facts` is None when Airflow is not asked, `log` when none was read."""

    question: Question
    backends: Backends
    shared: Shared
    environment: Environment
    target: Target
    category: str
    facts: Facts | None = None
    log: TaskLog | None = None
    names: dict[str, str] = field(default_factory=dict)

    @property
    def failed_at(self) -> datetime:
        """When the failed try ended, else the alert's own time."""
        failed = self.target.failed
        return (failed.end_date if failed else None) or self.question.at

    @property
    def started_at(self) -> datetime:
        """When the failed try began, else an hour before its end."""
        failed = self.target.failed
        began = (failed.start_date or failed.queued_when) if failed else None
        return began or self.failed_at - timedelta(hours=1)

    @property
    def log_text(self) -> str:
        """Head and tail of the log, for names that the cause line does not hold."""
        if self.log is None:
            return self.question.said
        digest = self.log.diagnosis.digest if self.log.diagnosis else ""
        events = self.log.events
        kept = events if len(events) <= 2 * ENDS else (*events[:ENDS], *events[-ENDS:])
        return "\n".join([digest, *(event.message[:4000] for event in kept)])[:LONGEST_TEXT]

    async def unbroken_since(self) -> datetime:
        """From when on a change can explain the failure: the last run that succeeded before it.

        Three days at most; a day when no success is known.
        """
        earliest = self.failed_at - LONGEST_LOOK_BACK
        success = await self.last_success()
        return max(earliest, success) if success else self.failed_at - timedelta(days=1)

    async def last_success(self) -> datetime | None:
        """When the last successful run before this one began; None when not known."""
        if self.facts is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                runs = await self.facts.runs()
        except (DiagnosticError, TimeoutError):
            # Said by the part that reads the earlier runs; here a day back is looked at instead.
            return None
        before = [r for r in runs if r.state == "success" and r.run_id != self.target.run_id]
        begun = [r.start_date for r in before if r.start_date and r.start_date < self.started_at]
        return max(begun, default=None)


def with_names(case: Case, cluster: str = "") -> Case:
    """The case with the names that its log holds; `cluster` is the configured one."""
    diagnosis = case.log.diagnosis if case.log else None
    entities = diagnosis.entities if diagnosis else {}
    cause = diagnosis.cause_line if diagnosis else case.question.said
    case.names.update(names_of(entities, cause, case.log_text))
    case.names["environment"] = case.environment.name
    if cluster and case.category.startswith(("database.", "dbt.")):
        case.names["configured_cluster"] = cluster
    return case
