"""CloudWatch alarms: as they stand, and when they changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mcp_server.aws.session import AwsClients
from mcp_server.domain.metrics import Alarm, AlarmChange

# Without this the service shows metric alarms alone.
KINDS = ["MetricAlarm", "CompositeAlarm"]
PAGE, PAGES = 100, 10
Row = Mapping[str, Any]  # Any: AWS's documents
_OPERATORS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


class CloudWatchAlarms:
    """The `Alarms` of one region."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    async def alarms(
        self, *, prefix: str = "", state: str = "", limit: int = 200
    ) -> Sequence[Alarm]:
        """Those in ALARM first, then the newest change first."""
        asked = {
            "AlarmTypes": KINDS,
            **({"AlarmNamePrefix": prefix} if prefix else {}),
            **({"StateValue": state} if state else {}),
        }
        pages = await self._pages("describe_alarms", asked, limit, f"alarms {prefix}*")
        found = [_alarm(row) for page in pages for row in _rows(page)]
        found.sort(key=lambda alarm: (alarm.state != "ALARM", -_seconds(alarm.changed_at)))
        return found[:limit]

    async def changes(
        self, *, since: datetime, until: datetime, name: str = "", limit: int = 100
    ) -> Sequence[AlarmChange]:
        """Changes of state in the window, newest first."""
        asked = {
            "AlarmTypes": KINDS,
            "HistoryItemType": "StateUpdate",
            "StartDate": since,
            "EndDate": until,
            "ScanBy": "TimestampDescending",
            **({"AlarmName": name} if name else {}),
        }
        on = f"alarm {name}" if name else "alarms"
        pages = await self._pages("describe_alarm_history", asked, limit, on)
        found = [_change(row) for page in pages for row in page.get("AlarmHistoryItems", [])]
        return sorted(found, key=lambda change: change.at, reverse=True)[:limit]

    async def _pages(self, operation: str, asked: Row, limit: int, resource: str) -> list[Row]:
        pages: list[Row] = []
        page = {**asked, "MaxRecords": min(limit, PAGE)}
        for _ in range(min(PAGES, -(-limit // PAGE))):
            answer = await self._clients.call("cloudwatch", operation, page, resource=resource)
            pages.append(answer)
            if not answer.get("NextToken"):
                break
            page["NextToken"] = answer["NextToken"]
        return pages


def _rows(page: Row) -> list[Row]:
    return [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]


def _alarm(row: Row) -> Alarm:
    changed = row.get("StateTransitionedTimestamp") or row.get("StateUpdatedTimestamp")
    return Alarm(
        name=row["AlarmName"],
        state=row["StateValue"],
        reason=row.get("StateReason", ""),
        changed_at=changed.astimezone(UTC) if changed else None,
        namespace=row.get("Namespace", ""),
        metric=row.get("MetricName", ""),
        dimensions={d["Name"]: d["Value"] for d in row.get("Dimensions", [])},
        expression=row.get("AlarmRule") or _condition(row),
        description=row.get("AlarmDescription", ""),
    )


def _condition(row: Row) -> str:
    """What trips it, as far as it is said: `Maximum > 90 for 2 of 3 periods of 60 s`."""
    operator = _OPERATORS.get(row.get("ComparisonOperator", ""))
    if operator is None or row.get("Threshold") is None:
        return ""
    statistic = row.get("Statistic") or row.get("ExtendedStatistic") or "value"
    periods = int(row.get("EvaluationPeriods") or 1)
    of = int(row.get("DatapointsToAlarm") or periods)
    span = f" of {row['Period']} s" if row.get("Period") else ""
    return f"{statistic} {operator} {row['Threshold']:g} for {of} of {periods} periods{span}"


def _change(row: Row) -> AlarmChange:
    data = json.loads(row.get("HistoryData") or "{}")
    before, after = data.get("oldState") or {}, data.get("newState") or {}
    return AlarmChange(
        name=row["AlarmName"],
        at=row["Timestamp"].astimezone(UTC),
        before=before.get("stateValue", ""),
        after=after.get("stateValue", ""),
        reason=after.get("stateReason") or row.get("HistorySummary", ""),
    )


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
