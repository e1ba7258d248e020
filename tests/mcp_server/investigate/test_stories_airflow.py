"""Failed nights of Airflow's own making: killed, lost, queued, broken, upstream, elsewhere."""

from datetime import timedelta

import pytest

from mcp_server.domain.airflow import (
    Dag,
    EventLog,
    ImportFailure,
    Pool,
)
from mcp_server.domain.trail import TrailEvent
from tests.mcp_server.investigate.rows import DAG, ENV, NIGHT, RUN, at, instance, run
from tests.mcp_server.investigate.stories import changed, diagnosed, quotes
from tests.mcp_server.investigate.world import night

pytestmark = pytest.mark.anyio
ZOMBIE = (
    "{scheduler_job_runner.py:1} ERROR - Detected zombie job: {'full_filepath':"
    " '/usr/local/airflow/dags/orders.py', 'msg': \"{'DAG Id': 'orders', 'Task"
    " Id': 'load', 'Run Id': 'scheduled__2026-11-21T03:00:00+00:00'}\"}"
)


def memory(*values: float) -> dict[tuple[str, str, str], list[tuple[object, float]]]:
    points = [(NIGHT - timedelta(minutes=len(values) - n), v) for n, v in enumerate(values)]
    return {
        (("AWS/MWAA"), ("MemoryUtilization"), (f"Cluster=BaseWorker,Environment={ENV}")): points
    }  # type: ignore[dict-item]


async def test_a_lost_worker_with_full_memory_ran_out_of_memory() -> None:
    world = night()
    world.instances = [instance("load", hostname="ip-10-0-0-1")]
    world.say("Scheduler", "scheduler_ip_1.log", ZOMBIE)
    world.metrics = memory(61, 88, 97)
    found = await diagnosed(world)
    assert found.category == "resource.out_of_memory"
    assert "Detected zombie job" in found.cause
    assert "MemoryUtilization max 97 %" in quotes(found)
    assert found.confidence == "high"


async def test_a_lost_worker_with_idle_memory_was_killed() -> None:
    world = night()
    world.say("Scheduler", "scheduler_ip_1.log", ZOMBIE)
    world.metrics = memory(30, 31, 32)
    found = await diagnosed(world)
    assert found.category == "airflow.task_killed"
    assert "MemoryUtilization max 32 %" in quotes(found)


async def test_a_task_that_a_person_marked_failed_names_the_person() -> None:
    world = night(
        (
            "{local_task_job_runner.py:266} WARNING - State of this instance has been"
            " externally set to failed. Terminating instance."
        ),
        "{process_utils.py:131} INFO - Sending 15 to group 99.",
        "{taskinstance.py:3093} ERROR - Received SIGTERM. Terminating subprocesses.",
        "airflow.exceptions.AirflowException: Task received SIGTERM signal",
    )
    world.event_logs = [
        EventLog(at("03:03:50"), "failed", "l.brandt", DAG, "load", RUN, "[('dag_id', 'orders')]"),
        EventLog(at("03:03:55"), "failed", "data-platform", DAG, "load", RUN),
        EventLog(at("02:00"), "running", "data-platform", DAG, "load", RUN),
    ]
    found = await diagnosed(world)
    assert found.category == "airflow.task_killed"
    assert "user l.brandt" in found.cause
    assert "l.brandt" in changed(found)
    assert "data-platform" not in changed(found)


async def test_a_worker_scaled_in_explains_a_sigterm() -> None:
    world = night(
        "{taskinstance.py:3093} ERROR - Received SIGTERM. Terminating subprocesses.",
        "airflow.exceptions.AirflowException: Task received SIGTERM signal",
    )
    key = ("AWS/MWAA", "NumAdditionalWorkers", f"Environment={ENV}")
    world.metrics = {key: [(at("02:58"), 3.0), (at("03:02"), 1.0)]}
    found = await diagnosed(world)
    assert found.category == "airflow.task_killed"
    assert "NumAdditionalWorkers 3 -> 1 at 03:02Z" in quotes(found)
    assert "scaled in from 3 to 1" in found.cause


async def test_an_environment_update_under_a_running_task_is_named() -> None:
    world = night("airflow.exceptions.AirflowException: Task received SIGTERM signal")
    world.trail = [
        TrailEvent(
            at("02:50"),
            "UpdateEnvironment",
            "airflow.amazonaws.com",
            "m.keller",
            request={"Name": ENV},
        ),
        TrailEvent(
            at("02:51"),
            "UpdateEnvironment",
            "airflow.amazonaws.com",
            "x",
            request={"Name": "other"},
        ),
    ]
    found = await diagnosed(world)
    assert "UpdateEnvironment by m.keller at 02:50Z" in changed(found)
    assert "m.keller updated the environment" in found.cause


async def test_a_task_stuck_in_a_full_pool_never_ran() -> None:
    world = night()
    world.instances = [
        instance(
            "load",
            "queued",
            start_date=None,
            end_date=None,
            queued_when=at("02:10"),
            pool="wms",
            try_number=0,
        )
    ]
    world.runs = [run(state="running", end_date=None)]
    world.pools = [Pool("wms", 4, 4, 3, 0)]
    found = await diagnosed(world)
    assert found.category == "airflow.scheduling"
    assert "load is queued since 2026-11-22 02:10Z and never started" in found.cause
    assert "pool wms: 4 slots, 4 running, 3 queued, 0 open" in quotes(found)
    assert "pool wms has no free slot" in found.cause
    assert found.safe_to_rerun == "yes: it never ran"


async def test_the_scheduler_says_that_it_was_stuck_in_queued() -> None:
    world = night()
    world.instances = [instance("load", start_date=None)]
    world.say(
        "Scheduler",
        "scheduler_ip_1.log",
        (
            f"{{scheduler_job_runner.py:1}} WARNING - Marking task instance <TaskInstance:"
            f" {DAG}.load {RUN} [queued]> stuck in queued as failed."
        ),
    )
    found = await diagnosed(world)
    assert found.category == "airflow.scheduling"
    assert "stuck in queued" in found.cause


async def test_a_dag_file_that_no_longer_imports() -> None:
    world = night()
    world.instances = [instance("load", start_date=None)]
    world.dags = [Dag(DAG, fileloc="/usr/local/airflow/dags/orders.py", has_import_errors=True)]
    world.import_failures = [
        ImportFailure(
            "orders.py",
            (
                'Traceback (most recent call last):\n  File "orders.py", line'
                " 3\nModuleNotFoundError: No module named 'stripe'\n"
            ),
            at("02:40"),
        ),
        ImportFailure("other.py", "SyntaxError: bad", at("02:40")),
    ]
    found = await diagnosed(world)
    assert found.category == "airflow.import_error"
    assert "No module named 'stripe'" in found.cause
    assert "SyntaxError" not in quotes(found)


async def test_a_dag_that_is_not_found_says_why_its_file_does_not_import() -> None:
    world = night("airflow.exceptions.AirflowException: Dag 'orders' could not be found")
    world.dags = [Dag(DAG, fileloc="/usr/local/airflow/dags/orders.py", has_import_errors=True)]
    world.import_failures = [
        ImportFailure("orders.py", "ImportError: cannot import name 'half_even'\n", at("02:40"))
    ]
    found = await diagnosed(world)
    assert found.category == "airflow.import_error"
    assert "cannot import name 'half_even'" in found.cause
