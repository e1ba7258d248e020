"""What a real Airflow 2.10.5 and 3.3.2 answered, the sandbox answers from the same rows."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from local_aws import NOW

from sandbox.airflow.asking import RestRequest
from sandbox.airflow.rest import AirflowRest
from sandbox.clock import Clock
from sandbox.logs.store import LogStore

HOME = Path(__file__).parent.parent / "recordings"
RUN = "/dags/lab_failures/dagRuns/manual__2026-01-02T03%3A04%3A05%2B00%3A00"
GROUP = "airflow-lab-env-Task"
VERSIONS = ["2.10.5", "3.3.2"]


def recorded(version: str) -> dict[str, Any]:
    return json.loads((HOME / f"airflow-{version}" / "rest.json").read_text())


def replay(version: str) -> AirflowRest:
    said = {path: answer[1] for path, answer in recorded(version).items()}
    story = {
        **said["/dags"],
        **said["/importErrors"],
        **said["/eventLogs?limit=5"],
        **said[f"{RUN}/taskInstances"],
        "dag_runs": [said[RUN]],
        "health": said.get("/health"),
    }
    return AirflowRest(story, version, Clock(NOW), streams(version), GROUP)


def streams(version: str) -> LogStore:
    found = {}
    for path in (HOME / f"airflow-{version}").glob("dag_id=*.jsonl"):
        name = path.name.removesuffix(".jsonl").replace("__run_id", "/run_id")
        name = name.replace("__task_id", "/task_id").replace("__map_index", "/map_index")
        events = [json.loads(line) for line in path.read_text().splitlines()]
        found[name.replace("__attempt", "/attempt")] = [
            (event["timestamp"], event["message"]) for event in events
        ]
    return LogStore({GROUP: found})


def paths(version: str) -> list[str]:
    # A release's git hash is no part of a story.
    return [path for path in recorded(version) if path != "/version"]


@pytest.mark.parametrize(
    ("version", "path"), [(version, path) for version in VERSIONS for path in paths(version)]
)
def test_each_recorded_answer_comes_back_field_by_field(version: str, path: str) -> None:
    bare, _, query = path.partition("?")
    said = replay(version).answer(RestRequest("GET", bare, parse_qs(query)))
    status, expected = recorded(version)[path]
    for answer in (said.document, expected):
        # A signature of the web server's own key.
        answer.pop("continuation_token", None)
    assert said.status == status
    assert said.document == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_is_said(version: str) -> None:
    said = replay(version).answer(RestRequest("GET", "/version"))
    assert said.document["version"] == version
