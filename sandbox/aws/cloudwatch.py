"""CloudWatch as one service: metrics and alarms of `cloudwatch.json`."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.aws.alarms import Alarms
from sandbox.aws.metric_store import MetricStore
from sandbox.aws.metrics import Metrics
from sandbox.aws.service import JsonService
from sandbox.clock import Clock


class CloudWatch:
    """The read operations of boto3's `cloudwatch` client, which speaks JSON (1.44.5 does)."""

    def __init__(
        self,
        metrics: Iterable[Mapping[str, Any]],  # Any: JSON of a story
        alarms: Iterable[Mapping[str, Any]],  # Any: JSON of a story
        clock: Clock,
    ) -> None:
        served = Metrics(MetricStore(metrics), clock).operations | Alarms(alarms, clock).operations
        self.service = JsonService("cloudwatch", served)
