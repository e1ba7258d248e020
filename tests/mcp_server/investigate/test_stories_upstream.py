"""Failures that began elsewhere: upstream, in another dag, in an edit; and what they hold up."""

import pytest

from mcp_server.domain.airflow import (
    Asset,
    Dag,
    DagRun,
    DagVersion,
    EventLog,
    Task,
)
from tests.mcp_server.investigate.rows import DAG, RUN, at, instance
from tests.mcp_server.investigate.stories import changed, diagnosed, quotes
from tests.mcp_server.investigate.world import World, night

pytestmark = pytest.mark.anyio


async def test_an_upstream_failed_task_goes_back_to_its_root() -> None:
    world = night()
    world.instances = [
        instance("extract", end_date=at("03:01")),
        instance("other", end_date=at("02:59")),
        instance("load", "upstream_failed", start_date=None, try_number=0),
        instance("publish", "upstream_failed", start_date=None, try_number=0),
    ]
    world.tasks[DAG] = [
        Task("extract", downstream_task_ids=("load",)),
        Task("load", downstream_task_ids=("publish",)),
        Task("publish"),
        Task("other"),
    ]
    world.log("extract", "KeyError: 'customer_id'")
    found = await diagnosed(world)
    assert found.root_task_id == "extract"
    assert found.category == "python.code_error"
    assert found.cause.startswith("upstream task extract failed: KeyError: 'customer_id'")
    assert found.blocked == ["publish"]


async def test_a_dag_alert_explains_the_first_failure_in_time() -> None:
    world = night()
    world.instances = [
        instance("late", end_date=at("03:03")),
        instance("early", end_date=at("03:01")),
        instance("held", "upstream_failed", start_date=None),
    ]
    world.tasks[DAG] = [Task("early", downstream_task_ids=("held",)), Task("held"), Task("late")]
    world.log(
        "early",
        (
            "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url:"
            " https://api.x.io/v1"
        ),
    )
    world.log("late", "ValueError: late")
    found = await diagnosed(world, task_id="")
    assert (found.task_id, found.category) == ("early", "http.error")
    assert found.blocked == ["held"]


async def test_a_later_success_does_not_hide_the_failed_try() -> None:
    world = night()
    world.instances = [instance("load", "success", try_number=2, max_tries=1, end_date=at("03:21"))]
    world.tries = [instance("load", "failed", try_number=1, max_tries=1)]
    world.log("load", "KeyError: 'x'")
    world.log("load", "{a.py:1} INFO - done", attempt=2)
    found = await diagnosed(world)
    assert (found.try_number, found.category) == (1, "python.code_error")
    assert found.recovered == "03:21, try 2"


async def test_whether_a_task_recovered_is_asked_without_its_log_and_without_probes() -> None:
    world = night()
    world.instances = [instance("load", "success", try_number=2, max_tries=1, end_date=at("03:21"))]
    world.tries = [instance("load", "failed", try_number=1, max_tries=1)]
    world.log("load", "KeyError: 'x'")
    found = await diagnosed(world, depth="state")
    assert found.recovered == "03:21, try 2"
    assert len(world.calls) <= 4, world.calls
    assert not [call for call in world.calls if "log" in call.lower()]


async def test_the_first_failed_instance_of_a_mapped_task_is_read() -> None:
    world = night()
    world.instances = [
        instance("load", "success", map_index=0),
        instance("load", "failed", map_index=3),
        instance("load", "failed", map_index=5, end_date=at("03:05")),
    ]
    stream = f"dag_id={DAG}/run_id={RUN}/task_id=load/map_index=3/attempt=1.log".replace(":", "_")
    world.say("Task", stream, "ZeroDivisionError: division by zero")
    found = await diagnosed(world)
    assert found.map_index == 3
    assert "division by zero" in found.cause


OTHER_RUN = "scheduled__2026-11-21T02:00:00+00:00"


def external(state: str = "failed") -> World:
    world = night(
        "{external_task.py:300} INFO - Poking for DAG 'stage' on 2026-11-21T02:00:00+00:00 ...",
        "airflow.exceptions.AirflowException: The external DAG stage failed.",
        task="wait",
    )
    world.dags.append(Dag("stage", owners=("ingest",)))
    world.runs.append(
        DagRun(
            "stage", OTHER_RUN, state, logical_date=at("2026-11-21T02:00"), start_date=at("02:00")
        )
    )
    world.instances.append(
        instance("pull", run_id=OTHER_RUN).__class__(
            "stage", OTHER_RUN, "pull", "failed", 1, start_date=at("02:00"), end_date=at("02:05")
        )
    )
    return world


