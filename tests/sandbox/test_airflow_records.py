"""Dags, sources, audit log, assets, pools and health of the sandbox's Airflow."""

import pytest
from airflow_story import BOTH, RUNS, V1, V2, get, instance, rest, run

from sandbox.airflow.asking import RestRequest


@pytest.mark.parametrize("version", BOTH)
def test_a_run_without_rows_for_its_dag_still_has_a_dag(version: str) -> None:
    said = get(rest(RUNS, version), "/dags/stock")
    assert (said["dag_id"], said["is_paused"]) == ("stock", False)


def test_dags_are_searched_and_filtered() -> None:
    story = {
        "dags": [
            {"dag_id": "orders_daily", "tags": ["finance"], "is_active": True},
            {"dag_id": "orders_old", "is_active": False},
            {"dag_id": "stock", "is_paused": True, "tags": [{"name": "ops"}]},
        ]
    }

    def ids(version: str, **query: str) -> list[str]:
        return [dag["dag_id"] for dag in get(rest(story, version), "/dags", **query)["dags"]]

    assert ids(V1) == ids(V2) == ["orders_daily", "stock"]
    assert ids(V1, only_active="false", dag_id_pattern="ORDERS") == ["orders_daily", "orders_old"]
    assert ids(V2, exclude_stale="false", dag_id_pattern="%old") == ["orders_old"]
    assert ids(V1, tags="finance,sales") == ["orders_daily"]
    assert ids(V2, tags=["ops"], paused="true") == ["stock"]


def test_version_1_gives_only_the_fields_asked_for() -> None:
    said = get(rest(RUNS), "/dags", fields="dag_id,is_paused")
    assert said["dags"][0] == {"dag_id": "orders", "is_paused": False}


@pytest.mark.parametrize("version", BOTH)
def test_tasks_tell_their_downstream_and_durations_as_time_deltas(version: str) -> None:
    task = {
        "dag_id": "orders",
        "task_id": "load",
        "operator_name": "PythonOperator",
        "downstream_task_ids": ["report"],
        "execution_timeout": 90000,
    }
    airflow = rest(RUNS | {"tasks": [task]}, version)
    said = get(airflow, "/dags/orders/tasks")
    assert said["total_entries"] == 1
    assert said["tasks"][0]["downstream_task_ids"] == ["report"]
    assert said["tasks"][0]["class_ref"]["class_name"] == "PythonOperator"
    assert said["tasks"][0]["execution_timeout"]["days"] == 1
    assert get(airflow, "/dags/orders/tasks/gone") == (404, "Task with id gone was not found")


def test_a_dag_without_task_rows_has_the_tasks_of_its_instances() -> None:
    story = RUNS | {"task_instances": [instance("load", operator="BashOperator")]}
    tasks = get(rest(story), "/dags/orders/tasks")["tasks"]
    assert [(t["task_id"], t["operator_name"]) for t in tasks] == [("load", "BashOperator")]


def test_a_source_is_read_by_token_in_1_and_by_dag_and_version_in_2() -> None:
    story = {
        "dags": [{"dag_id": "orders", "file_token": "tok.en"}],
        "sources": [
            {"dag_id": "orders", "content": "old", "version_number": 1},
            {"dag_id": "orders", "content": "new", "version_number": 2},
        ],
        "dag_versions": [{"dag_id": "orders", "version_number": n} for n in (1, 2)],
    }
    assert get(rest(story), "/dagSources/tok.en") == {"content": "new"}
    assert get(rest(story, V2), "/dagSources/orders", version_number="1")["content"] == "old"
    said = get(rest(story, V2), "/dagSources/orders")
    assert (said["content"], said["version_number"]) == ("new", 2)
    assert get(rest(story, V2), "/dags/orders/dagVersions")["total_entries"] == 2
    assert get(rest(story, V2), "/dags/orders/dagVersions/2")["version_number"] == 2


def test_a_source_may_be_plain_text() -> None:
    story = {"sources": [{"dag_id": "orders", "content": "import x"}]}
    asked = RestRequest("GET", "/dagSources/orders", accept="text/plain")
    said = rest(story, V2).answer(asked)
    assert (said.document, said.content_type) == ("import x", "text/plain")


