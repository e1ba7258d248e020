"""Environments, runs, tasks and tries as people name them."""

import pytest

from mcp_server.backends import Backends
from mcp_server.domain.airflow import (
    Dag,
    DagRun,
    Environment,
    ImportFailure,
    Task,
    TaskInstance,
)
from mcp_server.errors import AccessDenied, BadRequest, NotFound
from mcp_server.reading.identity import (
    find_environment,
    find_root,
    find_run,
    find_task,
    find_try,
    first_failure,
)
from tests.mcp_server.fakes import KnownEnvironments, StoredLogs, environment
from tests.mcp_server.investigate.fake_airflow import FakeAirflow
from tests.mcp_server.investigate.rows import RUN, at, instance, run
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio
OLDER = "scheduled__2026-11-20T03:00:00+00:00"


def airflow(*instances: TaskInstance, runs: list[DagRun] | None = None) -> FakeAirflow:
    world = World(
        runs=[run(), run(OLDER, "success")] if runs is None else runs,
        instances=list(instances),
        dags=[Dag("orders"), Dag("orders_hourly"), Dag("billing")],
    )
    return FakeAirflow(world, "de-prod")


def known(*environments: Environment, **more: object) -> Backends:
    return Backends(environments=KnownEnvironments(*environments, **more))  # type: ignore[arg-type] # passed through


async def test_the_only_environment_need_not_be_named() -> None:
    assert (await find_environment(known(environment("prod")))).name == "prod"


async def test_several_environments_must_be_told_apart() -> None:
    with pytest.raises(BadRequest, match="one of: prod, test"):
        await find_environment(known(environment("prod"), environment("test")))


async def test_an_unknown_environment_names_the_near_one() -> None:
    with pytest.raises(NotFound, match=r"'prd'. Near: prod."):
        await find_environment(known(environment("prod"), environment("test")), "prd")


async def test_a_refused_environment_is_known_by_its_log_groups() -> None:
    logs = StoredLogs({"airflow-prod-Task": {}, "airflow-prod-Scheduler": {}, "other": {}})
    refused = KnownEnvironments(environment("prod"), refused=AccessDenied("airflow:GetEnvironment"))

    found = await find_environment(Backends(environments=refused, logs=logs), "prod")

    assert [group.name for group in found.log_groups] == [
        "airflow-prod-Scheduler",
        "airflow-prod-Task",
    ]
    assert found.status == ""


async def test_a_refused_environment_without_log_groups_is_refused() -> None:
    refused = KnownEnvironments(environment("prod"), refused=AccessDenied("airflow:GetEnvironment"))

    with pytest.raises(AccessDenied, match="airflow:GetEnvironment"):
        await find_environment(Backends(environments=refused, logs=StoredLogs({})), "prod")


@pytest.mark.parametrize(
    "said",
    [
        "latest",
        "latest_failed",
        RUN,
        "2026-11-21T03:00:00Z",
        "2026-11-21T04:00:00+01:00",
        "2026-11-21 03:00:00",
        "2026-11-21T03:00",
        "2026-11-21T03",
        "2026-11-21",
        "scheduled__2026-11-21T03_00_00+00_00",
        "scheduled__2026-11-21T03%3A00%3A00%2B00%3A00",
    ],
)
async def test_a_run_is_found_however_it_is_written(said: str) -> None:
    assert (await find_run(airflow(), "orders", said)).run_id == RUN


async def test_an_unknown_run_lists_the_near_ones() -> None:
    with pytest.raises(NotFound, match=r"No run 'scheduled__2026-11-19.* Near: scheduled__2026"):
        await find_run(airflow(), "orders", "scheduled__2026-11-19T03:00:00+00:00")


async def test_an_unknown_dag_lists_the_near_ones() -> None:
    with pytest.raises(NotFound, match=r"No dag named 'order'. Near: orders"):
        await find_run(airflow(runs=[]), "order", "latest")


async def test_a_dag_that_never_ran_is_said_to_have_no_runs() -> None:
    with pytest.raises(NotFound, match="has no runs yet"):
        await find_run(airflow(runs=[]), "billing", "latest")


async def test_a_day_with_several_runs_lists_them() -> None:
    runs = [run(), run("manual__2026-11-21T09:00:00+00:00")]
    with pytest.raises(BadRequest, match="2 runs of orders are of 2026-11-21"):
        await find_run(airflow(runs=runs), "orders", "2026-11-21")


@pytest.mark.parametrize("said", ["2026-11-21T09:17", "2026-11-21 09:17:44", "2026-11-21T09"])
async def test_a_time_is_as_precise_as_it_is_given(said: str) -> None:
    by_hand = run("hotfix", logical_date=None, run_after=at("2026-11-21T09:17:44"))
    assert (await find_run(airflow(runs=[run(), by_hand]), "orders", said)).run_id == "hotfix"


async def test_a_logical_date_comes_before_the_time_that_another_run_was_due() -> None:
    due = run(OLDER, "success", run_after=at("2026-11-21T03:00:00"))
    found = await find_run(airflow(runs=[due, run()]), "orders", "2026-11-21T03:00:00Z")
    assert found.run_id == RUN


