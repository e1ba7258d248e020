"""CloudWatch metrics and alarms over real boto3 against the local service."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from reached_aws import NOW, LocalAws

from mcp_server.aws.cloudwatch_alarms import CloudWatchAlarms
from mcp_server.aws.cloudwatch_metrics import CloudWatchMetrics
from mcp_server.errors import AccessDenied, BadRequest
from sandbox.aws.cloudwatch import CloudWatch

Serve = Callable[..., LocalAws]
WORKER = {"Environment": "prod", "Cluster": "BaseWorker"}
START = NOW - timedelta(minutes=30)
METRICS = [
    {
        "namespace": "AWS/MWAA",
        "name": "MemoryUtilization",
        "dimensions": WORKER,
        "unit": "Percent",
        "points": [["2026-11-22T02:50:00Z", 61], ["2026-11-22T02:55:00Z", 97.5]],
    }
]
ALARMS = [
    {
        "name": "a-quiet-one",
        "state": "OK",
        "reason": "fine",
        "namespace": "AWS/MWAA",
        "metric": "CPUUtilization",
        "dimensions": WORKER,
        "history": [{"at": "2026-11-22T02:58:00Z", "from": "ALARM", "to": "OK", "reason": "fine"}],
    },
    {
        "name": "worker-memory",
        "state": "ALARM",
        "reason": "97.5 > threshold (90)",
        "namespace": "AWS/MWAA",
        "metric": "MemoryUtilization",
        "dimensions": WORKER,
        "history": [
            {"at": "2026-11-22T02:56:00Z", "from": "OK", "to": "ALARM", "reason": "97.5"},
            {"at": "2026-11-20T02:56:00Z", "from": "ALARM", "to": "OK", "reason": "older"},
        ],
    },
]


@pytest.fixture
def metrics(local_aws: LocalAws) -> CloudWatchMetrics:
    local_aws.services.append(CloudWatch(METRICS, ALARMS, local_aws.clock).service)
    return CloudWatchMetrics(local_aws.clients, lambda: NOW)


@pytest.fixture
def alarms(metrics: CloudWatchMetrics, local_aws: LocalAws) -> CloudWatchAlarms:
    return CloudWatchAlarms(local_aws.clients)


async def test_a_series_has_its_points_oldest_first(
    metrics: CloudWatchMetrics, serve: Serve
) -> None:
    serve()
    series = await metrics.series(
        "AWS/MWAA", "MemoryUtilization", WORKER, statistic="Maximum", start=START, end=NOW
    )
    assert [value for _, value in series.points] == [61, 97.5]
    assert series.points[0][0] == datetime(2026, 11, 22, 2, 50, tzinfo=UTC)
    assert (series.label, series.unit) == ("MemoryUtilization Maximum", "Percent")


async def test_a_series_that_is_not_reported_has_no_points(
    metrics: CloudWatchMetrics, serve: Serve
) -> None:
    serve()
    series = await metrics.series("AWS/MWAA", "Nothing", {}, statistic="Sum", start=START, end=NOW)
    assert series.points == ()


async def test_an_old_series_is_asked_at_the_period_that_is_still_kept(
    metrics: CloudWatchMetrics,
) -> None:
    def period(days: int, wanted_s: int = 60) -> int:
        start = NOW - timedelta(days=days)
        return metrics._period(start, start + timedelta(hours=1), wanted_s)

    assert [period(1), period(20), period(70)] == [60, 300, 3600]
    assert period(1, 90) == 120
    assert metrics._period(NOW - timedelta(days=14), NOW, 60) == 180


async def test_metrics_are_listed_by_dimension(metrics: CloudWatchMetrics, serve: Serve) -> None:
    serve()
    assert await metrics.list_metrics("AWS/MWAA", dimensions={"Cluster": ""}) == [
        ("MemoryUtilization", WORKER)
    ]
    assert await metrics.list_metrics("AmazonMWAA") == []


async def test_a_chart_is_a_picture(metrics: CloudWatchMetrics, serve: Serve) -> None:
    serve()
    picture = await metrics.chart(
        "AWS/MWAA", "MemoryUtilization", WORKER, statistic="Maximum", start=START, end=NOW
    )
    assert picture.startswith(b"\x89PNG")


async def test_alarms_that_are_on_come_first(alarms: CloudWatchAlarms, serve: Serve) -> None:
    serve()
    on, off = await alarms.alarms()
    assert (on.name, on.state, on.metric) == ("worker-memory", "ALARM", "MemoryUtilization")
    assert on.dimensions == WORKER
    assert off.name == "a-quiet-one"
    assert [a.name for a in await alarms.alarms(state="OK", prefix="a-")] == ["a-quiet-one"]


async def test_changes_of_state_come_newest_first_within_the_window(
    alarms: CloudWatchAlarms, serve: Serve
) -> None:
    serve()
    changes = await alarms.changes(since=START, until=NOW)
    assert [(c.name, c.before, c.after) for c in changes] == [
        ("a-quiet-one", "ALARM", "OK"),
        ("worker-memory", "OK", "ALARM"),
    ]
    (one,) = await alarms.changes(since=START, until=NOW, name="worker-memory")
    assert one.reason == "97.5"


async def test_denied_names_the_action(
    metrics: CloudWatchMetrics, alarms: CloudWatchAlarms, serve: Serve
) -> None:
    serve({"cloudwatch": "denied"})
    with pytest.raises(AccessDenied, match="lacks cloudwatch:ListMetrics"):
        await metrics.list_metrics("AWS/MWAA")
    with pytest.raises(AccessDenied, match="lacks cloudwatch:DescribeAlarmHistory"):
        await alarms.changes(since=START, until=NOW)


async def test_throttling_is_waited_out(alarms: CloudWatchAlarms, serve: Serve) -> None:
    aws = serve({"cloudwatch:DescribeAlarms": "throttled"})
    assert len(await alarms.alarms()) == 2
    assert aws.asked("cloudwatch") == ["DescribeAlarms"] * 4


async def test_an_unknown_statistic_is_the_callers_to_mend(
    metrics: CloudWatchMetrics, serve: Serve
) -> None:
    serve()
    with pytest.raises(BadRequest, match="Median"):
        await metrics.series(
            "AWS/MWAA", "MemoryUtilization", WORKER, statistic="Median", start=START, end=NOW
        )
