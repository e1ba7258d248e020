"""Which run, task and try an alert is about, as things stood at its own time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mcp_server.domain.airflow import UNFINISHED_STATES, DagRun, TaskInstance
from mcp_server.errors import DiagnosticError, NotFound
from mcp_server.investigate.facts import SKEW, Facts
from mcp_server.investigate.question import Question
from mcp_server.reading.identity import ancestors

LOOK_BACK = timedelta(days=2)
_NEVER = datetime.max.replace(tzinfo=UTC)
_FAILED = frozenset({"failed", "up_for_retry", "upstream_failed"})


@dataclass(frozen=True, slots=True)
class Target:
    """The alert's own task, and the failure it goes back to (mostly itself).

    `own` is the alert's task instance as it stands now, `failed` the failed try to explain, which
    belongs to another task of the run when `own` only waited for it. None: not known.
    """

    dag_id: str
    run_id: str = ""
    task_id: str = ""
    map_index: int = -1
    try_number: int = 0
    run: DagRun | None = None
    own: TaskInstance | None = None
    failed: TaskInstance | None = None
    note: str = ""

    @property
    def root_task_id(self) -> str:
        """The task whose failure is explained; `dag.task` when it is another dag's."""
        if self.failed is None:
            return self.task_id
        if self.failed.dag_id != self.dag_id:
            return f"{self.failed.dag_id}.{self.failed.task_id}"
        return self.failed.task_id


def as_asked(question: Question) -> Target:
    """What the question itself says, before Airflow is asked."""
    run_id = question.run_id if question.names_run else ""
    return Target(
        question.dag_id, run_id, question.task_id, question.map_index, question.try_number
    )


async def find_target(facts: Facts, question: Question) -> Target:
    """Ask Airflow for run, task and failed try. Raises NotFound when it knows no such run."""
    run = await find_run(facts, question)
    instances = await facts.instances(run.run_id)
    own = own_instance(instances, question)
    asked = replace(as_asked(question), run_id=run.run_id, run=run)
    if own is None:
        return replace(asked, note=_no_task(question, instances))
    root = await _root(facts, own, instances)
    failed = await _failed_try(facts, root, question if root is own else None)
    return replace(
        asked,
        task_id=own.task_id,
        map_index=own.map_index,
        try_number=failed.try_number if root is own else own.try_number,
        own=own,
        failed=failed,
    )


async def find_run(facts: Facts, question: Question) -> DagRun:
    """The run named by id or logical date, else the one that failed last before `at`."""
    if question.names_run:
        try:
            return await facts.run(question.run_id)
        except NotFound:
            return _same(question.run_id, await facts.runs(), facts.dag_id)
    if question.logical_date:
        dated = _dated(await facts.runs(), question.logical_date)
        if dated is not None:
            return dated
    return await _failed_last(facts, question)


async def _failed_last(facts: Facts, question: Question) -> DagRun:
    runs = await facts.runs()
    if not runs:
        raise NotFound(f"Airflow knows no run of {facts.dag_id} before {facts.at:%Y-%m-%d %H:%M}Z.")
    by_id = {run.run_id: run for run in runs}
    failures = [
        one
        for one in await facts.failures(facts.at - LOOK_BACK)
        if one.run_id in by_id and _is_named(one, question.task_id)
    ]
    if failures:
        return by_id[max(failures, key=_ended).run_id]
    failed = [
        r for r in runs if r.state == "failed" and (r.end_date or facts.at) <= facts.at + SKEW
    ]
    return (failed or list(runs))[0]


def _plain(run_id: str) -> str:
    return re.sub(r"[:_+ ]|%3A|%2B", "_", run_id, flags=re.IGNORECASE)


def _same(run_id: str, runs: Sequence[DagRun], dag_id: str) -> DagRun:
    """The run whose id differs only by what streams, URLs and a cut message make of it."""
    plain = _plain(run_id)
    for run in runs:
        if _plain(run.run_id) == plain:
            return run
    cut = [run for run in runs if len(plain) > 12 and _plain(run.run_id).startswith(plain)]
    found = cut[0] if cut else _dated(runs, run_id.rpartition("__")[2])
    if found is None:
        raise NotFound(f"Airflow knows no run {run_id!r} of {dag_id}.")
    return found