async def test_what_is_no_date_is_refused_with_one_that_is() -> None:
    with pytest.raises(BadRequest, match="2026-11-22T00:00:00Z"):
        await find_run(airflow(), "orders", "2026-11-21 at three")


async def test_an_unknown_dag_by_date_names_a_file_that_does_not_parse() -> None:
    broken = ImportFailure("dags/payouts.py", "Traceback\nImportError: no 'x'\n", at("02:00"))
    fake = airflow(runs=[])
    fake.world.import_failures = [broken]
    for said in ("2026-11-21", "latest"):
        with pytest.raises(NotFound, match=r"payouts\.py \(ImportError: no 'x', since 2026"):
            await find_run(fake, "payouts", said)


async def test_a_running_run_in_which_a_task_failed_is_the_latest_failed() -> None:
    failing = "scheduled__2026-11-22T03:00:00+00:00"
    runs = [run(failing, "running", start_date=at("03:02")), run(start_date=at("02:00"))]
    found = await find_run(
        airflow(instance("load", run_id=failing), runs=runs), "orders", "latest_failed"
    )
    assert found.run_id == failing


async def test_a_run_that_succeeded_although_a_task_failed_is_the_latest_failed() -> None:
    older = instance("load", run_id=OLDER, end_date=at("01:00"))
    runs = [run(state="success"), run(OLDER, "success")]
    for rows, meant in (([older], OLDER), ([older, instance("load")], RUN)):
        found = await find_run(airflow(*reversed(rows), runs=runs), "orders", "latest_failed")
        assert found.run_id == meant


async def test_no_failed_run_tells_how_the_last_ones_went() -> None:
    with pytest.raises(NotFound, match=r"No failed run of orders. Its last runs: .*success"):
        await find_run(airflow(runs=[run(state="success")]), "orders", "latest_failed")


async def test_without_a_task_the_first_failure_in_time_is_meant() -> None:
    found = await find_task(
        airflow(
            instance("publish", "upstream_failed", end_date=at("02:50")),
            instance("late", end_date=at("03:03")),
            instance("early", end_date=at("02:59")),
        ),
        run(),
    )
    assert found.task_id == "early"


async def test_a_short_id_of_a_task_group_is_enough_when_it_is_unique() -> None:
    instances = [instance("marts.load"), instance("marts.test"), instance("stage.test")]
    assert (await find_task(airflow(*instances), run(), "load")).task_id == "marts.load"
    with pytest.raises(BadRequest, match=r"several task groups: marts\.test, stage\.test"):
        await find_task(airflow(*instances), run(), "test")
    with pytest.raises(NotFound, match=r"No task 'laod' .* Near: marts.load"):
        await find_task(airflow(*instances), run(), "laod")


async def test_without_an_index_the_mapped_instance_that_failed_is_meant() -> None:
    mapped = [
        instance(
            "load", "failed" if n in (3, 4) else "success", map_index=n, end_date=at(f"03:0{n}")
        )
        for n in range(6)
    ]
    assert (await find_task(airflow(*mapped), run(), "load")).map_index == 3
    assert (await find_task(airflow(*mapped), run(), "load", 5)).map_index == 5
    with pytest.raises(NotFound, match=r"no map_index 9; it has 0 to 5. Failed: 3, 4."):
        await find_task(airflow(*mapped), run(), "load", 9)


async def test_a_run_without_a_failed_task_says_what_stopped_it() -> None:
    with pytest.raises(NotFound, match=r"1 skipped.* dagrun_timeout"):
        await find_task(airflow(instance("load", "skipped")), run())


async def test_the_tries_there_are_are_named_when_one_is_missing() -> None:
    client = airflow()
    client.world.tries = [instance("load", try_number=1)]
    last = instance("load", try_number=2)
    client.world.instances = [last]

    assert (await find_try(client, last)).try_number == 2
    assert (await find_try(client, last, 1)).try_number == 1
    with pytest.raises(NotFound, match=r"has no try 3 .* Tries: 1, 2."):
        await find_try(client, last, 3)


async def test_before_airflow_2_10_an_earlier_try_is_taken_to_exist() -> None:
    last = instance("load", try_number=3)
    found = await find_try(airflow(last), last, 2)
    assert (found.try_number, found.state) == (2, "")


async def test_upstream_failed_is_traced_to_the_task_that_failed() -> None:
    blocked = instance("publish", "upstream_failed")
    client = airflow(
        instance("load", end_date=at("03:01")),
        instance("other", end_date=at("02:01")),
        instance("transform", "upstream_failed"),
        blocked,
    )
    client.world.tasks["orders"] = [
        Task("load", downstream_task_ids=("transform",)),
        Task("transform", downstream_task_ids=("publish",)),
        Task("publish"),
        Task("other"),
    ]

    assert (await find_root(client, run(), blocked)).task_id == "load"


def test_a_task_that_recovered_is_a_failure_only_when_nothing_else_failed() -> None:
    recovered = instance("load", "success", try_number=2)
    assert first_failure([recovered, instance("ok", "success")]) is recovered
    retrying = instance("retry", "running", try_number=2)
    assert first_failure([recovered, retrying]) is retrying
    assert first_failure([instance("ok", "success")]) is None
