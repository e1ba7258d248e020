"""What holds a run that is not over, and what ended one that failed without a failed task."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcp_server.domain.airflow import Dag, DagRun, Pool, Task, TaskInstance
from mcp_server.reading.ended import why_ended
from mcp_server.reading.waiting import Held, look
from tests.mcp_server.investigate.fake_airflow import FakeAirflow
from tests.mcp_server.investigate.rows import DAG, NIGHT, instance, run
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio
QUEUED = run("manual__2026-11-21T03:00:00+00:00", "queued", start_date=None, end_date=None)
OPEN = run(state="running", end_date=None)


def waiting(task: str, state: str = "", **more: object) -> TaskInstance:
    told = {"start_date": None, "end_date": None, "try_number": 0, **more}
    return instance(task, state, **told)


async def test_a_queued_run_of_a_dag_at_its_limit_names_the_run_before_it() -> None:
    longest = run("a", "running", start_date=NIGHT - timedelta(hours=26), end_date=None)
    world = World(
        dags=[Dag(DAG, max_active_runs=2)],
        runs=[QUEUED, run("b", "running", start_date=NIGHT, end_date=None), longest],
    )
    held = await look(FakeAirflow(world, "de-prod"), QUEUED, [waiting("load")])

    assert (
        held.of_run == "max_active_runs=2 is reached: a runs since 2026-11-21T01:04:00Z and 1 more"
    )
    assert held.of_task(waiting("load")) == held.of_run


async def test_a_paused_dag_starts_nothing_more() -> None:
    world = World(dags=[Dag(DAG, is_paused=True)], runs=[OPEN])
    held = await look(FakeAirflow(world, "de-prod"), OPEN, [waiting("load", "scheduled")])
    assert (
        held.of_task(waiting("load", "scheduled"))
        == "orders is paused: nothing more of it is started"
    )


async def test_a_run_that_is_over_costs_no_question() -> None:
    world = World()
    held = await look(FakeAirflow(world, "de-prod"), run(), [instance("load")])
    assert (held.of_run, world.calls) == ("", [])


async def test_what_is_refused_is_left_out_and_the_rest_is_told() -> None:
    world = World(
        faults={"airflow.dag": "denied", "airflow.pools": "throttled"},
        tasks={DAG: [Task("wait", downstream_task_ids=("load",)), Task("load")]},
    )
    seen = [waiting("wait", "up_for_reschedule"), waiting("load"), waiting("other", "scheduled")]
    held = await look(FakeAirflow(world, "de-prod"), OPEN, seen)

    assert held.of_task(seen[1]) == "waits for wait (up_for_reschedule)"
    assert held.of_task(seen[2]) == ""


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (
            waiting("load", "queued", queued_when=NIGHT),
            "waits for a worker since 2026-11-22T03:04:00Z",
        ),
        (waiting("load", "deferred"), "deferred: waits for its trigger"),
        (waiting("load", "scheduled", pool="dw"), "waits for a slot of pool dw, 4/4 taken"),
        (waiting("load", "scheduled", pool="idle"), ""),
        (waiting("load", "scheduled", pool="endless"), ""),
        (instance("load", "up_for_retry"), "next try at 2026-11-22T03:34:00Z"),
        (instance("grows", "up_for_retry"), "next try not before 2026-11-22T03:34:00Z"),
        (instance("other", "up_for_retry"), "waits for its retry"),
        (instance("load", "running"), ""),
        (instance("load", "success"), ""),
    ],
)
def test_each_state_has_its_own_reason(one: TaskInstance, said: str) -> None:
    pools = [
        Pool("dw", 4, 4, 0, 0, scheduled=8),
        Pool("idle", 4, 1, 0, 3),
        Pool("endless", -1, 9, 0, -1),
    ]
    tasks = [Task("load", retry_delay_s=1800), Task("grows", retry_delay_s=1800, grows_delay=True)]
    assert Held(OPEN, tasks, [one], Dag(DAG), (), pools).of_task(one) == said


def ended(timeout_s: float | None, *instances: TaskInstance, hours: float = 2) -> str:
    over = run(start_date=NIGHT - timedelta(hours=hours), end_date=NIGHT)
    return why_ended(over, instances, timeout_s)


def test_a_run_that_ran_as_long_as_it_may_ran_into_its_timeout() -> None:
    cut = instance("train", "skipped", end_date=NIGHT)
    early = instance("branch", "skipped", end_date=NIGHT - timedelta(hours=1))
    done = instance("load", "success")

    assert ended(7200, done, early, cut) == (
        "no task failed: the run ran into its dagrun_timeout of 2 h 00 min; left undone: train"
    )
    assert ended(None, done) == "no task failed: a dagrun_timeout, or marked failed by hand"
    assert ended(14400, done) == (
        "no task failed: marked failed by hand, before its dagrun_timeout of 4 h 00 min"
    )


def test_a_run_whose_tasks_could_not_start_was_a_deadlock() -> None:
    stuck = replace(instance("load"), state="", start_date=None, end_date=None)
    assert "deadlock" in ended(None, instance("first", "success"), stuck)
    assert "left undone: load" in ended(None, stuck)


def test_many_tasks_left_undone_are_counted() -> None:
    many = [instance(f"t{n}", "skipped") for n in range(9)]
    assert ended(None, *many).endswith("left undone: t0, t1, t2, t3, t4, t5 and 3 more")


def test_a_run_without_times_is_told_all_the_same() -> None:
    assert why_ended(DagRun(DAG, "x", "failed"), (), 60).startswith("no task failed: marked failed")
