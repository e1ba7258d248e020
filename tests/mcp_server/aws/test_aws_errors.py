"""What a caller reads when AWS refuses, is out of reach or hangs."""

from collections.abc import Callable

import anyio
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from reached_aws import REGION, LocalAws

from mcp_server.aws.cloudwatch_logs import CloudWatchLogs
from mcp_server.aws.errors import Asked, as_diagnostic, code_of, is_passing
from mcp_server.aws.mwaa import MwaaEnvironments
from mcp_server.aws.session import AwsClients
from mcp_server.errors import (
    AccessDenied,
    BadRequest,
    DiagnosticError,
    NotConfigured,
    NotFound,
    Unavailable,
)

Serve = Callable[..., LocalAws]
ASKED = Asked("logs", "GetLogEvents", "log stream g:s", REGION)


def refusal(code: str, message: str, status: int = 400) -> ClientError:
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetLogEvents")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 400, AccessDenied),
        ("AccessDenied", 403, AccessDenied),
        ("SomethingNew", 403, AccessDenied),
        ("ResourceNotFoundException", 400, NotFound),
        ("ClusterNotFound", 404, NotFound),
        ("ThrottlingException", 400, Unavailable),
        ("Throttling", 400, Unavailable),
        ("SomethingNew", 429, Unavailable),
        ("InternalServerException", 500, Unavailable),
        ("ExpiredTokenException", 400, NotConfigured),
        ("UnrecognizedClientException", 400, NotConfigured),
        ("InvalidClientTokenId", 403, NotConfigured),
        ("ValidationException", 400, BadRequest),
        ("InvalidParameterException", 400, BadRequest),
    ],
)
def test_each_refusal_is_of_its_kind(code: str, status: int, kind: type[DiagnosticError]) -> None:
    said = as_diagnostic(refusal(code, "words of AWS", status), ASKED)
    assert type(said) is kind


def test_a_denied_action_is_that_of_the_message_when_it_names_one() -> None:
    message = (
        "User: arn:aws:sts::123456789012:assumed-role/agent/x is not authorized to perform: "
        "kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1 because no "
        "identity-based policy allows the kms:Decrypt action"
    )
    said = str(as_diagnostic(refusal("AccessDeniedException", message), ASKED))
    assert said == (
        "This role (arn:aws:sts::123456789012:assumed-role/agent/x) lacks kms:Decrypt on "
        "arn:aws:kms:eu-west-1:123456789012:key/1. Whoever keeps its IAM policy can allow it."
    )


@pytest.mark.parametrize(
    "message",
    [
        "not authorized to perform: logs:GetLogEvents with an explicit deny in a service control",
        "Access to the log group is closed",
    ],
)
def test_a_refusal_that_a_policy_does_not_mend_is_quoted(message: str) -> None:
    said = str(as_diagnostic(refusal("AccessDeniedException", message), ASKED))
    assert said.startswith("This role lacks logs:GetLogEvents on log stream g:s.")
    assert said.endswith(f"CloudWatch Logs said: {message}")


def test_aws_own_words_are_redacted_and_cut() -> None:
    message = "bad password=hunter2 " + "x" * 900
    said = str(as_diagnostic(refusal("ValidationException", message), ASKED))
    assert "hunter2" not in said
    assert len(said) < 500


def test_the_code_of_the_cause_is_known_to_who_catches_the_diagnostic() -> None:
    error = as_diagnostic(refusal("ThrottlingException", "slow down"), ASKED)
    error.__cause__ = refusal("ThrottlingException", "slow down")
    assert code_of(error) == "ThrottlingException"
    assert code_of(Unavailable("no cause")) == ""


