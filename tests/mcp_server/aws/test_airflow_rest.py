"""Airflow over InvokeRestApi: real boto3 against the local MWAA, versions 2 and 3."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reached_aws import LocalAws

from mcp_server.aws.airflow_rest import AirflowRest
from mcp_server.aws.airflow_rows import seconds
from mcp_server.aws.mwaa import MwaaEnvironments
from mcp_server.aws.mwaa_rest import MwaaRest
from mcp_server.errors import AccessDenied, NotFound, Unavailable
from sandbox.logs.streams import ListStream

Serve = Callable[..., LocalAws]
BOTH = ["2.10.5", "3.3.2"]
RUN = "scheduled__2026-11-22T02:00:00+00:00"
TASK_GROUP = "airflow-prod-Task"


def at(day: int, hour: int, minute: int = 0) -> str:
    return f"2026-11-{day:02}T{hour:02}:{minute:02}:00+00:00"


def a_run(day: int, state: str, dag_id: str = "orders") -> dict[str, Any]:
    return {
        "dag_id": dag_id,
        "dag_run_id": f"scheduled__{at(day, 2)}",
        "state": state,
        "run_type": "scheduled",
        "logical_date": at(day, 2),
        "run_after": at(day, 2),
        "start_date": at(day, 2, 1),
        "end_date": at(day, 2, 30),
    }


def an_instance(task_id: str, state: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "dag_id": "orders",
        "dag_run_id": RUN,
        "task_id": task_id,
        "state": state,
        "try_number": 2,
        "start_date": at(22, 2, 5),
        "end_date": at(22, 2, 10),
        "operator": "PythonOperator",
        **more,
    }


STORY = {
    "dags": [
        {
            "dag_id": "orders",
            "owners": ["core"],
            "tags": [{"name": "daily"}],
            "dag_run_timeout": 7200,
        }
    ],
    "tasks": [
        {
            "dag_id": "orders",
            "task_id": "load",
            "operator_name": "PythonOperator",
            "downstream_task_ids": ["report"],
            "retries": 1.0,
            "execution_timeout": {
                "__type": "TimeDelta",
                "days": 0,
                "seconds": 900,
                "microseconds": 0,
            },
        }
    ],
    "dag_runs": [a_run(day, "failed" if day == 22 else "success") for day in range(19, 23)],
    "task_instances": [
        an_instance("load", "failed"),
        an_instance("report", "upstream_failed", try_number=0),
        *(an_instance("part", "success", map_index=i) for i in range(130)),
    ],
    "tries": [
        an_instance("load", "failed", try_number=2),
        an_instance("load", "up_for_retry", try_number=1),
    ],
    "sources": [{"dag_id": "orders", "content": "dag = DAG('orders')"}],
    "pools": [{"name": "default_pool", "slots": 2, "running_slots": 2, "open_slots": 0}],
    "dag_versions": [{"dag_id": "orders", "version_number": 3, "created_at": at(21, 20)}],
    "assets": [
        {
            "uri": "s3://lake/orders",
            "producing_tasks": [{"dag_id": "orders", "task_id": "load"}],
            "consuming_dags": [{"dag_id": "finance"}],
        }
    ],
    "event_logs": [
        {"when": at(22, 1), "event": "clear", "owner": "l.brandt", "dag_id": "orders"},
        {"when": at(21, 1), "event": "paused", "owner": "ops", "dag_id": "orders"},
    ],
    "import_errors": [{"filename": "broken.py", "stack_trace": "SyntaxError: x"}],
}


@pytest.fixture
def airflow(local_aws: LocalAws) -> AirflowRest:
    environments = MwaaEnvironments(local_aws.clients)

    async def version() -> str:
        return (await environments.get("prod")).airflow_version

    rest = MwaaRest(local_aws.clients, "prod", version)
    return AirflowRest("prod", environments, rest)


@pytest.fixture(params=BOTH)
def story(request: pytest.FixtureRequest, local_aws: LocalAws) -> str:
    local_aws.logs.add(
        TASK_GROUP,
        "dag_id=orders/run_id=scheduled__2026-11-22T02_00_00+00_00/task_id=load/attempt=2.log",
        ListStream([(1, '{"event": "ValueError: no rows", "level": "error"}')]),
    )
    local_aws.add_airflow(STORY, request.param)
    return str(request.param)


async def test_runs_come_newest_first_by_state_and_time(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    serve()
    runs = await airflow.dag_runs("orders")
    assert [run.logical_date.day for run in runs if run.logical_date] == [22, 21, 20, 19]
    assert [run.run_id for run in await airflow.dag_runs("orders", state="failed")] == [RUN]
    since = datetime(2026, 11, 21, tzinfo=UTC)
    until = datetime(2026, 11, 22, tzinfo=UTC)
    assert len(await airflow.dag_runs("~", since=since, until=until)) == 1
    assert len(await airflow.dag_runs("orders", limit=2)) == 2


async def test_runs_are_found_by_their_date_however_old(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    serve()
    day = datetime(2026, 11, 20, tzinfo=UTC)
    [found] = await airflow.dag_runs_of("orders", day, day + timedelta(days=1))
    assert found.logical_date == day + timedelta(hours=2)
    assert await airflow.dag_runs_of("orders", day, day + timedelta(hours=1)) == []
    with pytest.raises(NotFound):
        await airflow.dag_runs_of("no_such_dag", day, day + timedelta(days=1))


async def test_a_dag_tells_after_what_time_its_runs_are_ended(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    serve()
    assert await airflow.run_timeout_s("orders") == 7200


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"days": 1, "seconds": 60, "microseconds": 500_000}, 86_460.5),
        ("PT2H", 7200),
        ("P1DT30M", 88_200),
        ("PT7200S", 7200),
        ("PT0.5S", 0.5),
        (90, 90),
        ("P", None),
        ("soon", None),
        (None, None),
    ],
)
def test_durations_are_read_as_either_version_writes_them(
    said: object, meant: float | None
) -> None:
    assert seconds(said) == meant


async def test_all_instances_of_a_run_are_read_over_pages(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    aws = serve()
    found = await airflow.task_instances("orders", RUN, limit=500)
    assert len(found) == 132
    assert sorted(each.map_index for each in found if each.task_id == "part") == list(range(130))
    assert aws.asked("airflow") == [f"GET /dags/orders/dagRuns/{RUN}/taskInstances"] * 2
    assert len(await airflow.task_instances("orders", RUN)) == 100


async def test_failures_of_any_dag_since_a_time(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    serve()
    since = datetime(2026, 11, 22, 2, 8, tzinfo=UTC)
    found = await airflow.task_instances(
        "~", "~", states=["failed", "upstream_failed"], since=since
    )
    assert {(each.task_id, each.state) for each in found} == {
        ("load", "failed"),
        ("report", "upstream_failed"),
    }
    later = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
    assert await airflow.task_instances("~", "~", states=["failed"], since=later) == []


async def test_tries_come_in_order(airflow: AirflowRest, story: str, serve: Serve) -> None:
    serve()
    tries = await airflow.tries("orders", RUN, "load")
    assert [(each.try_number, each.state) for each in tries] == [(1, "up_for_retry"), (2, "failed")]
    (mapped,) = await airflow.tries("orders", RUN, "part", 7)
    assert mapped.map_index == 7


async def test_what_a_dag_is(airflow: AirflowRest, story: str, serve: Serve) -> None:
    serve()
    (dag,) = await airflow.dags(search="RDER")
    assert (dag.owners, dag.tags) == (("core",), ("daily",))
    (task,) = await airflow.tasks("orders")
    assert (task.downstream_task_ids, task.execution_timeout_s, task.retries) == (
        ("report",),
        900,
        1,
    )
    assert await airflow.source("orders") == "dag = DAG('orders')"
    versions = await airflow.dag_versions("orders")
    assert [v.version_number for v in versions] == ([3] if story == "3.3.2" else [])


async def test_the_rest_of_the_environment(airflow: AirflowRest, story: str, serve: Serve) -> None:
    serve()
    assert await airflow.version() == story
    assert [(p.name, p.slots, p.running) for p in await airflow.pools()] == [("default_pool", 2, 2)]
    (asset,) = await airflow.assets()
    assert (asset.uri, asset.consuming_dags) == ("s3://lake/orders", ("finance",))
    assert [f.filename for f in await airflow.import_failures()] == ["broken.py"]
    since = datetime(2026, 11, 21, 12, tzinfo=UTC)
    events = await airflow.event_logs(dag_id="orders", since=since)
    assert [(e.event, e.owner) for e in events] == [("clear", "l.brandt")]
    assert (await airflow.health()).metadatabase == "healthy"


async def test_a_log_over_rest_and_why_there_is_none(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    serve()
    instances = {each.task_id: each for each in await airflow.task_instances("orders", RUN)}
    assert "ValueError: no rows" in await airflow.task_log(instances["load"])
    with pytest.raises(NotFound, match="not started"):
        await airflow.task_log(replace(instances["report"], try_number=0))
    with pytest.raises(NotFound, match=r"no log of try 2 of part .*: .*Could not read remote logs"):
        await airflow.task_log(instances["part"])


@pytest.mark.parametrize("ask", ["runs", "run", "instances", "tries", "dag", "source"])
async def test_unknown_ids_are_not_found(
    airflow: AirflowRest, story: str, serve: Serve, ask: str
) -> None:
    serve()
    calls: dict[str, Callable[[], Any]] = {
        "runs": lambda: airflow.dag_runs("nope"),
        "run": lambda: airflow.dag_run("orders", "nope"),
        "instances": lambda: airflow.task_instances("orders", "nope"),
        "tries": lambda: airflow.tries("orders", RUN, "nope"),
        "dag": lambda: airflow.dag("nope"),
        "source": lambda: airflow.source("nope"),
    }
    with pytest.raises(NotFound, match="nope"):
        await calls[ask]()


async def test_the_version_is_asked_once(airflow: AirflowRest, story: str, serve: Serve) -> None:
    aws = serve({"mwaa:GetEnvironment": "denied"})
    assert await airflow.version() == story
    await airflow.pools()
    await airflow.health()
    assert aws.asked("airflow").count("GET /version") == 1
    assert aws.asked("mwaa").count("GetEnvironment") == 1


async def test_a_viewer_may_not_read_the_audit_log(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    serve({"airflow:GET /eventLogs": "denied"})
    with pytest.raises(AccessDenied, match=r'role/prod/Viewer.*"can read" on "Audit Logs"'):
        await airflow.event_logs()


async def test_throttling_of_a_path_is_waited_out(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    aws = serve({"airflow:GET /pools": "throttled"})
    assert len(await airflow.pools()) == 1
    assert aws.asked("airflow").count("GET /pools") == 4


async def test_airflow_that_does_not_answer_is_unavailable(
    airflow: AirflowRest, story: str, serve: Serve, local_aws: LocalAws
) -> None:
    local_aws.mwaa_limits.seconds = 0.1
    serve({"airflow:GET /pools": "hang"})
    with pytest.raises(Unavailable, match="HTTP 504"):
        await airflow.pools()


async def test_without_any_permission_both_ways_are_named(
    airflow: AirflowRest, story: str, serve: Serve
) -> None:
    serve({"mwaa:InvokeRestApi": "denied", "mwaa:CreateWebLoginToken": "denied"})
    with pytest.raises(AccessDenied) as caught:
        await airflow.pools()
    assert "lacks airflow:InvokeRestApi on role/prod/Viewer" in str(caught.value)
    assert "airflow:CreateWebLoginToken" in str(caught.value)