def _dated(runs: Sequence[DagRun], said: str) -> DagRun | None:
    try:
        wanted = datetime.fromisoformat(said.replace(" ", "T", 1))
    except ValueError:
        return None
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    for run in runs:
        for moment in (run.logical_date, run.run_after):
            if moment and abs(moment - wanted) < timedelta(seconds=1):
                return run
    same_day = [r for r in runs if r.logical_date and r.logical_date.date() == wanted.date()]
    return same_day[0] if len(same_day) == 1 else None


def _is_named(one: TaskInstance, task: str) -> bool:
    return not task or one.task_id == task or one.task_id.endswith(f".{task}")


def _ended(one: TaskInstance) -> datetime:
    return one.end_date or datetime.min.replace(tzinfo=UTC)


def own_instance(instances: Sequence[TaskInstance], question: Question) -> TaskInstance | None:
    """The alert's task instance; without a task the run's first failure, of a map the first."""
    if not question.task_id:
        return first_failed(instances) or _unfinished(instances)
    mine = [one for one in instances if one.task_id == question.task_id]
    mine = mine or [one for one in instances if _is_named(one, question.task_id)]
    exact = [one for one in mine if one.map_index == question.map_index]
    return next(iter(exact), None) or first_failed(mine) or next(iter(mine), None)


def first_failed(instances: Iterable[TaskInstance]) -> TaskInstance | None:
    """The earliest failure of its own making, else the earliest that only waited for another."""
    ranked = [
        (one.state == "upstream_failed", one.end_date or _NEVER, one.map_index, one.task_id, one)
        for one in instances
        if one.state in _FAILED or (one.try_number > 1 and one.state in UNFINISHED_STATES)
    ]
    return min(ranked, key=lambda entry: entry[:4])[4] if ranked else None


def _unfinished(instances: Sequence[TaskInstance]) -> TaskInstance | None:
    """Of a run without a failed task: what was still to do when it ended."""
    open_ones = [one for one in instances if one.state in UNFINISHED_STATES]
    retried = [one for one in instances if one.state == "success" and one.try_number > 1]
    return next(iter([*open_ones, *retried]), None)


async def _root(facts: Facts, own: TaskInstance, instances: Sequence[TaskInstance]) -> TaskInstance:
    """The failure of the same run that `own` waited for; `own` when it failed itself."""
    if own.state != "upstream_failed":
        return own
    failed = [one for one in instances if one.state in ("failed", "up_for_retry")]
    try:
        above = ancestors(await facts.tasks(), own.task_id)
    except DiagnosticError:
        # Without the graph the run's first failure is the best guess.
        above = {one.task_id for one in failed}
    return first_failed(one for one in failed if one.task_id in above) or own


async def _failed_try(facts: Facts, instance: TaskInstance, asked: Question | None) -> TaskInstance:
    """The try that failed last before `at`, or the one asked for; the instance if none is kept."""
    if instance.state == "upstream_failed":
        return instance
    try:
        tries = await facts.tries(instance.run_id, instance.task_id, instance.map_index)
    except DiagnosticError:
        # No tries are kept (before 2.10) or REST is failing: the instance still tells the last one.
        tries = []
    wanted = asked.try_number if asked else 0
    return pick_try(tries, instance, wanted, facts.at)


def pick_try(
    tries: Sequence[TaskInstance], instance: TaskInstance, wanted: int, at: datetime
) -> TaskInstance:
    """The wanted try if it did not succeed, else the last one that had failed by `at`."""
    lost = [one for one in tries if one.state != "success" and one.state not in UNFINISHED_STATES]
    for one in lost:
        if wanted and one.try_number == wanted:
            return _with_operator(one, instance)
    past = [one for one in lost if one.end_date is None or one.end_date <= at + SKEW]
    if past:
        return _with_operator(max(past, key=lambda one: one.try_number), instance)
    if wanted and wanted != instance.try_number and not tries:
        return replace(instance, try_number=wanted, state="failed", start_date=None, end_date=None)
    return instance


def _with_operator(one: TaskInstance, instance: TaskInstance) -> TaskInstance:
    """A row of /tries with what only the instance says."""
    return replace(
        one,
        operator=one.operator or instance.operator,
        max_tries=one.max_tries or instance.max_tries,
        pool=one.pool or instance.pool,
        queue=one.queue or instance.queue,
        hostname=one.hostname or instance.hostname,
    )


def _no_task(question: Question, instances: Sequence[TaskInstance]) -> str:
    if question.task_id:
        return f"the run has no task {question.task_id!r}"
    states = sorted({one.state or "none" for one in instances})
    return f"no task of the run failed (states: {', '.join(states) or 'no tasks'})"