async def test_without_credentials_it_says_what_to_set(
    local_aws: LocalAws, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(NotConfigured, match="AWS_ACCESS_KEY_ID"):
        await CloudWatchLogs(local_aws.clients).groups()


async def test_an_unknown_profile_is_a_setting_to_mend(
    local_aws: LocalAws, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NotConfigured, match="nobody"):
        await CloudWatchLogs(local_aws.clients).groups()


async def test_without_a_region_it_names_the_variable(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(NotConfigured, match="AWS_REGION"):
        await CloudWatchLogs(AwsClients()).groups()


async def test_an_endpoint_that_cannot_be_reached_is_unavailable(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"cannot be reached.*region eu-west-1"):
        await CloudWatchLogs(local_aws.clients).groups()


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ReadTimeoutError(endpoint_url="x"), False),
        (ConnectionClosedError(endpoint_url="x"), True),
        (refusal("ThrottlingException", ""), True),
        (refusal("InternalFailure", "", 500), True),
        (refusal("AccessDeniedException", ""), False),
    ],
)
def test_what_may_pass_is_tried_again_and_a_hang_is_not(error: Exception, *, passing: bool) -> None:
    assert is_passing(error) is passing


async def test_throttled_calls_at_the_same_time_all_get_through(
    local_aws: LocalAws, serve: Serve
) -> None:
    local_aws.logs.add_group("g")
    serve({"logs": "throttled"})
    logs, found = CloudWatchLogs(local_aws.clients), []

    async def ask() -> None:
        found.append(await logs.groups())

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(ask)
    assert found == [["g"]] * 2


async def test_a_call_that_hangs_is_given_up(
    local_aws: LocalAws, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_server.aws.session.READ_SECONDS", 0.2)
    serve({"logs": "hang"})
    with pytest.raises(Unavailable, match="did not answer DescribeLogGroups"):
        await CloudWatchLogs(local_aws.clients).groups()


async def test_a_cancelled_caller_does_not_wait_for_a_call_that_hangs(
    local_aws: LocalAws, serve: Serve
) -> None:
    serve({"logs": "hang"})
    with anyio.fail_after(5), anyio.move_on_after(0.1) as scope:
        await CloudWatchLogs(local_aws.clients).groups()
    assert scope.cancelled_caught


async def test_environments_are_listed_once_and_described_for_a_while(
    local_aws: LocalAws, serve: Serve
) -> None:
    local_aws.logs.add_group("airflow-prod-Task")
    local_aws.add_airflow(
        {},
        environment={
            "Status": "UPDATE_FAILED",
            "LastUpdate": {
                "Status": "FAILED",
                "CreatedAt": "2026-11-21T22:10:00+00:00",
                "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "requirements"},
            },
        },
    )
    aws = serve()
    environments = MwaaEnvironments(local_aws.clients)
    for _ in range(3):
        assert await environments.names() == ("prod",)
        found = await environments.get("prod")
    assert aws.asked("mwaa") == ["ListEnvironments", "GetEnvironment"]
    assert (found.status, found.airflow_version) == ("UPDATE_FAILED", "2.10.5")
    assert found.last_update_error == "INCORRECT_CONFIGURATION: requirements"
    assert found.last_update_at is not None
    assert found.webserver_url.startswith("https://prod")
    groups = {group.kind: group for group in found.log_groups}
    assert (groups["Task"].name, groups["Task"].enabled) == ("airflow-prod-Task", True)
    assert not groups["Worker"].enabled


async def test_callers_at_the_same_time_share_one_answer_and_one_failure(
    local_aws: LocalAws, serve: Serve
) -> None:
    local_aws.add_airflow({})
    aws = serve({"mwaa:GetEnvironment": "denied"})
    environments = MwaaEnvironments(local_aws.clients, ["prod"])
    refused: list[AccessDenied] = []

    async def ask() -> None:
        try:
            await environments.get("prod")
        except AccessDenied as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(ask)
    assert len(refused) == 5
    assert aws.asked("mwaa") == ["GetEnvironment"]
    assert await environments.names() == ("prod",)


async def test_an_unknown_environment_is_not_found(local_aws: LocalAws, serve: Serve) -> None:
    local_aws.add_airflow({})
    serve()
    with pytest.raises(NotFound, match="environment nope was not found"):
        await MwaaEnvironments(local_aws.clients).get("nope")
