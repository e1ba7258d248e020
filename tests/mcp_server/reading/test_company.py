"""What the rest of a run says of one of its tasks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.domain.airflow import Task, TaskInstance
from mcp_server.reading.calls import asking
from mcp_server.reading.company import cut_off, later_runs, other_failures, root_of, siblings
from mcp_server.reading.indexes import said_indexes
from mcp_server.reading.speaks_of import speaks_of
from mcp_server.reading.streams import TaskTry
from tests.mcp_server.investigate.fake_airflow import FakeAirflow
from tests.mcp_server.investigate.rows import DAG, NIGHT, RUN, instance, run
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio


def mapped(*failed: int, of: int = 12) -> list[TaskInstance]:
    return [
        instance("load", "failed" if n in failed else "success", map_index=n) for n in range(of)
    ]


def test_a_mapped_instance_names_those_that_failed_beside_it() -> None:
    every = mapped(3, 7, 11)
    assert siblings(every[7], every) == (
        "3 of 12 mapped instances failed: 3, 7, 11; map_index= opens one"
    )
    assert siblings(every[7], mapped(7)) == ""
    assert siblings(instance("load"), [instance("load"), instance("next")]) == ""


def test_a_task_that_was_ended_with_its_run_is_said_not_to_have_failed() -> None:
    over = run(end_date=NIGHT)
    cut, never = instance("fit", "skipped"), instance("next", "skipped", start_date=None)
    rows = [instance("load", "success"), cut, never]

    assert cut_off(over, cut, rows) == (
        "it did not fail: the end of its run at 2026-11-22T03:04:00Z cut it off"
        " (get_dag_run says why)"
    )
    assert cut_off(over, never, rows) == ""
    assert cut_off(over, cut, [*rows, instance("other")]) == ""
    assert cut_off(run(state="success", end_date=NIGHT), cut, rows) == ""


@pytest.mark.parametrize(
    ("message", "speaks"),
    [
        ("Detected zombie job: {'Run Id': '" + RUN + "', 'Map Index': 7}", True),
        ("Detected zombie job: {'Run Id': '" + RUN + "', 'Map Index': 4}", False),
        (f"TaskInstanceKey(task_id='load', run_id='{RUN}', try_number=1, map_index=7)", True),
        ("TaskInstanceKey(task_id='load', run_id='hotfix', map_index=7)", False),
        (f"TaskInstance Finished: task_id=load, run_id={RUN}, map_index=-1, state=failed", True),
        (f"<TaskInstance: orders.load {RUN} [queued]>", True),
        ("<TaskInstance: orders.load manual__2026-11-22T00:00:00+00:00 [queued]>", False),
        ("load of orders is stuck in queued", True),
    ],
)
def test_a_line_about_another_run_or_index_is_not_about_this_try(
    message: str, speaks: bool
) -> None:
    wanted = TaskTry(DAG, RUN, "load", 1, 7)
    assert speaks_of(message, wanted) is speaks
    assert speaks_of(message, replace(wanted, run_id=RUN.replace(":", "_"))) is speaks


def test_the_other_tasks_that_failed_of_themselves_are_named() -> None:
    rows = [
        instance("load"),
        instance("next", "upstream_failed"),
        instance("report", "up_for_retry"),
    ]
    assert other_failures(rows[0], rows) == (
        "1 other task of this run failed: report; get_dag_run shows them in order of time"
    )
    assert other_failures(rows[0], rows[:2]) == ""


@pytest.mark.parametrize(
    ("indexes", "said"),
    [
        ([], ""),
        ([5], "5"),
        ([4, 5], "4, 5"),
        ([0, 1, 2, 9], "0-2, 9"),
        ([*range(0, 40, 2)], "0, 2, 4, 6, 8, 10, 12, 14 and 12 more"),
    ],
)
def test_indexes_are_listed_short(indexes: list[int], said: str) -> None:
    assert said_indexes(indexes) == said


@given(st.sets(st.integers(0, 500), max_size=80))
def test_no_index_is_lost_from_a_list(indexes: set[int]) -> None:
    head, _, rest = said_indexes(indexes).partition(" and ")
    listed: set[int] = set()
    for part in filter(None, head.split(", ")):
        low, _, high = part.partition("-")
        listed |= set(range(int(low), int(high or low) + 1))
    left = int(rest.removesuffix(" more") or 0)
    assert listed <= indexes
    assert len(indexes) == len(listed) + left


async def test_upstream_failed_is_traced_with_the_call_that_opens_the_root() -> None:
    world = World(
        tasks={DAG: [Task("load", downstream_task_ids=("next",)), Task("next")]},
        instances=[instance("load"), instance("next", "upstream_failed")],
        runs=[run()],
    )
    airflow = FakeAirflow(world, "de-prod")
    said = await root_of(airflow, run(), world.instances[1])

    assert said == (
        f"load failed at 2026-11-22T03:04:00Z: get_task_log dag_id=orders run_id={RUN} task_id=load"
    )
    assert await root_of(airflow, run(), world.instances[0]) == ""


async def test_in_a_mapped_group_the_root_has_the_same_index() -> None:
    check = [
        instance("g.check", map_index=n, end_date=NIGHT - timedelta(minutes=n)) for n in (1, 2)
    ]
    load = instance("g.load", "upstream_failed", map_index=1)
    world = World(
        tasks={DAG: [Task("g.check", downstream_task_ids=("g.load",)), Task("g.load")]},
        instances=[*check, load],
        runs=[run()],
    )
    said = await root_of(FakeAirflow(world, "de-prod"), run(), load)
    assert said.startswith("g.check[1] failed at")
    assert said.endswith("task_id=g.check map_index=1")


async def test_a_root_that_was_cleared_or_is_refused_is_said() -> None:
    lone = instance("next", "upstream_failed")
    world = World(tasks={DAG: [Task("next")]}, instances=[lone], runs=[run()])
    assert "no failed task stands upstream" in await root_of(FakeAirflow(world, "e"), run(), lone)
    denied = World(faults={"airflow.tasks": "denied"})
    assert "its root is not known" in await root_of(FakeAirflow(denied, "e"), run(), lone)


async def test_what_came_after_a_failed_run_is_told() -> None:
    later = [run(f"scheduled__2026-11-2{day}T03:00:00+00:00", "success") for day in (2, 3)]
    airflow = FakeAirflow(World(runs=[run(), *later]), "de-prod")

    assert await later_runs(airflow, run()) == (
        "2 later runs succeeded, the last ended 2026-11-24T03:05:00Z"
    )
    assert await later_runs(airflow, later[0]) == (
        "a later run succeeded, scheduled__2026-11-23T03:00:00+00:00 at 2026-11-24T03:05:00Z"
    )
    assert await later_runs(airflow, later[1]) == ""
    refused = World(runs=[run()], faults={"airflow.dag_runs": "denied"})
    assert await later_runs(FakeAirflow(refused, "de-prod"), run()) == ""


def test_a_call_can_be_pasted_whatever_the_ids_hold() -> None:
    assert asking("get_dag_run", dag_id="a", run_id="re-run 'x' & y", map_index=-1, task_id="") == (
        """get_dag_run dag_id=a run_id='re-run '"'"'x'"'"' & y'"""
    )
    assert asking("t", map_index=0) == "t map_index=0"
