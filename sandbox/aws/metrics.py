"""CloudWatch's metric operations: GetMetricData, GetMetricStatistics, ListMetrics, images."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sandbox.aws.errors import AwsError
from sandbox.aws.metric_store import (
    Metric,
    MetricStore,
    Point,
    UnknownStatistic,
    Window,
    statistics,
)
from sandbox.aws.service import Document, Operation, when
from sandbox.aws.widget_image import draw
from sandbox.clock import Clock

MAX_QUERIES = 500
MAX_POINTS = 100_800
MAX_STATISTICS = 1_440
PAGE = 500
# ListMetrics passes over series without points for this long.
LISTED = timedelta(days=14)
DURATION = {"H": 3600, "M": 60, "D": 86400}


class Metrics:
    """Read operations over a MetricStore."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.operations: dict[str, Operation] = {
            "GetMetricData": self.get_metric_data,
            "GetMetricStatistics": self.get_metric_statistics,
            "ListMetrics": self.list_metrics,
            "GetMetricWidgetImage": self.get_metric_widget_image,
        }

    def get_metric_data(self, asked: Document, region: str) -> Document:
        queries = asked.get("MetricDataQueries") or []
        if len(queries) > MAX_QUERIES:
            raise _wrong(f"At most {MAX_QUERIES} queries may be asked for")
        start, end = _span(asked)
        newest_first = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        found = []
        for query in queries:
            if query.get("ReturnData", True):
                points = self._of_query(query, start, end)
                found.append((query, points[::-1] if newest_first else points))
        return _paged(found, asked)

    def _of_query(self, query: Document, start: datetime, end: datetime) -> list[Point]:
        if "MetricStat" not in query:
            raise _wrong(f"the sandbox has no metric math (query {query.get('Id')!r})")
        asked = query["MetricStat"]
        metric = self._metric(asked["Metric"], asked.get("Unit", ""))
        return self._points(metric, asked["Stat"], start, end, int(asked["Period"]))

    def _metric(self, said: Document, unit: str) -> Metric | None:
        metric = self._store.find(
            str(said.get("Namespace", "")), str(said.get("MetricName", "")), _dimensions(said)
        )
        return metric if metric and unit in {"", metric.unit} else None

    def _points(
        self, metric: Metric | None, statistic: str, start: datetime, end: datetime, period: int
    ) -> list[Point]:
        if period not in {1, 5, 10, 20, 30} and period % 60:
            raise _wrong("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60")
        if metric is None:
            return []
        try:
            return statistics(metric, Window(start, end, period, self._clock.now()), statistic)
        except UnknownStatistic:
            raise _wrong(f"The value {statistic} for parameter Stat is not supported") from None

    def get_metric_statistics(self, asked: Document, region: str) -> Document:
        metric = self._metric(asked, asked.get("Unit", ""))
        start, end = _span(asked)
        period = int(asked["Period"])
        if (end - start).total_seconds() / period > MAX_STATISTICS:
            raise AwsError(
                "InvalidParameterCombination",
                f"You have requested more than the limit of {MAX_STATISTICS} datapoints.",
            )
        rows: dict[datetime, Document] = {}
        for name in [*asked.get("Statistics", []), *asked.get("ExtendedStatistics", [])]:
            for at, value in self._points(metric, name, start, end, period):
                row = rows.setdefault(at, {"Timestamp": at, "Unit": metric.unit if metric else ""})
                # Percentiles stand in a map of their own.
                place = row.setdefault("ExtendedStatistics", {}) if name.startswith("p") else row
                place[name] = value
        return {"Label": asked.get("MetricName", ""), "Datapoints": list(rows.values())}

    def list_metrics(self, asked: Document, region: str) -> Document:
        age = timedelta(hours=3) if asked.get("RecentlyActive") else LISTED
        since = self._clock.now() - age
        found = [
            _listed(metric)
            for metric in self._store.metrics
            if _asked_for(metric, asked) and any(at >= since for at, _ in metric.points)
        ]
        start = int(asked.get("NextToken") or 0)
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(found) else {}
        return {"Metrics": found[start : start + PAGE], **more}

    def get_metric_widget_image(self, asked: Document, region: str) -> Document:
        """A PNG of the widget's lines, small but real."""
        widget = json.loads(asked["MetricWidget"])
        end = self._widget_time(widget.get("end"), timedelta(0))
        start = self._widget_time(widget.get("start"), timedelta(hours=3))
        lines = [self._line(row, widget, start, end) for row in _widget_rows(widget)]
        size = int(widget.get("width", 600)), int(widget.get("height", 400))
        return {"MetricWidgetImage": draw(lines, start, end, size)}

    def _widget_time(self, said: object, ago: timedelta) -> datetime:
        text = str(said or "")
        if text.startswith("-P"):
            number, unit = int(text.strip("-PT")[:-1]), text[-1]
            return self._clock.now() - timedelta(seconds=number * DURATION[unit])
        return when(said) or self._clock.now() - ago

    def _line(
        self, row: Sequence[object], widget: Document, start: datetime, end: datetime
    ) -> list[Point]:
        options = row[-1] if isinstance(row[-1], Mapping) else {}
        names = [str(part) for part in row if not isinstance(part, Mapping)]
        dimensions = dict(zip(names[2::2], names[3::2], strict=True))
        metric = self._store.find(names[0], names[1], dimensions)
        statistic = options.get("stat") or widget.get("stat") or "Average"
        period = int(options.get("period") or widget.get("period") or 300)
        return self._points(metric, statistic, start, end, period)


