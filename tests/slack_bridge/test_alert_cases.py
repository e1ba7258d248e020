"""Formats of alerts that teams and tools write, each with what it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from slack_bridge.alert.dates import same_instant
from slack_bridge.alert.parse import parse_alert

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "alerts.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_alert_is_read_as_a_person_reads_it(case: dict[str, Any]) -> None:
    alert = parse_alert(case["event"])
    said = alert.as_json()
    assert said["is_failure"] == case["is_failure"], alert.why
    if "kind" in case:
        assert said["kind"] == case["kind"], alert.why
    wanted = case.get("expected", {})
    date = wanted.pop("logical_date", None)
    assert {k: said[k] for k in wanted} == wanted
    if case["is_failure"]:
        assert (date is None) == (said["logical_date"] is None), said["logical_date"]
        assert date is None or same_instant(date, said["logical_date"])
    assert case.get("exception_contains", "") in (said["exception"] or "")
