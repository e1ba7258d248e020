"""CloudWatch metrics: one series at a time, and which metrics there are."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mcp_server.aws.session import AwsClients
from mcp_server.domain.metrics import Series

PAGES = 10
LISTED = 2_000
# A reader needs no more points than this; the service would give ten times as many.
MOST_POINTS = 10_000
CHART_SIZE = {"width": 600, "height": 250}
# How old points may be and the finest period that is still kept then.
KEPT = ((timedelta(days=63), 3600), (timedelta(days=15), 300), (timedelta(0), 60))


class CloudWatchMetrics:
    """The `Metrics` of one region; `clock` says how old a time is."""

    def __init__(self, clients: AwsClients, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._clock = clock

    async def series(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        *,
        statistic: str,
        start: datetime,
        end: datetime,
        period_s: int = 60,
    ) -> Series:
        """Points of a statistic ("Average", "Sum", "p99"), none when nothing was reported.

        The period grows to what CloudWatch still keeps for so old a time. The service does not
        tell the unit: it is "Percent" where the metric's name says so, else "".
        """
        period = self._period(start, end, period_s)
        asked: dict[str, Any] = {  # Any: AWS's document
            "MetricDataQueries": [
                {
                    "Id": "m",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": namespace,
                            "MetricName": name,
                            "Dimensions": _dimensions(dimensions),
                        },
                        "Period": period,
                        "Stat": statistic,
                    },
                }
            ],
            "StartTime": start,
            "EndTime": end,
            "ScanBy": "TimestampAscending",
        }
        points: list[tuple[datetime, float]] = []
        for _ in range(PAGES):
            answer = await self._clients.call(
                "cloudwatch", "get_metric_data", asked, resource=f"metric {namespace} {name}"
            )
            points += [point for result in answer["MetricDataResults"] for point in _points(result)]
            if not answer.get("NextToken"):
                break
            asked["NextToken"] = answer["NextToken"]
        return Series(f"{name} {statistic}", _unit(name), tuple(sorted(points)))

    async def chart(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        *,
        statistic: str,
        start: datetime,
        end: datetime,
        period_s: int = 60,
    ) -> bytes:
        """A PNG of the series, drawn by the service."""
        named = [part for pair in dimensions.items() for part in pair]
        widget = {
            "metrics": [[namespace, name, *named, {"stat": statistic}]],
            "period": self._period(start, end, period_s),
            "start": start.astimezone(UTC).isoformat(),
            "end": end.astimezone(UTC).isoformat(),
            "timezone": "+0000",
            **CHART_SIZE,
        }
        answer = await self._clients.call(
            "cloudwatch",
            "get_metric_widget_image",
            {"MetricWidget": json.dumps(widget)},
            resource=f"metric {namespace} {name}",
        )
        return bytes(answer["MetricWidgetImage"])

    async def list_metrics(
        self, namespace: str, name: str = "", dimensions: Mapping[str, str] | None = None
    ) -> Sequence[tuple[str, Mapping[str, str]]]:
        """Names and dimensions reported within two weeks; a dimension's value "" means any."""
        asked: dict[str, Any] = {  # Any: AWS's document
            "Namespace": namespace,
            **({"MetricName": name} if name else {}),
            **({"Dimensions": _dimensions(dimensions)} if dimensions else {}),
        }
        found: list[tuple[str, Mapping[str, str]]] = []
        for _ in range(PAGES):
            answer = await self._clients.call(
                "cloudwatch", "list_metrics", asked, resource=f"namespace {namespace}"
            )
            for metric in answer["Metrics"]:
                named = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
                found.append((metric["MetricName"], named))
            if not answer.get("NextToken") or len(found) >= LISTED:
                break
            asked["NextToken"] = answer["NextToken"]
        return found[:LISTED]

    def _period(self, start: datetime, end: datetime, wanted_s: int) -> int:
        age = self._clock() - start
        kept = next((period for old, period in KEPT if age > old), 60)
        enough = math.ceil((end - start).total_seconds() / MOST_POINTS)
        least = max(wanted_s, kept, enough)
        return -(-least // 60) * 60


def _dimensions(named: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": n, **({"Value": v} if v else {})} for n, v in named.items()]


def _points(result: Mapping[str, Any]) -> list[tuple[datetime, float]]:  # Any: AWS's document
    return [
        (at.astimezone(UTC), float(value))
        for at, value in zip(result["Timestamps"], result["Values"], strict=True)
    ]


def _unit(name: str) -> str:
    return "Percent" if name.endswith(("Utilization", "Percent", "PercentageDiskSpaceUsed")) else ""
