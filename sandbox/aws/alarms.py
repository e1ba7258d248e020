"""CloudWatch's alarms and their history."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.aws.errors import ACCOUNT
from sandbox.aws.service import Document, Operation, when
from sandbox.clock import Clock

MAX_RECORDS = 100
_THRESHOLD = re.compile(r"threshold \((-?[\d.]+)\)")
# What cloudwatch.json may say of an alarm beside its name -> the API's member and its default.
MEMBERS: dict[str, tuple[str, object]] = {
    "description": ("AlarmDescription", None),
    "namespace": ("Namespace", None),
    "metric": ("MetricName", None),
    "statistic": ("Statistic", "Average"),
    "period": ("Period", 300),
    "evaluation_periods": ("EvaluationPeriods", 1),
    "comparison": ("ComparisonOperator", "GreaterThanThreshold"),
    "unit": ("Unit", None),
}


class Alarms:
    """Read operations over `cloudwatch.json`'s alarms."""

    def __init__(self, alarms: Iterable[Mapping[str, Any]], clock: Clock) -> None:  # Any: JSON
        self._alarms = list(alarms)
        self._clock = clock
        self.operations: dict[str, Operation] = {
            "DescribeAlarms": self.describe_alarms,
            "DescribeAlarmsForMetric": self.describe_alarms_for_metric,
            "DescribeAlarmHistory": self.describe_alarm_history,
        }

    def describe_alarms(self, asked: Document, region: str) -> Document:
        """Metric alarms by name, prefix or state; a story has no composite ones."""
        names = asked.get("AlarmNames")
        prefix = asked.get("AlarmNamePrefix", "")
        state = asked.get("StateValue")
        metric_alarms = "MetricAlarm" in asked.get("AlarmTypes", ["MetricAlarm"])
        rows = [self._row(alarm, region) for alarm in self._alarms if metric_alarms]
        found = [
            row
            for row in rows
            if (names is None or row["AlarmName"] in names)
            and row["AlarmName"].startswith(prefix)
            and state in {None, row["StateValue"]}
        ]
        page, more = _page(found, asked)
        return {"MetricAlarms": page, "CompositeAlarms": [], **more}

    def describe_alarms_for_metric(self, asked: Document, region: str) -> Document:
        rows = [self._row(alarm, region) for alarm in self._alarms]
        wanted = (asked["Namespace"], asked["MetricName"], _dimensions(asked))
        return {
            "MetricAlarms": [
                row
                for row in rows
                if (row.get("Namespace"), row.get("MetricName"), _dimensions(row)) == wanted
            ]
        }

    def describe_alarm_history(self, asked: Document, region: str) -> Document:
        """State updates, newest first unless ScanBy says otherwise."""
        name, kind = asked.get("AlarmName"), asked.get("HistoryItemType", "StateUpdate")
        items = [
            _item(str(alarm["name"]), change)
            for alarm in self._alarms
            for change in self._history(alarm)
            if name in {None, alarm["name"]} and kind == "StateUpdate"
        ]
        start, end = when(asked.get("StartDate")), when(asked.get("EndDate"))
        found = [
            item
            for item in items
            if (start is None or item["Timestamp"] >= start)
            and (end is None or item["Timestamp"] <= end)
        ]
        newest_first = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        found.sort(key=lambda item: item["Timestamp"], reverse=newest_first)
        page, more = _page(found, asked)
        return {"AlarmHistoryItems": page, **more}

    def _history(self, alarm: Mapping[str, Any]) -> list[Document]:  # Any: JSON of a story
        now = self._clock.now()
        told = [{**change, "at": when(change["at"])} for change in alarm.get("history") or []]
        return sorted(
            (change for change in told if change["at"] and change["at"] <= now),
            key=lambda change: change["at"],
        )

    def _row(self, alarm: Mapping[str, Any], region: str) -> Document:  # Any: JSON of a story
        history = self._history(alarm)
        last: Document = history[-1] if history else {}
        reason = str(alarm.get("reason") or last.get("reason") or "")
        row: Document = {
            "AlarmName": str(alarm["name"]),
            "AlarmArn": f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:{alarm['name']}",
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": alarm.get("actions", []),
            "InsufficientDataActions": [],
            "StateValue": alarm.get("state") or last.get("to") or "INSUFFICIENT_DATA",
            "StateReason": reason,
            "Dimensions": [
                {"Name": name, "Value": value}
                for name, value in (alarm.get("dimensions") or {}).items()
            ],
        }
        said = {api: alarm.get(key, default) for key, (api, default) in MEMBERS.items()}
        return row | _known(said | _threshold(alarm, reason) | _times(last.get("at")))


def _known(members: Document) -> Document:
    return {name: value for name, value in members.items() if value is not None}


def _threshold(alarm: Mapping[str, Any], reason: str) -> Document:  # Any: JSON of a story
    told = _THRESHOLD.search(reason)
    value = alarm.get("threshold", told[1] if told else None)
    return {"Threshold": None if value is None else float(value)}


def _times(at: datetime | None) -> Document:
    return {"StateUpdatedTimestamp": at, "StateTransitionedTimestamp": at}


def _item(name: str, change: Document) -> Document:
    before, after = change.get("from", "INSUFFICIENT_DATA"), change.get("to", "ALARM")
    data = {
        "version": "1.0",
        "oldState": {"stateValue": before},
        "newState": {"stateValue": after, "stateReason": change.get("reason", "")},
    }
    return {
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "Timestamp": change["at"],
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {before} to {after}",
        "HistoryData": json.dumps(data),
    }


def _dimensions(said: Document) -> list[tuple[str, str]]:
    return sorted((entry["Name"], entry["Value"]) for entry in said.get("Dimensions") or [])


def _page(rows: list[Document], asked: Document) -> tuple[list[Document], Document]:
    limit = min(int(asked.get("MaxRecords") or 50), MAX_RECORDS)
    start = int(asked.get("NextToken") or 0)
    end = start + limit
    return rows[start:end], {"NextToken": str(end)} if end < len(rows) else {}
