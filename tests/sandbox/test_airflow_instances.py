"""Task instances, tries and logs of the sandbox's Airflow."""

from typing import Any

import pytest
from airflow_story import BOTH, RUNS, V1, V2, Json, get, instance, rest, run

from sandbox.logs.store import LogStore


@pytest.mark.parametrize("version", BOTH)
def test_instances_are_filtered_by_state_and_by_time_over_all_runs(version: str) -> None:
    story = RUNS | {
        "task_instances": [
            instance("load", state="failed", start_date="2026-11-22T02:05:00Z"),
            instance("load", 20, state="failed", start_date="2026-11-20T02:05:00Z"),
            instance("extract", start_date="2026-11-22T02:00:00Z"),
            instance("report", state="upstream_failed"),
            instance("wait", state=None),
        ]
    }
    airflow = rest(story, version)
    path = "/dags/~/dagRuns/~/taskInstances"
    found = get(airflow, path, state=["failed", "upstream_failed"])["task_instances"]
    recent = get(airflow, path, state="failed", start_date_gte="2026-11-22T00:00:00Z")
    waiting = get(airflow, path, state="none")["task_instances"]
    assert [row["task_id"] for row in found] == ["load", "load", "report"]
    assert recent["total_entries"] == 1
    assert [row["task_id"] for row in waiting] == ["wait"]


@pytest.mark.parametrize("version", BOTH)
def test_a_mapped_task_is_reached_by_its_index_only(version: str) -> None:
    story = RUNS | {"task_instances": [instance("m", map_index=n) for n in (1, 0)]}
    airflow, path = (
        rest(story, version),
        f"/dags/orders/dagRuns/{run(22)['run_id']}/taskInstances/m",
    )
    assert get(airflow, f"{path}/1")["map_index"] == 1
    assert [r["map_index"] for r in get(airflow, f"{path}/listMapped")["task_instances"]] == [0, 1]
    assert get(airflow, path)[0] == 404


def tries_of(story: dict[str, Any], version: str = V1) -> list[tuple[int, str]]:
    path = f"/dags/orders/dagRuns/{run(22)['run_id']}/taskInstances/load/tries"
    found = get(rest(RUNS | story, version), path)["task_instances"]
    return [(row["try_number"], row["state"]) for row in found]


@pytest.mark.parametrize("version", BOTH)
def test_the_instance_itself_is_the_last_try(version: str) -> None:
    story = {
        "task_instances": [instance("load", try_number=2, state="failed")],
        "tries": [instance("load", try_number=1, state="failed")],
    }
    assert tries_of(story, version) == [(1, "failed"), (2, "failed")]


def test_an_instance_that_waits_for_its_next_try_is_no_try() -> None:
    story = {
        "task_instances": [instance("load", try_number=1, state="up_for_retry")],
        "tries": [instance("load", try_number=1, state="failed")],
    }
    assert tries_of(story) == [(1, "failed")]


def test_tries_alone_make_an_instance() -> None:
    story = {"tries": [instance("load", try_number=n, state="failed") for n in (1, 2)]}
    path = f"/dags/orders/dagRuns/{run(22)['run_id']}/taskInstances/load"
    assert tries_of(story) == [(1, "failed"), (2, "failed")]
    assert get(rest(RUNS | story), path)["try_number"] == 2


def test_airflow_before_2_10_has_no_tries() -> None:
    airflow = rest(RUNS | {"task_instances": [instance("load", try_number=1)]}, "2.9.2")
    path = f"/dags/orders/dagRuns/{run(22)['run_id']}/taskInstances/load"
    assert get(airflow, path)["try_number"] == 1
    assert get(airflow, f"{path}/tries") == (404, None)


def test_one_try_is_found_by_its_number() -> None:
    story = {"tries": [instance("load", try_number=n, hostname=f"w{n}") for n in (1, 2)]}
    path = f"/dags/orders/dagRuns/{run(22)['run_id']}/taskInstances/load/tries"
    assert get(rest(RUNS | story, V2), f"{path}/1")["hostname"] == "w1"
    assert get(rest(RUNS | story, V2), f"{path}/3")[0] == 404


RUN_FOLDER = run(22)["run_id"].replace(":", "_")
LOG = f"dag_id=orders/run_id={RUN_FOLDER}/task_id=m/map_index=1/attempt=1.log"


def log_of(version: str, try_number: int = 1, **query: str) -> Json:
    store = LogStore({"g": {LOG: [(1_795_415_165_993, '{"event": "boom", "level": "error"}')]}})
    story = RUNS | {"task_instances": [instance("m", map_index=1, try_number=1, hostname="w1")]}
    airflow = rest(story, version, store)
    path = f"/dags/orders/dagRuns/{run(22)['run_id']}/taskInstances/m/logs/{try_number}"
    return get(airflow, path, **query)


def test_a_mapped_tasks_log_is_read_from_its_stream() -> None:
    old, new = log_of(V1, map_index="1")["content"], log_of(V2, map_index="1")["content"]
    assert old.startswith("[('w1', '*** Reading remote log from Cloudwatch log_group: g")
    assert '[2026-11-23 06:26:05,993] {"event": "boom"' in old
    assert new[-1] == {
        "timestamp": "2026-11-23T06:26:05.993000Z",
        "event": "boom",
        "level": "error",
    }


def test_a_log_of_no_such_instance_or_try_is_a_404() -> None:
    assert log_of(V1) == (404, None)
    assert log_of(V2, 4, map_index="1") == (404, "TaskInstance not found")


def test_a_try_without_a_stream_says_that_it_could_not_be_read() -> None:
    assert "Could not read remote logs" in log_of(V1, 2, map_index="1")["content"]
