"""Metrics and alarms of the sandbox, by real boto3."""

import json
import struct
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws import NOW, LocalAws, local_aws

from sandbox.aws.cloudwatch import CloudWatch
from sandbox.clock import Clock
from sandbox.faults import Faults

WORKER = {"Environment": "prod", "Cluster": "Worker"}
METRIC = {
    "Namespace": "AWS/MWAA",
    "MetricName": "MemoryUtilization",
    "Dimensions": [{"Name": name, "Value": value} for name, value in WORKER.items()],
}
POINTS = [[(NOW - timedelta(minutes=n)).isoformat(), float(100 - n)] for n in range(1, 21)]
STORY = [
    {
        "namespace": "AWS/MWAA",
        "name": "MemoryUtilization",
        "dimensions": WORKER,
        "unit": "Percent",
        "points": POINTS,
    },
    {
        "namespace": "AmazonMWAA",
        "name": "QueuedTasks",
        "dimensions": {"Environment": "prod", "Function": "Executor"},
        "points": [[(NOW - timedelta(days=1)).isoformat(), 4], [NOW.isoformat(), 5]],
    },
]
ALARM = {
    "name": "mwaa-worker-memory",
    "state": "ALARM",
    "reason": "Threshold Crossed: 1 datapoint [97.0] was greater than the threshold (90.0).",
    "namespace": "AWS/MWAA",
    "metric": "MemoryUtilization",
    "dimensions": WORKER,
    "history": [
        {
            "at": (NOW - timedelta(minutes=9)).isoformat(),
            "from": "OK",
            "to": "ALARM",
            "reason": "r",
        },
        {"at": (NOW - timedelta(days=2)).isoformat(), "from": "ALARM", "to": "OK", "reason": "s"},
        {"at": (NOW + timedelta(hours=1)).isoformat(), "from": "ALARM", "to": "OK", "reason": "t"},
    ],
}


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    quiet = {"name": "queue-age", "state": "OK", "history": []}
    with local_aws(CloudWatch(STORY, [ALARM, quiet], Clock(NOW)).service) as running:
        yield running


def data(aws: LocalAws, stat: str, period: int = 60, minutes: int = 20, **more: Any) -> Any:  # noqa: ANN401 - boto3's answer
    query = {"Id": "m", "MetricStat": {"Metric": METRIC, "Period": period, "Stat": stat}}
    return aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=NOW - timedelta(minutes=minutes), EndTime=NOW, **more
    )


def test_points_come_newest_first_with_their_times(aws: LocalAws) -> None:
    found = data(aws, "Average")["MetricDataResults"][0]
    assert found["Values"][:2] == [99.0, 98.0]
    assert found["Timestamps"][0] == NOW - timedelta(minutes=1)
    assert (found["Label"], found["StatusCode"]) == ("MemoryUtilization", "Complete")


@pytest.mark.parametrize(
    ("stat", "value"),
    [
        ("Sum", 485.0),
        ("Average", 97.0),
        ("Maximum", 99.0),
        ("Minimum", 95.0),
        ("SampleCount", 5.0),
        ("p90", 99.0),
        ("p50", 97.0),
    ],
)
def test_a_period_is_one_value_of_each_statistic(stat: str, value: float) -> None:
    five = [{**STORY[0], "points": [[f"2026-11-22T02:5{5 + n}:00Z", 95.0 + n] for n in range(5)]}]
    with local_aws(CloudWatch(five, [], Clock(NOW)).service) as aws:
        assert data(aws, stat, 300)["MetricDataResults"][0]["Values"] == [value]


def test_a_long_answer_comes_in_pages(aws: LocalAws) -> None:
    first = data(aws, "Maximum", MaxDatapoints=15, ScanBy="TimestampAscending")
    rest = data(
        aws, "Maximum", MaxDatapoints=15, ScanBy="TimestampAscending", NextToken=first["NextToken"]
    )
    pages = [page["MetricDataResults"][0] for page in (first, rest)]
    assert [page["StatusCode"] for page in pages] == ["PartialData", "Complete"]
    assert [v for page in pages for v in page["Values"]] == [float(n) for n in range(80, 100)]
    assert "NextToken" not in rest


def test_one_series_told_in_parts_is_one_series() -> None:
    parts = [
        {**STORY[0], "points": [[POINTS[0][0], 1.0]]},
        {**STORY[0], "points": [{"timestamp": POINTS[1][0], "value": 2.0}]},
    ]
    with local_aws(CloudWatch(parts, [], Clock(NOW)).service) as aws:
        assert data(aws, "Sum")["MetricDataResults"][0]["Values"] == [1.0, 2.0]
        assert len(aws.client("cloudwatch").list_metrics()["Metrics"]) == 1


def test_dimensions_must_be_all_there_are(aws: LocalAws) -> None:
    partly = METRIC | {"Dimensions": METRIC["Dimensions"][:1]}
    query = {"Id": "m", "MetricStat": {"Metric": partly, "Period": 60, "Stat": "Sum"}}
    found = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=NOW - timedelta(hours=1), EndTime=NOW
    )
    assert found["MetricDataResults"][0]["Values"] == []


