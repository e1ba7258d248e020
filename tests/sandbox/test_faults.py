"""Faults, the clock and the call log of the world."""

from datetime import UTC, datetime

import pytest

from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults


def test_a_fault_covers_its_operation_and_no_other() -> None:
    faults = Faults({"cloudtrail:LookupEvents": "denied", "airflow:GET /eventLogs": "slow"})
    assert faults.of("cloudtrail", "LookupEvents") == "denied"
    assert faults.of("cloudtrail", "ListTrails") is None
    assert faults.of("airflow", "GET /eventLogs?limit=5") == "slow"
    assert faults.of("airflow", "GET /dags") is None


def test_throttling_lets_each_fourth_call_through() -> None:
    faults = Faults({"gemini": "throttled"})
    said = [faults.of("gemini", "generateContent") for _ in range(8)]
    assert said == ["throttled", "throttled", "throttled", None] * 2


def test_an_unknown_kind_of_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="hang"):
        Faults({"redshift": "broken"})


def test_the_clock_starts_where_the_incident_says_and_needs_a_zone() -> None:
    start = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
    assert abs((Clock(start).now() - start).total_seconds()) < 60
    with pytest.raises(ValueError, match="time zone"):
        Clock(start.replace(tzinfo=None))


def test_a_call_is_logged_also_when_it_raises() -> None:
    calls = CallLog()
    with pytest.raises(KeyError), calls.record("logs", "GetLogEvents"):
        raise KeyError("x")
    assert [(c.service, c.operation) for c in calls.all()] == [("logs", "GetLogEvents")]
