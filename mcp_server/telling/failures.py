"""How a window's failures are told."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.diagnostics.lines import Numbering, lines_of
from mcp_server.reading.calls import asking
from mcp_server.reading.failures import UNEXPLAINED, Cause, Failure, Failures
from mcp_server.reading.task_log import TaskLog
from mcp_server.text import clipped, count
from mcp_server.times import iso

MOST_CAUSES, MOST_TASKS, MOST_FLAPPING, MOST_RUNS = 15, 6, 8, 6
OVER = ("recovered", "succeeded since")


class FailedTry(BaseModel):
    """A try that failed."""

    model_config = ConfigDict(frozen=True)

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 0
    at: str = ""
    fate: str = Field(default="failed", description="failed, recovered, runs again, ...")


class CauseGroup(BaseModel):
    """Failures with one cause."""

    model_config = ConfigDict(frozen=True)

    category: str = ""
    cause_line: str = ""
    cause_pattern: str = ""
    count: int
    recovered: int = 0
    first_at: str = ""
    last_at: str = ""
    tasks: dict[str, int] = Field(default_factory=dict, description="dag_id.task_id: failures.")
    last: FailedTry


class FlappingTask(BaseModel):
    """A task that fails now and then."""

    model_config = ConfigDict(frozen=True)

    task: str
    runs: int
    failed: int
    line: str = Field(description="Runs, oldest first: F failed, . succeeded.")


class FailuresAnswer(BaseModel):
    """What failed in a window. Times: ISO 8601 UTC."""

    environment: str
    since: str
    until: str
    failures: int
    causes: list[CauseGroup] = Field(default_factory=list)
    flapping: list[FlappingTask] = Field(default_factory=list)
    upstream_failed: int = 0
    runs_alone: list[str] = Field(
        default_factory=list, description="dag_id run_id: failed though none of their tasks did."
    )
    is_cut: bool = Field(default=False, description="True: there was more than was read.")
    not_checked: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToldFailures:
    """Failures of one environment in a window."""

    environment: str
    since: datetime
    until: datetime
    found: Failures

    def data(self) -> FailuresAnswer:
        """The facts."""
        return FailuresAnswer(
            environment=self.environment,
            since=iso(self.since),
            until=iso(self.until),
            failures=len(self.found.all),
            causes=[_group(cause) for cause in self.found.causes[:MOST_CAUSES]],
            flapping=[
                FlappingTask(task=one.name, runs=one.runs, failed=one.failed, line=one.line)
                for one in self.found.flapping[:MOST_FLAPPING]
            ],
            upstream_failed=self.found.upstream_failed,
            runs_alone=[f"{one.dag_id} {one.run_id}" for one in self.found.runs],
            is_cut=self.found.is_cut,
            not_checked=list(self.found.not_checked),
        )

    def text(self) -> str:
        """The same, to read."""
        lines = [self._head()]
        for number, cause in enumerate(self.found.causes[:MOST_CAUSES], 1):
            lines += _told(number, cause)
        rest = self.found.causes[MOST_CAUSES:]
        if rest:
            left = sum(len(one.failures) for one in rest)
            lines.append(f"({count(len(rest), 'cause')} more with {count(left, 'failure')})")
        lines += self._flapping()
        if self.found.upstream_failed:
            lines.append(f"{count(self.found.upstream_failed, 'task')} upstream_failed after them")
        lines += self._runs()
        if self.found.is_cut:
            lines.append("There was more than was read: narrow since/until, or give dag_id.")
        lines += [f"not checked: {clipped(what, 300)}" for what in self.found.not_checked]
        return "\n".join([*lines, *self._next()])

    def _head(self) -> str:
        failures = self.found.all
        window = f"{iso(self.since)} to {iso(self.until)} in {self.environment}"
        if not failures:
            return f"No task failed from {window}."
        dags = len({one.instance.dag_id for one in failures})
        read = [cause for cause in self.found.causes if not cause.kind]
        return (
            f"{count(len(failures), 'failure')} in {count(dags, 'dag')},"
            f" {count(len(read), 'cause')}, {window}"
        )

    def _flapping(self) -> list[str]:
        found = self.found.flapping[:MOST_FLAPPING]
        return [
            f"flapping: {one.name} failed {one.failed} of {one.runs} runs ({one.line})"
            for one in found
        ]

    def _runs(self) -> list[str]:
        """Runs that failed although no task of them did."""
        runs = self.found.runs
        if not runs:
            return []
        named = [f"{one.dag_id} {one.run_id} {iso(one.end_date)}".rstrip() for one in runs]
        rest = f" and {len(runs) - MOST_RUNS} more" if len(runs) > MOST_RUNS else ""
        last = asking("get_dag_run", dag_id=runs[-1].dag_id, run_id=runs[-1].run_id)
        return [
            f"{count(len(runs), 'run')} failed without a failed task (dagrun_timeout, or by hand): "
            f"{'; '.join(named[-MOST_RUNS:])}{rest}",
            f"    what was cut off: {last}",
        ]

    def _next(self) -> list[str]:
        standing = [one for one in self.found.all if one.fate not in OVER]
        if not standing:
            return []
        last = max(standing, key=lambda one: iso(one.at)).instance
        asked = asking(
            "diagnose_failure",
            dag_id=last.dag_id,
            run_id=last.run_id,
            task_id=last.task_id,
            map_index=last.map_index,
        )
        return [f"why, with proof: {asked}"]


def _told(number: int, cause: Cause) -> list[str]:
    first, last = iso(cause.failures[0].at), iso(cause.failures[-1].at)
    when = first if len(cause.failures) == 1 else f"{first} to {last}"
    return [
        f"[{number}] {len(cause.failures)}x {_cause(cause)}",
        f"    {_tasks(cause)}{_fates(cause)}{_run_states(cause)}; {when};"
        f" last {_try(cause.failures[-1])}",
    ]


def _cause(cause: Cause) -> str:
    log = cause.failures[-1].log
    if log is None:
        return cause.pattern
    if cause.kind == UNEXPLAINED:
        return clipped(f"no cause in the log, which ends: {_end(log)}", 260)
    if cause.kind or cause.diagnosis is None:
        return clipped(log.missing, 260)
    return f"{cause.diagnosis.category}: {clipped(cause.diagnosis.cause_line, 220)}"


def _tasks(cause: Cause) -> str:
    counts = Counter(one.name for one in cause.failures)
    shown = [f"{name} ({n})" if n > 1 else name for name, n in counts.most_common(MOST_TASKS)]
    rest = f" and {len(counts) - MOST_TASKS} more tasks" if len(counts) > MOST_TASKS else ""
    return ", ".join(shown) + rest


def _fates(cause: Cause) -> str:
    fates = Counter(one.fate for one in cause.failures if one.fate != "failed")
    if not fates:
        return ""
    if list(fates) == ["recovered"] and fates["recovered"] == len(cause.failures):
        return "; all recovered by a retry"
    if len(cause.failures) == 1:
        return f"; {next(iter(fates))}"
    return "; " + ", ".join(f"{n} {fate}" for fate, n in fates.items())


def _run_states(cause: Cause) -> str:
    """Failures that did not fail their run."""
    passed = sum(one.run_state == "success" for one in cause.failures)
    if not passed:
        return ""
    return (
        "; its run succeeded" if len(cause.failures) == 1 else f"; {passed} in runs that succeeded"
    )


def _end(log: TaskLog) -> str:
    """The last line of a log."""
    lines = [line for one in log.events[-1:] for line in lines_of([one], Numbering())]
    return next((line.text for line in reversed(lines) if line.text.strip()), "with nothing")


def _try(one: Failure) -> str:
    index = f"[{one.instance.map_index}]" if one.instance.map_index >= 0 else ""
    return f"{one.name}{index} {one.instance.run_id} try {one.try_number}"


def _group(cause: Cause) -> CauseGroup:
    last = cause.failures[-1]
    found = cause.diagnosis
    return CauseGroup(
        category=found.category if found else "",
        cause_line="" if cause.kind else found.cause_line if found else "",
        cause_pattern=found.cause_pattern if found else "",
        count=len(cause.failures),
        recovered=sum(one.fate == "recovered" for one in cause.failures),
        first_at=iso(cause.failures[0].at),
        last_at=iso(last.at),
        tasks=dict(Counter(one.name for one in cause.failures).most_common(20)),
        last=FailedTry(
            dag_id=last.instance.dag_id,
            run_id=last.instance.run_id,
            task_id=last.instance.task_id,
            map_index=last.instance.map_index,
            try_number=last.try_number,
            at=iso(last.at),
            fate=last.fate,
        ),
    )
