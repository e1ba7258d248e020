"""What failed in a window, by cause; what recovered, and what flaps."""

from datetime import timedelta

import pytest

from mcp_server.domain.airflow import TaskInstance
from mcp_server.errors import AccessDenied
from mcp_server.reading import failures
from mcp_server.reading.failures import Failures
from tests.mcp_server.investigate.rows import NIGHT, environment, instance, run
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio
WINDOW = (NIGHT - timedelta(days=1), NIGHT + timedelta(minutes=1))


def run_id(number: int) -> str:
    return f"scheduled__2026-11-21T{number:02}:00:00+00:00"


async def found(world: World, dag_id: str = "") -> Failures:
    backends = world.backends()
    assert backends.airflow is not None
    return await failures.find(backends, backends.airflow("de-prod"), environment(), dag_id, WINDOW)


def failed(number: int, task: str = "load", state: str = "failed", **more: object) -> TaskInstance:
    when = NIGHT - timedelta(minutes=60 - number)
    return instance(task, state, run_id=run_id(number), end_date=when, **more)


async def test_failures_with_one_cause_are_one_group_whatever_their_numbers() -> None:
    world = World(instances=[failed(1), failed(2), failed(3, "other")])
    world.log("load", "ERROR - ValueError: row 17 has no key", run=run_id(1))
    world.log("load", "ERROR - ValueError: row 9041 has no key", run=run_id(2))
    world.log("other", "ERROR - KeyError: 'id'", run=run_id(3))

    causes = (await found(world)).causes

    assert [(len(c.failures), c.kind) for c in causes] == [(2, ""), (1, "")]
    assert causes[0].diagnosis is not None
    assert "has no key" in causes[0].diagnosis.cause_line


async def test_a_task_that_recovered_and_one_that_waits_are_told_apart() -> None:
    world = World(
        instances=[
            failed(1, state="success", try_number=2),
            failed(2, state="up_for_retry", try_number=1),
            failed(3, state="running", try_number=3),
            failed(4, state="success", try_number=1),
        ]
    )
    told = {one.instance.run_id: (one.fate, one.try_number) for one in (await found(world)).all}

    assert told == {
        run_id(1): ("recovered", 1),
        run_id(2): ("waits for its retry", 1),
        run_id(3): ("runs again", 2),
    }


async def test_a_task_that_fails_now_and_then_flaps_and_one_that_broke_does_not() -> None:
    flapping = [failed(n, "flaky", "failed" if n % 2 else "success") for n in range(6)]
    broken = [failed(n, "broken", "success" if n < 3 else "failed") for n in range(6)]

    told = (await found(World(instances=[*flapping, *broken]))).flapping

    assert [(one.name, one.failed, one.runs, one.line) for one in told] == [
        ("orders.flaky", 3, 6, ".F.F.F")
    ]


async def test_no_more_than_forty_logs_are_read_and_each_task_has_its_turn() -> None:
    many = [failed(n, f"task_{n % 50}") for n in range(59)]
    world = World(instances=many)
    for one in many:
        world.log(one.task_id, "ERROR - ValueError: x", run=one.run_id)

    result = await found(world)

    read = [one for one in result.all if one.log is not None]
    assert len(read) == 40
    assert len({one.name for one in read}) == 40
    assert {c.kind for c in result.causes} == {"", "cause not read"}
    assert len(result.all) == 59


async def test_refused_logs_cost_the_causes_and_not_the_list() -> None:
    world = World(
        instances=[failed(1), failed(2, "next", "upstream_failed")], faults={"logs": "denied"}
    )

    result = await found(world)

    assert result.upstream_failed == 1
    assert [one.log for one in result.all] == [None]


async def test_without_airflow_the_task_logs_tell_what_failed() -> None:
    world = World(faults={"airflow": "denied"})
    ended = "ERROR - Task failed with exception"
    world.log("load", "ERROR - KeyError: 'x'", ended, run=run_id(1), attempt=2)
    world.log("fine", "INFO - Marking task as SUCCESS", run=run_id(1))

    result = await found(world)

    [one] = result.all
    assert (one.instance.task_id, one.try_number) == ("load", 2)
    assert one.log is not None
    assert "Airflow, so only tasks that left a log are seen" in result.not_checked[0]


async def test_without_airflow_and_without_logs_airflows_refusal_is_raised() -> None:
    world = World(faults={"airflow": "denied"})
    backends = world.backends()
    assert backends.airflow is not None
    airflow = backends.airflow("de-prod")
    nowhere = environment(log_groups=())

    with pytest.raises(AccessDenied, match=r"airflow\.task_instances"):
        await failures.find(backends, airflow, nowhere, "", WINDOW)


async def test_a_failure_that_a_later_run_left_behind_is_said_to_be_over() -> None:
    world = World(
        instances=[
            failed(1),
            failed(2, state="success"),
            failed(3, "other", map_index=1),
            failed(4, "other", state="success", map_index=2),
        ]
    )
    fates = {one.name: one.fate for one in (await found(world)).all}
    assert fates == {"orders.load": "succeeded since", "orders.other": "failed"}


async def test_one_failure_between_successes_does_not_flap() -> None:
    line = [failed(n, "load", "failed" if n == 3 else "success") for n in range(8)]
    assert (await found(World(instances=line))).flapping == ()


async def test_a_run_that_failed_without_a_failed_task_is_not_lost() -> None:
    alone = run("scheduled__2026-11-20T00:00:00+00:00", end_date=NIGHT)
    explained = run(run_id(1), end_date=NIGHT)
    older = run("scheduled__2026-11-18T00:00:00+00:00", start_date=NIGHT - timedelta(days=2))
    world = World(runs=[alone, explained, older], instances=[failed(1)])

    result = await found(world)

    assert [one.run_id for one in result.runs] == [alone.run_id]


async def test_a_run_that_succeeded_although_a_task_failed_is_said_to() -> None:
    world = World(
        runs=[run(run_id(1), "success"), run(run_id(2))], instances=[failed(1), failed(2, "other")]
    )
    states = {one.name: one.run_state for one in (await found(world)).all}
    assert states == {"orders.load": "success", "orders.other": ""}


async def test_a_task_that_was_killed_is_told_by_who_ended_it() -> None:
    world = World(instances=[failed(1, start_date=NIGHT - timedelta(minutes=70))])
    world.log("load", "INFO - collected", run=run_id(1))
    zombie = "Detected zombie job: {'DAG Id': 'orders', 'Task Id': 'load'}"
    world.say("Scheduler", "scheduler_1.log", zombie, when=NIGHT - timedelta(minutes=59))

    [cause] = (await found(world)).causes

    assert cause.diagnosis is not None
    assert cause.diagnosis.category == "airflow.task_killed"


async def test_a_log_without_a_cause_is_a_group_of_its_own_kind() -> None:
    world = World(instances=[failed(1), failed(2, "other")])
    world.log("load", "INFO - collected", run=run_id(1))
    world.log("other", "KeyError: 'id'", run=run_id(2))

    result = await found(world)

    assert [cause.kind for cause in result.causes] == ["", "no cause in the log"]


async def test_in_a_busy_environment_the_successes_of_failing_dags_are_asked_for() -> None:
    good = [failed(n % 59, f"t{n}", "success") for n in range(500)]
    late = instance("load", "success", run_id=run_id(58), end_date=NIGHT)
    world = World(instances=[failed(1), *good, late])

    result = await found(world)

    assert world.calls.count("airflow.task_instances") == 5
    assert any("recoveries of dags without a standing failure" in s for s in result.not_checked)
    assert not result.is_cut