@pytest.mark.parametrize("version", BOTH)
def test_event_logs_are_filtered_by_time_name_and_dag(version: str) -> None:
    story = {
        "event_logs": [
            {"when": "2026-11-21T10:00:00Z", "event": "trigger", "dag_id": "orders"},
            {"when": "2026-11-21T12:00:00Z", "event": "variable.edit", "owner": "mia"},
            {"when": "2026-11-21T14:00:00Z", "event": "trigger", "dag_id": "stock"},
        ]
    }
    airflow = rest(story, version)

    def hours(**query: str) -> list[str]:
        return [r["when"][11:13] for r in get(airflow, "/eventLogs", **query)["event_logs"]]

    assert hours(after="2026-11-21T10:00:00Z", order_by="-when") == ["14", "12"]
    assert hours(before="2026-11-21T12:00:00Z") == ["10"]
    assert hours(included_events="variable.edit,pool.edit") == ["12"]
    assert hours(excluded_events="trigger") == ["12"]
    assert hours(dag_id="stock") == ["14"]
    assert get(airflow, "/eventLogs/2")["owner"] == "mia"


def test_datasets_and_assets_are_one_list_in_two_spellings() -> None:
    row = {
        "uri": "s3://lake/orders",
        "consuming_dags": [{"dag_id": "report"}],
        "producing_tasks": [{"dag_id": "orders", "task_id": "load"}],
    }
    old, new = rest({"datasets": [row]}), rest({"assets": [row]}, V2)
    assert get(old, "/datasets")["datasets"][0]["consuming_dags"] == [{"dag_id": "report"}]
    assert get(new, "/assets", dag_ids="report")["assets"][0]["scheduled_dags"] == [
        {"dag_id": "report"}
    ]
    assert get(old, "/datasets/s3%3A%2F%2Flake%2Forders")["id"] == 1
    assert get(new, "/assets/1")["name"] == "s3://lake/orders"
    assert get(new, "/assets/2") == (404, "The Asset with ID: `2` was not found")


def test_events_of_assets_are_listed_by_run_and_queue() -> None:
    event = {
        "asset_id": 1,
        "source_dag_id": "orders",
        "timestamp": "2026-11-22T02:10:00Z",
        "created_dagruns": [{"dag_id": "orders", "run_id": run(22)["run_id"]}],
    }
    queued = {"dag_id": "report", "asset_id": 1, "created_at": "2026-11-22T02:10:00Z"}
    airflow = rest(RUNS | {"asset_events": [event], "queued_events": [queued]}, V2)
    path = f"/dags/orders/dagRuns/{run(22)['run_id']}/upstreamAssetEvents"
    assert get(airflow, path)["total_entries"] == 1
    assert get(airflow, path.replace("-22T", "-21T"))["total_entries"] == 0
    assert get(airflow, "/assets/events", source_dag_id="orders")["total_entries"] == 1
    assert get(airflow, "/dags/report/assets/queuedEvents")["total_entries"] == 1
    assert get(airflow, "/assets/2/queuedEvents")["total_entries"] == 0


@pytest.mark.parametrize("version", BOTH)
def test_pools_always_hold_the_default_one(version: str) -> None:
    airflow = rest({"pools": [{"name": "redshift", "slots": 4, "open_slots": 0}]}, version)
    names = [pool["name"] for pool in get(airflow, "/pools")["pools"]]
    assert names == ["default_pool", "redshift"]
    assert get(airflow, "/pools/redshift")["open_slots"] == 0


def test_health_is_the_storys_and_otherwise_good() -> None:
    told = {"scheduler": {"status": "unhealthy"}}
    old, new = get(rest({"health": told}), "/health"), get(rest({}, V2), "/monitor/health")
    assert old["scheduler"]["status"] == "unhealthy"
    assert old["dag_processor"]["status"] is None
    assert {component["status"] for component in new.values()} == {"healthy"}


def test_statistics_count_runs_by_state_and_version_1_wants_the_dags_named() -> None:
    states = get(rest(RUNS), "/dagStats", dag_ids="orders")["dags"][0]["stats"]
    assert {"state": "failed", "count": 2} in states
    assert get(rest(RUNS), "/dagStats")[0] == 400
    assert get(rest(RUNS, V2), "/dagStats")["total_entries"] == 2


def test_the_configuration_is_not_shown() -> None:
    assert get(rest({}), "/config")[0] == 403


@pytest.mark.parametrize("version", BOTH)
def test_a_dag_whose_file_does_not_import_says_so(version: str) -> None:
    story = {
        "dags": [{"dag_id": "orders", "fileloc": "/usr/local/airflow/dags/orders.py"}],
        "import_errors": [{"filename": "orders.py", "stack_trace": "SyntaxError"}],
    }
    assert get(rest(story, version), "/dags/orders")["has_import_errors"] is True
    assert get(rest(story, version), "/importErrors/1")["stack_trace"] == "SyntaxError"
