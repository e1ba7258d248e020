"""An incident's metrics: points by series, and statistics over periods."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from sandbox.aws.service import when

PLAIN: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": lambda values: float(len(values)),
}
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
# How long points of a period are kept (the service's own rule).
RETENTION = ((300, timedelta(days=15)), (3600, timedelta(days=63)))
Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One series: its identity and its points, oldest first."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    points: tuple[Point, ...]


class UnknownStatistic(Exception):
    """Neither a plain statistic nor a percentile."""


class MetricStore:
    """All series of a story."""

    def __init__(self, metrics: Iterable[Mapping[str, Any]]) -> None:  # Any: JSON of a story
        found: dict[tuple[object, ...], Metric] = {}
        for metric in map(_metric, metrics):
            key = metric.namespace, metric.name, metric.dimensions
            before = found[key].points if key in found else ()
            found[key] = replace(metric, points=tuple(sorted(before + metric.points)))
        self.metrics = list(found.values())

    def find(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric | None:
        """The series of exactly these dimensions, as CloudWatch has it."""
        wanted = tuple(sorted(dimensions.items()))
        for metric in self.metrics:
            if (metric.namespace, metric.name, metric.dimensions) == (namespace, name, wanted):
                return metric
        return None


def _metric(said: Mapping[str, Any]) -> Metric:  # Any: JSON of a story
    dimensions = said.get("dimensions") or {}
    if isinstance(dimensions, list):
        dimensions = {entry["Name"]: entry["Value"] for entry in dimensions}
    return Metric(
        str(said["namespace"]),
        str(said.get("name") or said["metric"]),
        tuple(sorted((str(key), str(value)) for key, value in dimensions.items())),
        str(said.get("unit") or "None"),
        tuple(sorted(map(_point, said.get("points") or []))),
    )


def _point(said: Any) -> Point:  # noqa: ANN401 - a pair, or an object of time and value
    pair = (
        (said.get("timestamp", said.get("at")), said["value"]) if isinstance(said, dict) else said
    )
    at = when(pair[0])
    if at is None:
        raise ValueError(f"a metric's point without a time: {said}")
    return at, float(pair[1])


@dataclass(frozen=True, slots=True)
class Window:
    """Start inclusive (rounded down to the period), end exclusive; `now` bounds what is known."""

    start: datetime
    end: datetime
    period: int
    now: datetime


def statistics(metric: Metric, window: Window, statistic: str) -> list[Point]:
    """One value a period that has points, oldest first. Raises UnknownStatistic."""
    compute = _statistic(statistic)
    periods: dict[float, list[float]] = {}
    first = _floor(window.start, window.period)
    for at, value in metric.points:
        bucket = _floor(at, window.period)
        if first <= bucket < window.end.timestamp() and _is_kept(at, window):
            periods.setdefault(bucket, []).append(value)
    return [
        (datetime.fromtimestamp(bucket, UTC), float(compute(values)))
        for bucket, values in sorted(periods.items())
    ]


def _floor(at: datetime, period: int) -> float:
    return at.timestamp() // period * period


def _is_kept(at: datetime, window: Window) -> bool:
    age = window.now - at
    return age >= timedelta(0) and not any(
        window.period < period and age > kept for period, kept in RETENTION
    )


def _statistic(name: str) -> Callable[[Sequence[float]], float]:
    if name in PLAIN:
        return PLAIN[name]
    found = _PERCENTILE.fullmatch(name)
    if found is None:
        raise UnknownStatistic(name)
    share = float(found[1]) / 100
    return lambda values: sorted(values)[max(ceil(share * len(values)) - 1, 0)]
