"""What is wrong with an environment: each finding with its proof, and nothing where all is well."""

from datetime import timedelta

import pytest

from mcp_server.domain.airflow import Environment, Health, ImportFailure, LogGroup, Pool
from mcp_server.domain.metrics import Series
from mcp_server.reading import airflow_checks as checks
from mcp_server.reading.airflow_checks import Measured, MetricCheck, status_meaning
from mcp_server.reading.airflow_state import State, read_state
from tests.mcp_server.investigate.rows import NIGHT, environment, instance
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio


async def state(world: World, where: Environment | None = None) -> State:
    backends = world.backends()
    assert backends.airflow is not None
    airflow = backends.airflow("de-prod")
    since = NIGHT - timedelta(hours=3)
    return await read_state(backends, airflow, where or environment(), since, NIGHT)


def whats(found: State) -> list[str]:
    return [f"{one.severity}: {one.what}" for one in found.findings]


async def test_a_healthy_environment_has_no_findings() -> None:
    world = World(pools=[Pool("default_pool", 128, 3, 0, 125)])
    assert whats(await state(world)) == []


async def test_a_failed_update_and_filtered_logs_are_found() -> None:
    where = environment(
        status="UPDATE_FAILED",
        last_update_status="FAILED",
        last_update_at=NIGHT,
        last_update_error="INCORRECT_CONFIGURATION: requirements.txt",
        log_groups=(
            LogGroup("Task", "t", True, "WARNING"),
            LogGroup("Scheduler", "s", False, "INFO"),
            LogGroup("WebServer", "w", True, "ERROR"),
        ),
    )
    found = await state(World(), where)
    assert whats(found) == [
        "problem: the last update failed",
        "watch: environment is UPDATE_FAILED",
        "watch: Task logs below WARNING are dropped",
        "watch: Scheduler logs are disabled",
    ]
    assert "requirements.txt" in found.findings[0].proof


async def test_a_full_pool_is_a_problem_once_a_task_waits_for_it() -> None:
    pools = [Pool("a", 4, 4, 0, 0), Pool("b", 4, 4, 7, 0), Pool("c", 4, 4, 0, 0, scheduled=8)]
    found = await state(World(pools=pools))
    assert whats(found) == [
        "problem: pool b is full",
        "problem: pool c is full",
        "watch: pool a is full",
    ]
    assert found.findings[1].proof == "4 running, 0 queued, 8 waiting for a slot, 4 slots"


async def test_a_pool_that_was_closed_is_a_problem_and_an_endless_one_is_not() -> None:
    pools = [Pool("closed", 0, 0, 0, 0, scheduled=2), Pool("empty", 0, 0, 0, 0)]
    found = await state(World(pools=[*pools, Pool("endless", -1, 900, 5, -1)]))
    assert whats(found) == ["problem: pool closed is full"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("UPDATING", "problem: environment is UPDATING"),
        ("PENDING", "watch: environment is PENDING"),
        ("UNAVAILABLE", "problem: environment is UNAVAILABLE"),
        ("SOMETHING_NEW", "problem: environment is SOMETHING_NEW"),
    ],
)
async def test_a_status_is_judged_by_whether_tasks_go_on(status: str, said: str) -> None:
    found = await state(World(), environment(status=status))
    assert whats(found) == [said]
    assert found.findings[0].meaning == status_meaning(status)


async def test_tasks_queued_for_long_are_found_with_the_first_of_them() -> None:
    waiting = instance(
        "load", "queued", queued_when=NIGHT - timedelta(minutes=25), start_date=None, end_date=None
    )
    fresh = instance("next", "queued", queued_when=NIGHT, start_date=None, end_date=None)
    found = await state(World(instances=[waiting, fresh]))
    assert whats(found) == ["problem: 1 of 2 queued tasks wait over 10 min"]
    assert found.findings[0].proof == "orders.load since 2026-11-22T02:39:00Z; 0 running"


async def test_a_file_that_does_not_parse_is_told_by_its_last_line() -> None:
    broken = ImportFailure("etl.py", "Traceback\nModuleNotFoundError: No module named 'x'\n", NIGHT)
    found = await state(World(import_failures=[broken]))
    assert whats(found) == ["problem: etl.py does not parse"]
    assert found.findings[0].proof.endswith("ModuleNotFoundError: No module named 'x'")


async def test_worker_memory_near_its_limit_is_a_problem() -> None:
    name = ("AWS/MWAA", "MemoryUtilization", "Cluster=BaseWorker,Environment=de-prod")
    world = World(metrics={name: [(NIGHT - timedelta(minutes=5), 99.1), (NIGHT, 40.0)]})
    found = await state(world)
    assert whats(found) == ["problem: MemoryUtilization BaseWorker maximum 99.1 %"]
    assert found.findings[0].proof == "AWS/MWAA at 2026-11-22T02:59:00Z"


async def test_what_is_refused_stands_in_not_checked_with_its_reason() -> None:
    found = await state(World(faults={"airflow": "denied", "metrics": "throttled"}))
    assert found.findings == ()
    assert not found.is_counted
    assert any("metrics" in one and "throttled" in one for one in found.not_checked)
    assert any(one.startswith("health: airflow.health was refused") for one in found.not_checked)


def test_a_silent_scheduler_and_a_sick_component_are_found() -> None:
    health = Health("healthy", "unhealthy", NIGHT - timedelta(minutes=20), "", "healthy")
    assert [one.what for one in checks.of_health(health, NIGHT)] == [
        "scheduler is unhealthy",
        "no heartbeat for 20 min",
    ]


@pytest.mark.parametrize(
    ("worse", "values", "what"),
    [
        ("above", [1, 5, 2], "Q x maximum 5"),
        ("above", [1, 2, 3], ""),
        ("never_zero", [4, 5, 6, 7], "Q x maximum 4"),
        ("never_zero", [4, 0, 6], ""),
        ("silent", [1, 1], "Q x is silent"),
    ],
)
def test_a_metric_is_judged_by_its_own_rule(worse: str, values: list[float], what: str) -> None:
    check = MetricCheck("N", "Q", "Maximum", worse, 3, "means")
    points = tuple((NIGHT - timedelta(minutes=60 - at), v) for at, v in enumerate(values))
    found = list(checks.of_metric(Measured(check, "x", Series("Q", "", points)), NIGHT))
    assert [one.what for one in found] == ([what] if what else [])


def test_capacity_is_what_all_workers_run_at_once() -> None:
    where = Environment("e", environment_class="mw1.medium", max_workers=8)
    assert checks.capacity(where) == 80
    assert checks.capacity(Environment("e", environment_class="mw9.huge", max_workers=8)) == 0


async def test_an_environment_that_could_not_be_described_is_not_called_well() -> None:
    found = await state(World(), environment(status=""))
    assert found.not_checked == (
        "status and last update: GetEnvironment gave no answer (see doctor)",
    )
