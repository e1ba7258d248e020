"""What real Airflow 2.10.5 and 3.3.2 answered, as the domain has it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.aws import airflow_rows as rows
from mcp_server.aws.airflow_dialect import dialect_of
from mcp_server.diagnostics.cause import diagnose_log

RECORDINGS = Path(__file__).parents[2] / "recordings"
RUN = "/dags/lab_failures/dagRuns/manual__2026-01-02T03%3A04%3A05%2B00%3A00"
BOTH = ["2.10.5", "3.3.2"]


def recorded(version: str, path: str) -> Any:  # noqa: ANN401 - JSON
    status, document = json.loads((RECORDINGS / f"airflow-{version}/rest.json").read_text())[path]
    assert status == 200
    return document


@pytest.mark.parametrize("version", BOTH)
def test_a_run_that_failed(version: str) -> None:
    run = dialect_of(version).dag_run(recorded(version, RUN))
    assert (run.dag_id, run.state, run.run_type) == ("lab_failures", "failed", "manual")
    assert run.run_id == "manual__2026-01-02T03:04:05+00:00"
    assert run.order is not None
    assert run.order.tzinfo is UTC
    assert (run.logical_date is None) == (version == "3.3.2")


@pytest.mark.parametrize("version", BOTH)
def test_task_instances_of_a_run(version: str) -> None:
    document = recorded(version, f"{RUN}/taskInstances")
    found = [rows.task_instance(row) for row in rows.rows_of(document, "task_instances")]
    assert {each.task_id: each.state for each in found}["bash_exit_127"] == "failed"
    assert all(each.try_number >= 1 and each.map_index == -1 for each in found)
    assert all(each.duration and each.pool == "default_pool" for each in found)
    assert all(each.operator for each in found)
    assert all(each.start_date is None or each.start_date.tzinfo is UTC for each in found)


@pytest.mark.parametrize("version", BOTH)
def test_a_dag_without_a_schedule(version: str) -> None:
    dag = dialect_of(version).dag(recorded(version, "/dags")["dags"][0])
    assert (dag.dag_id, dag.owners, dag.schedule) == ("lab_failures", ("airflow",), "")
    assert dag.file_token
    assert dag.fileloc.endswith("lab_failures.py")


@pytest.mark.parametrize("version", BOTH)
def test_a_file_that_does_not_parse(version: str) -> None:
    document = recorded(version, "/importErrors")
    (failure,) = [rows.import_failure(row) for row in rows.rows_of(document, "import_errors")]
    assert "ModuleNotFoundError" in failure.stack_trace
    assert failure.timestamp is not None
    assert failure.timestamp.tzinfo is UTC


@pytest.mark.parametrize("version", BOTH)
def test_the_audit_log(version: str) -> None:
    document = recorded(version, "/eventLogs?limit=5")
    events = [rows.event_log(row) for row in rows.rows_of(document, "event_logs")]
    assert len(events) == 5
    assert events[0].owner == "root"
    assert events[0].at.year == 2026


def test_the_health_of_airflow_2() -> None:
    health = rows.health(recorded("2.10.5", "/health"))
    assert (health.metadatabase, health.scheduler, health.triggerer) == ("healthy", "healthy", "")
    assert health.scheduler_heartbeat == datetime(2026, 11, 23, 6, 27, 17, 593381, tzinfo=UTC)


@pytest.mark.parametrize("version", BOTH)
def test_a_log_read_over_rest_has_the_same_cause_as_its_stream(version: str) -> None:
    path = f"{RUN}/taskInstances/bash_exit_1/logs/1?full_content=true"
    text = dialect_of(version).log_text(recorded(version, path)["content"])
    (file,) = (RECORDINGS / f"airflow-{version}").glob("*task_id=bash_exit_1__*")
    stream = "\n".join(json.loads(line)["message"] for line in file.read_text().splitlines())
    over_rest, stored = diagnose_log([text]), diagnose_log([stream])
    assert "about to fail" in text
    assert over_rest.category == stored.category == "bash.nonzero_exit"
    assert over_rest.cause_line == stored.cause_line


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("[('host', 'a\\nb\\n')]", "a\nb\n"),
        ("[('h1', 'a'), ('h2', 'b')]", "a\nb"),
        ("[('this is a log line, no list", "[('this is a log line, no list"),
        ("[2026-11-22] plain", "[2026-11-22] plain"),
        ([["host", "x"]], "x"),
        ("[(__import__('os').getcwd(), 1)]", "[(__import__('os').getcwd(), 1)]"),
    ],
)
def test_a_version_2_log_is_unfolded_and_never_run(content: object, text: str) -> None:
    assert dialect_of("2.9.2").log_text(content) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize("version", BOTH)
@given(content=JSON | st.text().map(lambda text: f"[('h', {text!r})]"))
def test_whatever_stands_for_a_log_becomes_text(version: str, content: object) -> None:
    assert isinstance(dialect_of(version).log_text(content), str)


@given(st.text())
def test_a_version_2_log_comes_out_as_it_went_in(text: str) -> None:
    assert dialect_of("2.10.5").log_text(repr([("host", text)])) == text


@pytest.mark.parametrize(
    ("row", "schedule"),
    [
        ({"schedule_interval": {"__type": "CronExpression", "value": "0 3 * * *"}}, "0 3 * * *"),
        ({"schedule_interval": {"__type": "TimeDelta", "days": 1, "seconds": 0}}, "every 1 days"),
        ({"schedule_interval": {"__type": "CronExpression", "value": "Dataset"}}, "Dataset"),
        ({"schedule_interval": None}, ""),
    ],
)
def test_a_version_2_schedule_is_told_in_words(row: dict[str, Any], schedule: str) -> None:
    assert dialect_of("2.10.5").dag({"dag_id": "d", **row}).schedule == schedule


@pytest.mark.parametrize("key", ["scheduled_dags", "consuming_dags"])
def test_an_asset_tells_who_waits_for_it(key: str) -> None:
    row = {
        "uri": "s3://b/orders",
        "producing_tasks": [{"dag_id": "load", "task_id": "write"}],
        key: [{"dag_id": "report"}],
    }
    asset = dialect_of("3.0.6").asset(row)
    assert (asset.producing, asset.consuming_dags) == ((("load", "write"),), ("report",))


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-22T03:04:05Z", 3),
        ("2026-11-22T03:04:05.123456+00:00", 3),
        ("2026-11-22T03:04:05+02:00", 1),
        ("2026-11-22T03:04:05", 3),
        ("no time", None),
        (None, None),
    ],
)
def test_times_of_all_styles_become_utc(text: str | None, hour: int | None) -> None:
    at = rows.moment(text)
    assert (at.hour if at else None) == hour
    assert at is None or at.tzinfo is UTC