def _paged(found: list[tuple[Document, list[Point]]], asked: Document) -> Document:
    """At most MaxDatapoints points a page, over all series in turn."""
    limit = min(int(asked.get("MaxDatapoints") or MAX_POINTS), MAX_POINTS)
    skip = int(asked.get("NextToken") or 0)
    first, left, results = skip, limit, []
    for query, points in found:
        page = points[skip : skip + left]
        is_last = len(points) <= skip + left
        results.append(_result(query, page, "Complete" if is_last else "PartialData"))
        left -= len(page)
        skip = max(skip - len(points), 0)
    total = sum(len(points) for _, points in found)
    more = {"NextToken": str(first + limit)} if first + limit < total else {}
    return {"MetricDataResults": results, "Messages": [], **more}


def _result(query: Document, points: list[Point], status: str) -> Document:
    label = query.get("Label") or query["MetricStat"]["Metric"].get("MetricName", "")
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": status,
    }


def _span(asked: Document) -> tuple[datetime, datetime]:
    start, end = when(asked.get("StartTime")), when(asked.get("EndTime"))
    if start is None or end is None:
        raise AwsError("MissingParameter", "The parameters StartTime and EndTime are required.")
    if start >= end:
        raise _wrong("The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _dimensions(said: Document) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in said.get("Dimensions") or []}


def _asked_for(metric: Metric, asked: Document) -> bool:
    if asked.get("Namespace") not in {None, metric.namespace}:
        return False
    if asked.get("MetricName") not in {None, metric.name}:
        return False
    own = dict(metric.dimensions)
    return all(
        entry["Name"] in own and entry.get("Value") in {None, own[entry["Name"]]}
        for entry in asked.get("Dimensions") or []
    )


def _listed(metric: Metric) -> Document:
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }


def _widget_rows(widget: Document) -> list[list[object]]:
    """The widget's metrics, its "." for "as above" filled in; expressions are left out."""
    rows: list[list[object]] = []
    for said in widget.get("metrics", []):
        if said and isinstance(said[0], str):
            above = rows[-1] if rows else []
            rows.append([above[i] if part == "." else part for i, part in enumerate(said)])
    return rows


def _wrong(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
