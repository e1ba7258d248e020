"""From a task that only waited for another dag to that dag's own failure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from mcp_server.domain.airflow import DagRun
from mcp_server.errors import DiagnosticError
from mcp_server.investigate.case import Case
from mcp_server.investigate.facts import Facts
from mcp_server.investigate.probes.external_dag import awaited_run, external_dag_id
from mcp_server.investigate.question import Question
from mcp_server.investigate.target import Target, find_target
from mcp_server.reading.task_log import TaskLog

WAITS = frozenset({"upstream.failed"})
MOST_HOPS = 3
Read = Callable[[Target], Awaitable[TaskLog | None]]


@dataclass(frozen=True, slots=True)
class Traced:
    """A failure of another dag, and its log."""

    target: Target
    log: TaskLog


async def trace(case: Case, read: Read) -> Traced | None:
    """The failed try in the other dag; None where that dag cannot be read or did not fail."""
    if case.facts is None:
        return None
    try:
        other = await _other(case)
        if other is None:
            return None
        facts, run = other
        question = Question(dag_id=facts.dag_id, run_id=run.run_id, at=case.question.at)
        found = await find_target(facts, question)
    except DiagnosticError:
        # Out of sight: the failure stays "upstream.failed", and the external_dag probe says why.
        return None
    if found.failed is None or found.failed.state not in ("failed", "up_for_retry"):
        return None
    log = await read(replace(case.target, failed=found.failed))
    if log is None or log.diagnosis is None:
        return None
    return Traced(replace(case.target, failed=found.failed), log)


async def _other(case: Case) -> tuple[Facts, DagRun] | None:
    name = await external_dag_id(case)
    if case.facts is None or name in ("", case.target.dag_id):
        return None
    facts = case.facts.other(name)
    run = await awaited_run(facts, case)
    return (facts, run) if run else None