def test_minutes_are_forgotten_after_fifteen_days() -> None:
    old = [{**STORY[0], "points": [[(NOW - timedelta(days=16)).isoformat(), 1.0]]}]
    with local_aws(CloudWatch(old, [], Clock(NOW)).service) as aws:
        found = {
            period: data(aws, "Sum", period, 60 * 24 * 17)["MetricDataResults"][0]["Values"]
            for period in (60, 300)
        }
    assert found == {60: [], 300: [1.0]}


@pytest.mark.parametrize(("stat", "period"), [("Median", 60), ("Sum", 45)])
def test_an_unknown_statistic_or_period_is_refused(aws: LocalAws, stat: str, period: int) -> None:
    with pytest.raises(ClientError) as error:
        data(aws, stat, period)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_metric_math_is_refused_in_words(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="no metric math"):
        aws.client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "e", "Expression": "m1 / 2"}],
            StartTime=NOW - timedelta(hours=1),
            EndTime=NOW,
        )


def test_statistics_come_side_by_side(aws: LocalAws) -> None:
    found = aws.client("cloudwatch").get_metric_statistics(
        **METRIC,
        StartTime=NOW - timedelta(minutes=4),
        EndTime=NOW,
        Period=60,
        Statistics=["Maximum", "SampleCount"],
        Unit="Percent",
    )
    newest = max(found["Datapoints"], key=lambda point: point["Timestamp"])
    assert (newest["Maximum"], newest["SampleCount"], newest["Unit"]) == (99.0, 1.0, "Percent")


def test_a_percentile_stands_among_the_extended_statistics(aws: LocalAws) -> None:
    found = aws.client("cloudwatch").get_metric_statistics(
        **METRIC,
        StartTime=NOW - timedelta(minutes=20),
        EndTime=NOW,
        Period=3600,
        ExtendedStatistics=["p50"],
    )
    assert [p["ExtendedStatistics"] for p in found["Datapoints"]] != []


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["MemoryUtilization", "QueuedTasks"]),
        ({"Namespace": "AmazonMWAA"}, ["QueuedTasks"]),
        ({"MetricName": "MemoryUtilization"}, ["MemoryUtilization"]),
        ({"Dimensions": [{"Name": "Cluster"}]}, ["MemoryUtilization"]),
        ({"Dimensions": [{"Name": "Function", "Value": "Scheduler"}]}, []),
    ],
)
def test_metrics_are_listed_by_namespace_name_and_dimension(
    aws: LocalAws, asked: dict[str, Any], names: list[str]
) -> None:
    found = aws.client("cloudwatch").list_metrics(**asked)["Metrics"]
    assert [metric["MetricName"] for metric in found] == names


def test_alarms_are_described_by_state_and_prefix(aws: LocalAws) -> None:
    client = aws.client("cloudwatch")
    found = client.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["mwaa-worker-memory"]
    assert found[0]["Threshold"] == 90.0
    assert found[0]["StateUpdatedTimestamp"] == NOW - timedelta(minutes=9)
    assert client.describe_alarms(AlarmNamePrefix="queue")["MetricAlarms"][0]["StateValue"] == "OK"
    assert client.describe_alarms(AlarmTypes=["CompositeAlarm"])["MetricAlarms"] == []


def test_alarms_are_found_by_their_metric(aws: LocalAws) -> None:
    found = aws.client("cloudwatch").describe_alarms_for_metric(**METRIC)["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["mwaa-worker-memory"]


def test_the_history_of_alarms_is_newest_first_and_ends_now(aws: LocalAws) -> None:
    items = aws.client("cloudwatch").describe_alarm_history()["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    assert json.loads(items[0]["HistoryData"])["newState"]["stateReason"] == "r"


def test_history_is_bounded_by_dates_and_paged(aws: LocalAws) -> None:
    client = aws.client("cloudwatch")
    recent = client.describe_alarm_history(StartDate=NOW - timedelta(days=1))["AlarmHistoryItems"]
    pages = list(client.get_paginator("describe_alarm_history").paginate(MaxRecords=1))
    assert len(recent) == 1
    assert [len(page["AlarmHistoryItems"]) for page in pages] == [1, 1]


def test_a_widget_is_a_real_png_with_a_line_in_it(aws: LocalAws) -> None:
    row = ["AWS/MWAA", "MemoryUtilization", *[part for pair in WORKER.items() for part in pair]]
    widget = {
        "metrics": [row, [".", "CPUUtilization", ".", "prod", ".", "Worker", {"stat": "Maximum"}]],
        "start": "-PT1H",
        "width": 200,
        "height": 100,
        "period": 60,
    }
    png = aws.client("cloudwatch").get_metric_widget_image(MetricWidget=json.dumps(widget))
    image = png["MetricWidgetImage"]
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", image[16:24]) == (200, 100)
    size = struct.unpack(">I", image[33:37])[0]
    assert b"\x1f\x77\xb4" in zlib.decompress(image[41 : 41 + size])


def test_a_fault_reaches_boto3_under_its_code() -> None:
    service = CloudWatch(STORY, [], Clock(NOW)).service
    for kind, code in (("denied", "AccessDeniedException"), ("throttled", "Throttling")):
        with local_aws(service, faults=Faults({"cloudwatch": kind})) as aws:
            with pytest.raises(ClientError) as error:
                data(aws, "Sum")
            assert error.value.response["Error"]["Code"] == code
