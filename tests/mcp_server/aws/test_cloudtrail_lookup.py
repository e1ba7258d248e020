"""CloudTrail over real boto3 against the local service."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reached_aws import NOW, LocalAws

from mcp_server.aws.cloudtrail import CloudTrail as Trail
from mcp_server.aws.cloudtrail_event import masked, user_of
from mcp_server.errors import AccessDenied
from sandbox.aws.cloudtrail import CloudTrail

Serve = Callable[..., LocalAws]
SINCE = NOW - timedelta(hours=6)


def an_event(name: str, source: str, minutes_ago: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "eventID": f"{name}-{minutes_ago}",
        "eventName": name,
        "eventSource": f"{source}.amazonaws.com",
        "eventTime": (NOW - timedelta(minutes=minutes_ago)).isoformat().replace("+00:00", "Z"),
        "awsRegion": "eu-west-1",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::123456789012:assumed-role/Admin/l.brandt@example.com",
        },
        **more,
    }


EVENTS = [
    an_event("UpdateEnvironment", "airflow", 60, requestParameters={"Name": "prod"}),
    an_event(
        "DeleteRolePolicy",
        "iam",
        30,
        awsRegion="us-east-1",
        requestParameters={"roleName": "mwaa-prod", "policyName": "s3"},
        errorCode="AccessDenied",
    ),
    an_event("DeleteRolePolicy", "iam", 600, awsRegion="us-east-1"),
    *(an_event("PutSecretValue", "secretsmanager", 61 + i) for i in range(60)),
]


@pytest.fixture
def trail(local_aws: LocalAws) -> Trail:
    local_aws.services.append(CloudTrail(EVENTS, local_aws.clock).service)
    return Trail(local_aws.clients)


async def test_global_services_are_read_in_us_east_1(trail: Trail, serve: Serve) -> None:
    serve()
    (event,) = await trail.lookup("EventSource", "iam.amazonaws.com", since=SINCE, until=NOW)
    assert (event.name, event.region, event.error_code) == (
        "DeleteRolePolicy",
        "us-east-1",
        "AccessDenied",
    )
    assert event.user == "l.brandt (role Admin)"
    assert event.request == {"roleName": "mwaa-prod", "policyName": "s3"}
    assert "mwaa-prod" in event.resources


async def test_events_of_both_regions_are_merged_newest_first(trail: Trail, serve: Serve) -> None:
    aws = serve()
    found = await trail.lookup("Username", "l.brandt@example.com", since=SINCE, until=NOW)
    assert [event.name for event in found[:2]] == ["DeleteRolePolicy", "UpdateEnvironment"]
    assert len(found) == 50
    assert aws.asked("cloudtrail") == ["LookupEvents"] * 2


async def test_a_regional_service_is_read_here_alone_over_pages(trail: Trail, serve: Serve) -> None:
    aws = serve()
    source = "secretsmanager.amazonaws.com"
    found = await trail.lookup("EventSource", source, since=SINCE, until=NOW, limit=200)
    assert len(found) == 60
    assert aws.asked("cloudtrail") == ["LookupEvents"] * 2


async def test_denied_names_the_action(trail: Trail, serve: Serve) -> None:
    serve({"cloudtrail:LookupEvents": "denied"})
    with pytest.raises(AccessDenied, match="lacks cloudtrail:LookupEvents"):
        await trail.lookup("EventName", "UpdateEnvironment", since=SINCE, until=NOW)


@pytest.mark.parametrize(
    ("identity", "user"),
    [
        ({"type": "Root"}, "root"),
        ({"type": "IAMUser", "userName": "ci"}, "ci"),
        ({"type": "AWSService", "invokedBy": "airflow.amazonaws.com"}, "airflow.amazonaws.com"),
        (
            {
                "type": "AssumedRole",
                "principalId": "AROA:i-0abc",
                "sessionContext": {"sessionIssuer": {"userName": "deploy"}},
            },
            "i-0abc (role deploy)",
        ),
        ({}, ""),
    ],
)
def test_who_it_was(identity: dict[str, Any], user: str) -> None:
    assert user_of(identity) == user


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text() | st.integers()), max_size=4))
def test_masking_keeps_the_shape_of_a_request(request: dict[str, Any]) -> None:
    said = masked(request)
    assert said.keys() == request.keys()
    assert all(type(said[key]) is type(value) for key, value in request.items())


def test_a_requests_secrets_are_masked_and_the_rest_stays() -> None:
    request = {
        "secretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dwh-AbCdEf",
        "masterUserPassword": "hunter2 with spaces",
        "tags": [{"key": "owner", "value": "core"}],
        "environment": {"DB_PASSWORD": "hunter2", "MODE": "fast"},
        "url": "postgres://u:hunter2@host/db",
        "count": 3,
    }
    said = masked(request)
    assert "hunter2" not in str(said)
    assert said["secretId"] == request["secretId"]
    assert (said["environment"]["MODE"], said["count"]) == ("fast", 3)
    assert said["tags"] == request["tags"]
