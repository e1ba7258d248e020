"""What a real Airflow (2.10.5, 3.3.2) says of tasks that have no log of their own."""

import pytest

from mcp_server.domain.airflow import EventLog, Pool
from mcp_server.domain.diagnosis import Diagnosis
from tests.mcp_server.investigate.rows import DAG, NIGHT, RUN, at, instance, run
from tests.mcp_server.investigate.world import World, asked

pytestmark = pytest.mark.anyio

HEARTBEAT = (
    "Task did not emit heartbeat within time limit (300 seconds) and will be terminated. See"
    " https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/tasks.html"
)


def event(name: str, extra: str = "", **other: str) -> EventLog:
    told = {"owner": "", "task_id": "load", "run_id": RUN, **other}
    return EventLog(at("03:03"), name, told["owner"], DAG, told["task_id"], told["run_id"], extra)


async def diagnosed(world: World) -> Diagnosis:
    return await world.investigations().diagnose(asked())


def quoted(found: Diagnosis) -> str:
    return " ".join(one.quote for one in (*found.evidence, *found.changes))


async def test_a_lost_heartbeat_in_the_event_log_is_the_cause_of_a_try_without_a_log() -> None:
    lost = event("heartbeat timeout", HEARTBEAT)
    mismatch = event("state mismatch", "Executor reported failed, but it is running.")
    world = World(runs=[run()], instances=[instance("load")], event_logs=[lost, mismatch])
    found = await diagnosed(world)
    assert found.category == "airflow.task_killed"
    assert "did not emit heartbeat within time limit (300 seconds)" in found.cause
    assert "https://" not in quoted(found)


async def test_a_task_of_a_pool_that_does_not_exist_waits_for_ever() -> None:
    waiting = instance("load", "scheduled", pool="imports", start_date=None, end_date=None)
    pools = [Pool("default_pool", slots=128, running=0, queued=0, open=128)]
    found = await diagnosed(World(runs=[run()], instances=[waiting], pools=pools))
    assert found.category == "airflow.config_missing"
    assert "pool imports does not exist" in found.cause
    assert any("Create pool `imports`" in step for step in found.next_steps)


async def test_commands_that_only_read_are_no_change() -> None:
    looked = event("cli_dag_list_import_errors", owner="root", task_id="", run_id="")
    paused = event("cli_dag_unpause", owner="root", task_id="", run_id="")
    world = World(runs=[run()], instances=[instance("load")], event_logs=[looked, paused])
    world.log("load", "airflow.exceptions.AirflowException: stopped by hand", when=NIGHT)
    said = quoted(await diagnosed(world))
    assert "list_import_errors" not in said


async def test_of_two_runs_that_the_scheduler_names_only_the_failed_ones_lines_are_told() -> None:
    other = "scheduled__2026-11-20T03:00:00+00:00"
    cut = instance("load", "skipped", end_date=None)
    world = World(runs=[run()], instances=[cut])
    world.say(
        "Scheduler",
        "scheduler_1.log",
        f"Run {other} of {DAG} has timed-out",
        f"Run {RUN} of {DAG} has timed-out",
    )
    found = await world.investigations().diagnose(asked(task_id=""))
    assert f"Run {RUN} of {DAG} has timed-out" in found.cause
    assert other not in quoted(found)
