"""LookupEvents of the sandbox, by real boto3."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws import NOW, local_aws

from sandbox.aws.cloudtrail import CloudTrail, TrailLimits
from sandbox.clock import Clock

Json = Any  # whatever an event holds


def event(name: str = "DeleteRolePolicy", minutes: int = 30, **more: Json) -> dict[str, Any]:
    return {
        "eventID": f"{name}-{minutes}",
        "eventName": name,
        "eventTime": f"{NOW - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "iam.amazonaws.com",
        "awsRegion": "us-east-1",
        "readOnly": False,
        "userIdentity": {"type": "IAMUser", "userName": "l.brandt"},
        "requestParameters": {"roleName": "etl-role", "policyName": "read-lake"},
    } | more


SECURITY_GROUP = {
    "eventSource": "ec2.amazonaws.com",
    "awsRegion": "eu-west-1",
    "requestParameters": {"groupId": "sg-1"},
}


def look_up(
    events: list[dict[str, Any]],
    key: str = "",
    value: str = "",
    region: str = "us-east-1",
    limits: TrailLimits | None = None,
    **more: Json,
) -> list[str]:
    asked = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]} if key else {}
    with local_aws(CloudTrail(events, Clock(NOW), limits).service) as aws:
        pages = aws.client("cloudtrail", region).get_paginator("lookup_events")
        return [e["EventId"] for page in pages.paginate(**asked, **more) for e in page["Events"]]


def test_an_event_is_served_whole_with_user_and_resources() -> None:
    with local_aws(CloudTrail([event()], Clock(NOW)).service) as aws:
        found = aws.client("cloudtrail", "us-east-1").lookup_events()["Events"][0]
    assert found["Username"] == "l.brandt"
    assert found["EventTime"].astimezone(UTC) == NOW - timedelta(minutes=30)
    assert {"ResourceType": "AWS::IAM::Role", "ResourceName": "etl-role"} in found["Resources"]
    assert json.loads(found["CloudTrailEvent"]) == event()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EventName", "DeleteRolePolicy"),
        ("EventSource", "iam.amazonaws.com"),
        ("Username", "l.brandt"),
        ("ResourceName", "etl-role"),
        ("ResourceType", "AWS::IAM::Role"),
        ("ReadOnly", "false"),
        ("EventId", "DeleteRolePolicy-30"),
    ],
)
def test_each_attribute_finds_its_events_and_no_other(key: str, value: str) -> None:
    other = event("AttachUserPolicy", 10, readOnly=True, eventSource="x", requestParameters=None)
    other["userIdentity"] = {"type": "Root"}
    assert look_up([event(), other], key, value) == ["DeleteRolePolicy-30"]
    assert look_up([other], key, value) == []


def test_events_stand_in_their_own_region_only() -> None:
    events = [event(), event("RevokeSecurityGroupIngress", 5, **SECURITY_GROUP)]
    assert look_up(events) == ["DeleteRolePolicy-30"]
    assert look_up(events, region="eu-west-1") == ["RevokeSecurityGroupIngress-5"]


def test_an_iam_event_is_found_in_us_east_1_wherever_the_story_puts_it() -> None:
    assert look_up([event(awsRegion="eu-west-1")]) == ["DeleteRolePolicy-30"]


def test_newest_first_fifty_a_page() -> None:
    events = [event(minutes=n) for n in range(1, 61)]
    assert look_up(events) == [f"DeleteRolePolicy-{n}" for n in range(1, 61)]
    with local_aws(CloudTrail(events, Clock(NOW)).service) as aws:
        assert len(aws.client("cloudtrail", "us-east-1").lookup_events()["Events"]) == 50


def test_the_time_range_is_kept_and_the_future_unknown() -> None:
    events = [event(minutes=n) for n in (-5, 10, 30, 60)]
    start, end = NOW - timedelta(minutes=40), NOW - timedelta(minutes=20)
    assert look_up(events, StartTime=start, EndTime=end) == ["DeleteRolePolicy-30"]
    assert len(look_up(events)) == 3


def test_events_may_lag() -> None:
    late = TrailLimits(lag=timedelta(minutes=15))
    assert look_up([event(minutes=10), event(minutes=20)], limits=late) == ["DeleteRolePolicy-20"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}] * 2},
            "InvalidLookupAttributesException",
        ),
        ({"StartTime": NOW, "EndTime": datetime(2026, 1, 1)}, "InvalidTimeRangeException"),  # noqa: DTZ001 - as callers do
        ({"NextToken": "x"}, "InvalidNextTokenException"),
    ],
)
def test_what_the_service_refuses_is_refused(asked: dict[str, Any], code: str) -> None:
    with (
        local_aws(CloudTrail([], Clock(NOW)).service) as aws,
        pytest.raises(ClientError) as error,
    ):
        aws.client("cloudtrail").lookup_events(**asked)
    assert error.value.response["Error"]["Code"] == code


def test_a_roles_session_name_is_the_user() -> None:
    identity = {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/terraform/gitlab-ci"}
    assert look_up([event(userIdentity=identity)], "Username", "gitlab-ci") != []
