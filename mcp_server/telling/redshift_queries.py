"""How queries are told: a list grouped by statement, and one with all about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from pydantic import BaseModel, Field

from mcp_server.redshift.details import Details
from mcp_server.redshift.rows import Found, QueryRun
from mcp_server.telling.redshift_words import (
    change_line,
    clock,
    compared_line,
    gap_lines,
    holder_words,
    load_error_line,
    outcome_line,
    query_line,
    rule_line,
    size,
    took,
    waiter_words,
)
from mcp_server.text import count
from mcp_server.times import iso


class StatementGroup(BaseModel):
    """Runs of one statement in the window."""

    generic_query_hash: str = ""
    runs: int
    failed: int
    usual_s: float = Field(description="Median seconds of all runs.")
    last: QueryRun


class QueriesAnswer(BaseModel):
    """Queries of a window, newest first, grouped by statement. Times: ISO 8601 UTC."""

    cluster: str
    since: str
    until: str
    queries: list[QueryRun] = Field(default_factory=list)
    groups: list[StatementGroup] = Field(default_factory=list)
    is_cut: bool = Field(default=False, description="True: there are more.")


class QueryAnswer(BaseModel):
    """One query with its waits, errors and transaction. Times: ISO 8601 UTC."""

    cluster: str
    query: QueryRun
    text: str = Field(description="The statement, its literals hidden.")
    details: Details


@dataclass(frozen=True, slots=True)
class ToldQueries:
    """Queries of one cluster in a window."""

    cluster: str
    since: datetime
    until: datetime
    found: Found[QueryRun]

    def data(self) -> QueriesAnswer:
        return QueriesAnswer(
            cluster=self.cluster,
            since=iso(self.since),
            until=iso(self.until),
            queries=list(self.found.rows),
            groups=[_group(runs) for runs in self._groups()],
            is_cut=self.found.cut,
        )

    def text(self) -> str:
        """Each statement once: its last run, its error, how often it ran."""
        runs = self.found.rows
        head = f"Redshift {self.cluster}, {iso(self.since)} to {iso(self.until)}: "
        if not runs:
            return f"{head}no such queries. {OWN_ROWS}"
        failed = sum(run.failed for run in runs)
        lines = [f"{head}{count(len(runs), 'query')}, {failed} failed or canceled, newest first."]
        for number, group in enumerate(self._groups(), 1):
            lines += self._told(number, group)
        if self.found.cut:
            lines.append("There are more: narrow the time, or raise limit.")
        return "\n".join(lines)

    def _told(self, number: int, group: Sequence[QueryRun]) -> list[str]:
        last = group[0]
        lines = [f"[{number}] {query_line(last, self.until)}"]
        if last.error:
            lines.append(f"    error: {last.error}")
        lines.append(f"    {last.text}")
        if len(group) > 1:
            others = [f"{run.query_id} {run.status}" for run in group[1:4]]
            usual = took(median([run.elapsed_s for run in group]))
            lines.append(
                f"    the same statement {count(len(group), 'time')}, usually {usual}; before: "
                f"{', '.join(others)}"
            )
        return lines

    def _groups(self) -> list[list[QueryRun]]:
        groups: dict[str, list[QueryRun]] = {}
        for run in self.found.rows:
            groups.setdefault(run.generic_query_hash or str(run.query_id), []).append(run)
        return list(groups.values())


OWN_ROWS = (
    "A database user sees its own queries only, unless it has SYSLOG ACCESS UNRESTRICTED or the "
    "role sys:monitor; the history goes back 7 days."
)


def _group(runs: Sequence[QueryRun]) -> StatementGroup:
    return StatementGroup(
        generic_query_hash=runs[0].generic_query_hash,
        runs=len(runs),
        failed=sum(run.failed for run in runs),
        usual_s=median([run.elapsed_s for run in runs]),
        last=runs[0],
    )


@dataclass(frozen=True, slots=True)
class ToldQuery:
    """One query with all about it; `now` is what "since" counts from."""

    cluster: str
    found: Details
    now: datetime

    def data(self) -> QueryAnswer:
        return QueryAnswer(
            cluster=self.cluster, query=self.found.run, text=self.found.text, details=self.found
        )

    def text(self) -> str:
        """Error and waits first, then the statement, then what else is known."""
        run = self.found.run
        lines = [f"Redshift {self.cluster}: {query_line(run, self.now)}"]
        lines.append(
            f"{run.query_type or 'statement'} in session {run.session_id}, transaction "
            f"{run.transaction_id}, ended {clock(run.end, self.now)}"
            f"{f', queue {run.service_class}' if run.service_class else ''}"
            f"{f', {run.returned_rows:,} rows returned' if run.returned_rows else ''}"
        )
        if run.error:
            lines.append(f"error: {run.error}")
        lines += self._in_the_way()
        lines += self._work()
        lines.append(f"statement: {self.found.text}")
        lines += [f"not checked: {line}" for line in gap_lines(self.found.gaps)]
        return "\n".join(lines)

    def _in_the_way(self) -> list[str]:
        found, lines = self.found, []
        if found.waiter:
            lines.append(f"lock: {waiter_words(found.waiter, self.now)}")
            lines += [f"  {holder_words(h, self.now)}" for h in found.waiter.holders]
            if not found.waiter.holders:
                lines.append("  who held it is not to be seen any more")
        lines += [f"load error: {load_error_line(e, self.now)}" for e in found.load_errors]
        if found.rule:
            lines.append(f"rule: {rule_line(found.rule, self.now)}")
        lines += [f"changed before: {change_line(c, self.now)}" for c in found.changes]
        if found.outcome and found.outcome.state != "unknown":
            lines.append(outcome_line(found.outcome, self.now))
        return lines

    def _work(self) -> list[str]:
        found, lines = self.found, []
        if found.compared:
            lines.append(f"duration: {compared_line(found.compared)}")
        spilled = sum(step.mb_spilled for step in found.steps)
        if spilled:
            tables = {step.table for step in found.steps if step.mb_spilled} - {""}
            lines.append(f"spilled {size(spilled)} to disk: {', '.join(sorted(tables)) or '-'}")
        lines += [
            f"skewed: step {step.name or step.level} of {step.table or 'the query'}, data skewness "
            f"{step.skew:.0f} %"
            for step in found.steps
            if step.skew >= 50
        ]
        alerts = [step.alert for step in found.steps if step.alert] + list(found.alerts)
        lines += [f"planner: {alert}" for alert in dict.fromkeys(alerts)]
        return lines