async def test_a_sensor_on_a_failed_dag_is_explained_by_that_dags_own_failure() -> None:
    world = external()
    stream = f"dag_id=stage/run_id={OTHER_RUN}/task_id=pull/attempt=1.log".replace(":", "_")
    world.say("Task", stream, "FileNotFoundError: [Errno 2] No such file or directory: '/in/a.csv'")
    found = await diagnosed(world, task_id="wait")
    assert found.category == "file.not_found"
    assert found.root_task_id == "stage.pull"
    assert "upstream task stage.pull failed: FileNotFoundError" in found.cause
    assert "The external DAG stage failed" in quotes(found)


async def test_a_dag_out_of_sight_leaves_the_failure_upstream() -> None:
    world = external()
    found = await diagnosed(world, task_id="wait")
    assert found.category == "upstream.failed"
    assert "dag stage run" in quotes(found)


async def test_a_sensor_that_waits_for_a_paused_dag_says_so() -> None:
    world = night(
        (
            "{external_task.py:300} INFO - Poking for tasks ['done'] in dag stage on"
            " 2026-11-21T02:00:00+00:00 ..."
        ),
        (
            "airflow.exceptions.AirflowSensorTimeout: Sensor has timed out; run duration"
            " of 3600.5 seconds exceeds the specified timeout of 3600.0."
        ),
        task="wait",
    )
    world.dags.append(Dag("stage", is_paused=True))
    world.event_logs = [
        EventLog(at("01:10"), "paused", "k.sato", "stage", "", "", "{'is_paused': True}")
    ]
    found = await diagnosed(world, task_id="wait")
    assert found.category == "timeout.sensor"
    assert "dag stage is paused" in quotes(found)
    assert "k.sato" in changed(found)
    assert found.confidence == "high"


async def test_an_edited_variable_that_the_failure_names_is_a_change() -> None:
    world = night("KeyError: 'Variable api_url does not exist'")
    world.event_logs = [
        EventLog(at("02:40"), "variable.delete", "h.osei", "", "", "", '{"key": "api_url"}'),
        EventLog(at("02:41"), "variable.edit", "j.doe", "", "", "", '{"key": "unrelated"}'),
    ]
    found = await diagnosed(world)
    assert found.category == "airflow.config_missing"
    assert "user h.osei: variable.delete at 02:40Z (key api_url)" in changed(found)
    assert "h.osei" in found.cause
    assert "j.doe" not in found.cause


async def test_a_new_version_of_the_dag_is_a_change() -> None:
    world = night("TypeError: unsupported operand type(s) for +: 'int' and 'str'")
    world.versions = [
        DagVersion(6, at("2026-11-01T10:00")),
        DagVersion(7, at("2026-11-21T22:10"), "4f1c9e2"),
    ]
    found = await diagnosed(world)
    assert "dag version 7 of orders at 21 Nov 22:10Z (bundle 4f1c9e2)" in changed(found)
    assert "version 6" not in changed(found)


async def test_a_run_that_timed_out_as_a_whole() -> None:
    world = night()
    world.instances = [instance("load", "skipped", start_date=None, end_date=at("03:04"))]
    found = await diagnosed(world, task_id="")
    assert found.category == "timeout.task"
    assert found.confidence == "low"


async def test_a_waiting_dag_stands_among_the_blocked() -> None:
    world = night("KeyError: 'x'")
    world.tasks[DAG] = [
        Task("load", downstream_task_ids=("mart", "cleanup", "any")),
        Task("mart", downstream_task_ids=("export",)),
        Task("export"),
        Task("cleanup", trigger_rule="all_done"),
        Task("ok", downstream_task_ids=("any",)),
        Task("any", trigger_rule="one_success"),
    ]
    world.assets = [
        Asset("s3://mart", producing=((DAG, "export"),), consuming_dags=("finance_close",))
    ]
    world.dags.append(Dag("report", owners=("bi",)))
    world.sources["report"] = "ExternalTaskSensor(task_id='w', external_dag_id='orders')"
    found = await diagnosed(world)
    assert found.blocked == ["mart", "export", "finance_close", "report"]
    assert found.can_wait.startswith("No: finance_close, report wait for it")
