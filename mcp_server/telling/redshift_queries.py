"""How queries are told: a list grouped by statement, and one with all about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from pydantic import BaseModel, Field

from mcp_server.redshift.details import Details
from mcp_server.redshift.rows import Found, QueryRun
from mcp_server.redshift.statements import statement
from mcp_server.telling.redshift_next import query_step
from mcp_server.telling.redshift_words import (
    chain_words,
    change_line,
    clock,
    compared_line,
    conflict_lines,
    gap_lines,
    load_error_lines,
    load_line,
    outcome_line,
    query_line,
    rule_line,
    size,
    took,
    waiter_words,
)
from mcp_server.text import count
from mcp_server.times import iso

# Of a transaction so many other writes are told.
MOST_OTHERS = 3


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
        which = "the newest " if self.found.cut else ""
        lines = [
            f"{head}{which}{count(len(runs), 'query')}, {failed} failed or canceled, newest first."
        ]
        for number, group in enumerate(self._groups(), 1):
            lines += self._told(number, group)
        if self.found.cut:
            lines.append(
                "There are more: narrow the time or raise limit; check_redshift counts failures."
            )
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
            f"{run.transaction_id}, {self._end()}"
            f"{f', queue {run.service_class}' if run.service_class else ''}"
            f"{f', {run.returned_rows:,} rows returned' if run.returned_rows else ''}"
        )
        if run.error:
            lines.append(f"error: {run.error}")
        lines += self._in_the_way()
        lines += self._work()
        lines.append(f"statement: {self.found.text}")
        if step := query_step(self.found):
            lines.append(f"next: {step}")
        lines += [f"not checked: {line}" for line in gap_lines(self.found.gaps)]
        return "\n".join(lines)

    def _end(self) -> str:
        run = self.found.run
        if run.end is None and run.is_open:
            return "not over yet"
        return f"ended {clock(run.end, self.now)}"

    def _in_the_way(self) -> list[str]:
        found, lines = self.found, []
        if found.waiter:
            lines.append(f"lock: {waiter_words(found.waiter, self.now)}")
            lines += [f"  {line}" for line in chain_words(found.waiter, self.now)]
            if not found.waiter.holders:
                lines.append("  who held it is not to be seen any more")
        if found.ended_by:
            by = found.ended_by
            lines.append(
                f"ended by: user {by.user} {clock(by.start, self.now)}, query {by.query_id}: "
                f"{by.text}"
            )
        if found.conflict:
            first, *others = conflict_lines(found.conflict, self.now)
            lines += [f"conflict: {first}", *others]
        lines += [f"load error: {line}" for line in load_error_lines(found.load_errors, self.now)]
        if found.rule:
            lines.append(f"rule: {rule_line(found.rule, self.now)}")
        lines += [f"changed before: {change_line(c, self.now)}" for c in found.changes]
        return [*lines, *self._transaction()]

    def _transaction(self) -> list[str]:
        outcome = self.found.outcome
        if outcome is None or outcome.state == "unknown":
            return []
        others = [run for run in outcome.writes if run.query_id != self.found.run.query_id]
        lines = [outcome_line(outcome, self.now)]
        lines += [f"  with query {run.query_id}: {run.text}" for run in others[:MOST_OTHERS]]
        if len(others) > MOST_OTHERS:
            lines.append(f"  and {count(len(others) - MOST_OTHERS, 'more write')}")
        return lines

    def _work(self) -> list[str]:
        found, lines = self.found, []
        if found.load:
            lines.append(f"loaded: {load_line(found.load, self.now)}")
        if found.compared:
            lines.append(f"duration: {compared_line(found.compared)}")
        work = found.work
        if work.spilled_mb:
            tables = f" reading {', '.join(work.tables)}" if work.tables else ""
            lines.append(f"spilled {size(work.spilled_mb)} to disk{tables}")
        lines += [
            f"skewed: step {step.name or step.level} of {step.table or 'the query'}, data skewness "
            f"{step.skew:.0f} %"
            for step in work.steps
            if step.skew >= statement("query_steps").threshold("data_skewness")
        ]
        return [*lines, *(f"planner: {alert}" for alert in work.alerts)]
