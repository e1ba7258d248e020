"""What Airflow shows of a window: tasks that failed, that recovered, and runs without either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from mcp_server.backends import Airflow
from mcp_server.domain.airflow import UNFINISHED_STATES, DagRun, TaskInstance
from mcp_server.errors import DiagnosticError, NotFound
from mcp_server.reading.runs import unknown_dag
from mcp_server.reading.together import Ask, Wanted, ask_all, every

MOST_FAILURES, MOST_SUCCESSES, MOST_RUNS = 500, 500, 100
MOST_DAGS, MOST_OF_DAG = 8, 200
FAILED = ("failed", "up_for_retry")
RETRYING = tuple(sorted(UNFINISHED_STATES))
# Runs are found by when they began: one that failed in the window may have begun before it.
LONG_RUN = timedelta(days=1)
SOME_SUCCESSES = (
    f"recoveries of dags without a standing failure: only {MOST_SUCCESSES} successes were read"
)


@dataclass(frozen=True, slots=True)
class Flapping:
    """A task that failed in some runs of the window and succeeded in others, back and forth."""

    name: str
    runs: int
    failed: int
    line: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The window's task instances by what they mean; `refused` when Airflow did not answer."""

    failed: Sequence[TaskInstance]
    again: Sequence[TaskInstance] = ()
    good: Sequence[TaskInstance] = ()
    followers: Sequence[TaskInstance] = ()
    failed_runs: Sequence[DagRun] = ()
    refused: DiagnosticError | None = None
    missed: Sequence[str] = ()

    @property
    def is_cut(self) -> bool:
        """True when more failed than was read."""
        return len(self.failed) >= MOST_FAILURES

    def runs_alone(self) -> tuple[DagRun, ...]:
        """Failed runs none of whose tasks failed: timed out, or marked by hand."""
        if self.is_cut:
            return ()
        explained = {run_of(one) for one in (*self.failed, *self.followers)}
        alone = [r for r in self.failed_runs if (r.dag_id, r.run_id) not in explained]
        return tuple(sorted(alone, key=lambda run: run.end_date or run.start_date or _NEVER))


_NEVER = datetime.min.replace(tzinfo=UTC)


def run_of(one: TaskInstance) -> tuple[str, str]:
    """Dag and run of an instance."""
    return one.dag_id, one.run_id


def time_of(one: TaskInstance) -> datetime:
    """When it ended, as far as Airflow still tells."""
    return one.end_date or one.start_date or _NEVER


async def look(airflow: Airflow, dag_id: str, window: tuple[datetime, datetime]) -> Seen:
    """Ask for all of it at once; what is refused is empty and told in `missed`."""
    since, until = window
    ask = partial(airflow.task_instances, dag_id or "~", "~", since=since, until=until)
    failed = _wanted("failures", partial(ask, states=FAILED, limit=MOST_FAILURES))
    again = _wanted("tasks in a retry", partial(ask, states=RETRYING, limit=MOST_FAILURES))
    good = _wanted("recoveries", partial(ask, states=("success",), limit=MOST_SUCCESSES))
    after = _wanted("followers", partial(ask, states=("upstream_failed",), limit=MOST_FAILURES))
    runs: Wanted[Sequence[DagRun]] = Wanted(
        "failed runs", partial(_failed_runs, airflow, dag_id or "~", since, until), ()
    )
    missed = await ask_all(failed, again, good, after, runs)
    if isinstance(runs.error, NotFound) and not failed.value:
        raise await unknown_dag(airflow, dag_id) from runs.error
    successes = list(good.value)
    if len(successes) >= MOST_SUCCESSES:
        successes += await _more_good(airflow, failed.value, window)
        missed.append(SOME_SUCCESSES)
    return Seen(
        failed.value,
        again.value,
        tuple(dict.fromkeys(successes)),
        after.value,
        runs.value,
        failed.error,
        missed,
    )


async def _failed_runs(
    airflow: Airflow, dag_id: str, since: datetime, until: datetime
) -> Sequence[DagRun]:
    found = await airflow.dag_runs(
        dag_id, state="failed", since=since - LONG_RUN, until=until, limit=MOST_RUNS
    )
    return [run for run in found if run.end_date is None or since <= run.end_date <= until]


async def _more_good(
    airflow: Airflow, failed: Sequence[TaskInstance], window: tuple[datetime, datetime]
) -> Sequence[TaskInstance]:
    """The successes of the dags that failed, where those of all dags are too many to read."""
    dags = list(dict.fromkeys(one.dag_id for one in failed))[:MOST_DAGS]
    asks = [
        partial(
            airflow.task_instances,
            dag_id,
            "~",
            states=("success",),
            since=window[0],
            until=window[1],
            limit=MOST_OF_DAG,
        )
        for dag_id in dags
    ]
    answers = await every(asks)
    return [one for rows in answers if not isinstance(rows, DiagnosticError) for one in rows]


def _wanted(what: str, ask: Ask[Sequence[TaskInstance]]) -> Wanted[Sequence[TaskInstance]]:
    return Wanted(what, ask, ())


def flapping(failed: Sequence[TaskInstance], good: Sequence[TaskInstance]) -> list[Flapping]:
    """Tasks that failed more than once with successes between, worst first."""
    runs: dict[str, list[tuple[datetime, bool]]] = {}
    for one, is_good in [*((f, False) for f in failed), *((g, True) for g in good)]:
        if one.map_index < 0:
            runs.setdefault(f"{one.dag_id}.{one.task_id}", []).append((time_of(one), is_good))
    found = []
    for name, moments in runs.items():
        line = "".join("." if is_good else "F" for _, is_good in sorted(moments))
        turns = sum(a != b for a, b in pairwise(line))
        if turns >= 2 and line.count("F") > 1:
            found.append(Flapping(name, len(line), line.count("F"), line[-40:]))
    return sorted(found, key=lambda one: -one.failed)
