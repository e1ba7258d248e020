"""Which log is meant, and what is said beside it when it explains nothing."""

from datetime import timedelta

import pytest

from mcp_server.domain.airflow import Dag, Task
from mcp_server.errors import NotFound
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.which_log import Found, find_log
from tests.mcp_server.investigate.rows import DAG, NIGHT, RUN, environment, instance, run
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio
OLDER = "scheduled__2026-11-20T03:00:00+00:00"
CAUSE = "ValueError: row 17 has no key"


async def found(world: World, **asked: object) -> Found:
    told = {"run_id": "latest_failed", "task_id": "", **asked}
    wanted = TaskTry(DAG, **told)  # type: ignore[arg-type] # arguments of many kinds
    return await find_log(world.backends(), environment(), wanted, NIGHT)


async def test_exact_names_with_a_cause_ask_airflow_nothing() -> None:
    world = World(runs=[run()], instances=[instance("load")])
    world.log("load", CAUSE)

    _, seen, log = await found(world, run_id=RUN, task_id="load")

    assert log.diagnosis is not None
    assert log.diagnosis.cause_line.endswith(CAUSE)
    assert seen is None
    assert not [call for call in world.calls if call.startswith("airflow.")]


async def test_a_log_that_ends_without_an_error_brings_what_the_scheduler_says() -> None:
    world = World(runs=[run()], instances=[instance("load")])
    world.log("load", "INFO - reading 48 GB", "INFO - collected")
    zombie = f"Detected zombie job: {{'DAG Id': 'orders', 'Run Id': '{RUN}', 'Task Id': 'load'}}"
    dull = '{"event": "Sending orders load to CeleryExecutor", "level": "info"}'
    world.say("Scheduler", "scheduler_1.log", zombie, dull)

    for run_id in (RUN, "latest_failed"):
        _, seen, log = await found(world, run_id=run_id, task_id="load")
        assert seen is not None
        assert log.source == "cloudwatch"
        assert [zombie in one.message for one in log.component_lines] == [True]


async def test_a_log_that_was_forgotten_by_airflow_is_still_read() -> None:
    world = World()
    world.log("load", "INFO - done")

    _, seen, log = await found(world, run_id=RUN, task_id="load")

    assert (seen, log.source) == (None, "cloudwatch")


async def test_a_named_task_is_read_in_the_run_in_which_it_failed() -> None:
    world = World(
        runs=[run(state="success"), run(OLDER, "success")],
        instances=[
            instance("load", "success"),
            instance("load", run_id=OLDER, end_date=NIGHT - timedelta(days=1)),
        ],
    )
    world.log("load", CAUSE, run=OLDER)

    wanted, _, log = await found(world, task_id="load")

    assert wanted.run_id == OLDER
    assert log.diagnosis is not None
    assert log.diagnosis.cause_line.endswith(CAUSE)
    with pytest.raises(NotFound, match="No task 'other' in orders"):
        await found(world, task_id="other")


async def test_a_task_that_succeeded_in_the_failed_run_is_read_where_it_failed() -> None:
    world = World(
        runs=[run(), run(OLDER)],
        instances=[instance("load", "success"), instance("load", run_id=OLDER), instance("next")],
    )
    world.log("load", CAUSE, run=OLDER)

    wanted, _, _ = await found(world, task_id="load")

    assert wanted.run_id == OLDER


async def test_the_first_failure_is_told_with_its_company() -> None:
    early = NIGHT - timedelta(minutes=9)
    world = World(
        runs=[run(), run("scheduled__2026-11-22T03:00:00+00:00", "success")],
        instances=[
            instance("load", end_date=early),
            instance("other"),
            instance("fine", "success"),
        ],
    )
    world.log("load", CAUSE)

    wanted, _, log = await found(world)

    assert wanted.task_id == "load"
    assert log.notes == (
        "1 other task of this run failed: other; get_dag_run shows them in order of time",
        "a later run succeeded, scheduled__2026-11-22T03:00:00+00:00 at 2026-11-23T03:05:00Z",
    )


async def test_a_task_that_has_not_started_says_what_it_waits_for() -> None:
    begun = {"start_date": None, "end_date": None, "try_number": 0}
    world = World(
        dags=[Dag(DAG)],
        runs=[run(state="running", end_date=None)],
        tasks={DAG: [Task("wait", downstream_task_ids=("load",)), Task("load")]},
        instances=[instance("wait", "up_for_reschedule"), instance("load", "", **begun)],
    )

    _, _, log = await found(world, run_id="latest", task_id="load")

    assert log.missing.endswith("and never started. Now: waits for wait (up_for_reschedule).")


async def test_without_airflow_the_index_is_that_of_the_stream_that_was_read() -> None:
    world = World(faults={"airflow": "denied"})
    stream = f"dag_id={DAG}/run_id={RUN}/task_id=load/map_index=7/attempt=1.log"
    world.say("Task", stream.replace(":", "_"), CAUSE, "Task failed with exception")

    for run_id in (RUN, "latest_failed"):
        wanted, _, log = await found(world, run_id=run_id, task_id="load")
        assert wanted.map_index == 7
        assert log.source == "cloudwatch"


async def test_a_task_behind_a_failed_one_costs_no_search_of_other_components() -> None:
    world = World(
        runs=[run()],
        tasks={DAG: [Task("load", downstream_task_ids=("next",)), Task("next")]},
        instances=[instance("load"), instance("next", "upstream_failed", try_number=0)],
    )

    _, _, log = await found(world, task_id="next")

    assert log.notes[0].startswith(
        "load failed at 2026-11-22T03:04:00Z: get_task_log dag_id=orders"
    )
    assert "logs.search" not in world.calls


@pytest.mark.parametrize("fault", ["denied", "throttled"])
async def test_a_stored_log_without_a_cause_is_shown_when_airflow_is_out_of_reach(
    fault: str,
) -> None:
    world = World(faults={"airflow": fault})
    world.log("load", "INFO - done")

    _, seen, log = await found(world, run_id=RUN, task_id="load")

    assert (seen, log.source) == (None, "cloudwatch")
    assert log.notes[-1].startswith("Airflow did not answer: ")
