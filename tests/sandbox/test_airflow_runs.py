"""Dag runs of the sandbox's Airflow: filters, order, errors, what each version has."""

from typing import Any

import pytest
from airflow_story import BOTH, RUNS, V1, V2, get, rest, run

from sandbox.airflow.asking import RestRequest


@pytest.mark.parametrize("version", BOTH)
def test_runs_come_oldest_first_unless_asked_otherwise(version: str) -> None:
    airflow = rest(RUNS, version)
    days = [r["start_date"][8:10] for r in get(airflow, "/dags/orders/dagRuns")["dag_runs"]]
    newest = get(airflow, "/dags/orders/dagRuns", order_by="-start_date", limit="1")
    assert days == ["20", "21", "22"]
    assert newest["dag_runs"][0]["start_date"].startswith("2026-11-22")
    assert newest["total_entries"] == 3


@pytest.mark.parametrize(
    ("version", "query", "days"),
    [
        (V1, {"state": "failed"}, ["20", "22"]),
        (V1, {"state": ["failed", "running"]}, ["20", "22"]),
        (V1, {"execution_date_gte": "2026-11-21T02:00:00Z"}, ["21", "22"]),
        (V1, {"execution_date_lte": "2026-11-21T00:00:00 00:00"}, ["20"]),
        (V1, {"start_date_gte": "2026-11-21T03:00:00+01:00", "offset": "1"}, ["22"]),
        (V2, {"state": "failed,success", "limit": "2"}, ["20", "21"]),
        (V2, {"logical_date_lte": "2026-11-21T02:00:00Z"}, ["20", "21"]),
        (V2, {"run_after_gt": "2026-11-21T02:00:00Z"}, ["22"]),
        (V2, {"end_date_lt": "2026-11-21T02:30:00Z"}, ["20"]),
        (V2, {"run_id_pattern": "2026-11-21"}, ["21"]),
        (V2, {"duration_gte": "1801"}, []),
        (V2, {"duration_lte": "1800", "run_type": "scheduled"}, ["20", "21", "22"]),
        (V2, {"order_by": ["-run_after"]}, ["22", "21", "20"]),
    ],
)
def test_runs_are_filtered(version: str, query: dict[str, Any], days: list[str]) -> None:
    found = get(rest(RUNS, version), "/dags/orders/dagRuns", **query)["dag_runs"]
    assert [row["start_date"][8:10] for row in found] == days


def test_version_1_refuses_parameters_of_version_2_which_passes_over_those_of_1() -> None:
    extra = "Extra query parameter(s) run_after_gte not in spec"
    asked = {"run_after_gte": "2026-11-21T02:00:00Z"}
    assert get(rest(RUNS), "/dags/orders/dagRuns", **asked) == (400, extra)
    said = get(rest(RUNS, V2), "/dags/orders/dagRuns", execution_date_gte="2026-11-22T00:00:00Z")
    assert said["total_entries"] == 3


@pytest.mark.parametrize("version", BOTH)
def test_ordering_by_what_cannot_be_ordered_is_refused(version: str) -> None:
    status, detail = get(rest(RUNS, version), "/dags/orders/dagRuns", order_by="-note")
    assert status == 400
    assert "Ordering with 'note' is disallowed" in detail


@pytest.mark.parametrize(("version", "status"), [(V1, 400), (V2, 422)])
def test_a_time_that_is_none_is_refused(version: str, status: int) -> None:
    said = get(rest(RUNS, version), "/dags/orders/dagRuns", start_date_gte="yesterday")
    assert said[0] == status


@pytest.mark.parametrize("version", BOTH)
def test_a_tilde_stands_for_every_dag(version: str) -> None:
    assert get(rest(RUNS, version), "/dags/~/dagRuns")["total_entries"] == 4


@pytest.mark.parametrize(
    ("path", "v1", "v2"),
    [
        ("/dags/x", "The DAG with dag_id: x was not found", "The Dag with ID: `x` was not found"),
        (
            "/dags/orders/dagRuns/r%3A1",
            "DAGRun with DAG ID: 'orders' and DagRun ID: 'r:1' not found",
            "The DagRun with dag_id: `orders` and run_id: `r:1` was not found",
        ),
        (
            "/dags/orders/dagRuns/r/taskInstances/t",
            None,
            "The Task Instance with dag_id: `orders`, run_id: `r` and task_id: `t` was not found",
        ),
        ("/nothing", None, "Not Found"),
    ],
)
def test_an_unknown_id_is_a_404_in_the_versions_words(path: str, v1: str | None, v2: str) -> None:
    assert get(rest(RUNS), path) == (404, v1)
    assert get(rest(RUNS, V2), path) == (404, v2)


@pytest.mark.parametrize(
    ("version", "path"),
    [
        (V1, "/assets"),
        (V1, "/dags/orders/dagVersions"),
        (V1, "/dagSources/orders"),
        (V1, "/monitor/health"),
        (V2, "/datasets"),
        (V2, "/health"),
        (V2, "/dags/orders/dagRuns/x/upstreamDatasetEvents"),
    ],
)
def test_a_version_has_only_its_own_paths(version: str, path: str) -> None:
    assert get(rest(RUNS, version), path)[0] == 404


def test_each_version_answers_with_its_own_fields() -> None:
    path = f"/dags/orders/dagRuns/{run(21)['run_id']}"
    old, new = get(rest(RUNS), path), get(rest(RUNS, V2), path)
    assert old["execution_date"] == "2026-11-21T02:00:00+00:00"
    assert new["logical_date"] == "2026-11-21T02:00:00Z"
    assert {"run_after", "queued_at", "triggered_by"} & old.keys() == set()
    assert {"execution_date", "external_trigger"} & new.keys() == set()


def test_version_2_keeps_a_logical_date_of_null() -> None:
    row = {
        "dag_id": "d",
        "dag_run_id": "manual__x",
        "logical_date": None,
        "run_after": "2026-11-22T01:00:00Z",
    }
    said = get(rest({"dag_runs": [row]}, V2), "/dags/d/dagRuns/manual__x")
    assert (said["logical_date"], said["run_after"]) == (None, "2026-11-22T01:00:00Z")


@pytest.mark.parametrize("version", BOTH)
def test_only_get_is_allowed(version: str) -> None:
    said = rest(RUNS, version).answer(RestRequest("DELETE", "/dags/orders"))
    assert said.status == 405
