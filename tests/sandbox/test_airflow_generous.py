"""Whatever a story leaves out of airflow.json or writes as null, every list can be read."""

from typing import Any

import pytest
from airflow_story import BOTH, V1, get, rest
from hypothesis import given
from hypothesis import strategies as st

TIMES = st.sampled_from(["2026-11-22T02:00:00Z", "2026-11-22 02:00:00", None])
OPTIONAL = {
    "dag_id": st.sampled_from(["orders", "stock"]),
    "run_id": st.just("scheduled__2026-11-22T02:00:00+00:00"),
    "dag_run_id": st.just("manual__x"),
    "task_id": st.sampled_from(["load", "group.report"]),
    "state": st.sampled_from(["failed", "success", None]),
    "map_index": st.sampled_from([-1, 0, None]),
    "try_number": st.sampled_from([0, 1, 2, None]),
    "start_date": TIMES,
    "end_date": TIMES,
    "logical_date": TIMES,
    "execution_date": TIMES,
    "run_after": TIMES,
    "when": TIMES,
    "tags": st.sampled_from([[], ["a"], [{"name": "a"}], None]),
    "owners": st.sampled_from(["a,b", ["a"], None]),
    "fileloc": st.sampled_from(["/usr/local/airflow/dags/x.py", None]),
    "schedule_interval": st.sampled_from(["@daily", {"value": "@daily"}, None]),
    "retries": st.sampled_from([2, 2.0, None]),
    "execution_timeout": st.sampled_from([60, {"days": 1}, None]),
    "filename": st.just("x.py"),
    "uri": st.just("s3://x"),
    "content": st.just("import x"),
}
ROWS = st.lists(st.fixed_dictionaries({}, optional=OPTIONAL), max_size=3)
NOUNS = ("dags", "dag_runs", "tasks", "task_instances", "tries", "import_errors", "sources",
         "event_logs", "pools", "assets", "dag_versions")  # fmt: skip
STORIES = st.fixed_dictionaries({}, optional=dict.fromkeys(NOUNS, ROWS))
PATHS = ("/dags", "/dags/~/dagRuns", "/dags/~/dagRuns/~/taskInstances", "/importErrors",
         "/eventLogs", "/pools")  # fmt: skip


@pytest.mark.parametrize("version", BOTH)
@given(story=STORIES)
def test_every_list_of_an_incomplete_story_can_be_read(version: str, story: dict[str, Any]) -> None:
    airflow = rest(story, version)
    for path in PATHS:
        assert "total_entries" in get(airflow, path)
    for path in ("/assets",) if version != V1 else ("/datasets",):
        assert "total_entries" in get(airflow, path)


@pytest.mark.parametrize("version", BOTH)
@given(story=STORIES)
def test_what_is_listed_is_found_by_its_ids(version: str, story: dict[str, Any]) -> None:
    airflow = rest(story, version)
    for dag in get(airflow, "/dags")["dags"]:
        assert get(airflow, f"/dags/{dag['dag_id']}")["dag_id"] == dag["dag_id"]
        tasks = get(airflow, f"/dags/{dag['dag_id']}/tasks")["tasks"]
        for task in tasks:
            found = get(airflow, f"/dags/{dag['dag_id']}/tasks/{task['task_id']}")
            assert found["task_id"] == task["task_id"]


def test_a_row_without_its_ids_is_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    airflow = rest({"dags": [{"dag_id": "orders"}, {"description": "?"}]})
    assert get(airflow, "/dags")["total_entries"] == 1
    assert "airflow.json: 1 of dags lack one of dag_id" in caplog.text
