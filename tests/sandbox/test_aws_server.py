"""The one AWS endpoint: who answers, how faults look to boto3, what is recorded."""

import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from local_aws import NOW, LocalAws, local_aws

from sandbox.aws.logs import LogLimits, Logs
from sandbox.aws.service import QueryService
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.logs.store import LogStore


def logs_service() -> object:
    return Logs(LogStore({"g": {}}), Clock(NOW), LogLimits()).service


def failing(rules: dict[str, str], latency: float = 0.0) -> Faults:
    return Faults(rules, latency)


def list_groups(aws: LocalAws, read_timeout: float = 10) -> object:
    return aws.client("logs", read_timeout=read_timeout).describe_log_groups()


def test_an_unsigned_call_is_refused() -> None:
    with local_aws() as aws, pytest.raises(urllib.error.HTTPError, match="403") as error:
        urllib.request.urlopen(aws.url)  # noqa: S310 - the server of this test
    error.value.close()


def test_moto_answers_for_services_that_the_sandbox_has_not() -> None:
    with local_aws() as aws:
        queue = aws.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        assert queue.endswith("/jobs")
        assert aws.called() == [("sqs", "CreateQueue")]


def test_calls_are_recorded_with_their_service_and_time() -> None:
    with local_aws(logs_service(), faults=failing({}, latency=0.01)) as aws:
        list_groups(aws)
        call = aws.calls.all()[0]
    assert (call.service, call.operation) == ("logs", "DescribeLogGroups")
    assert call.ms >= 10


@pytest.mark.parametrize(
    ("kind", "code"), [("denied", "AccessDeniedException"), ("throttled", "ThrottlingException")]
)
def test_a_fault_comes_as_the_services_own_error(kind: str, code: str) -> None:
    with local_aws(logs_service(), faults=failing({"logs:DescribeLogGroups": kind})) as aws:
        with pytest.raises(ClientError) as error:
            list_groups(aws)
        assert error.value.response["Error"]["Code"] == code
        assert len(aws.calls.all()) == 1


def test_a_denial_names_the_action() -> None:
    with (
        local_aws(logs_service(), faults=failing({"logs": "denied"})) as aws,
        pytest.raises(ClientError, match="perform: logs:DescribeLogGroups"),
    ):
        list_groups(aws)


def test_throttling_passes_each_fourth_call() -> None:
    refused = []
    with local_aws(logs_service(), faults=failing({"logs": "throttled"})) as aws:
        client = aws.client("logs")
        for number in range(8):
            try:
                client.describe_log_groups()
            except ClientError:
                refused.append(number)
    assert refused == [0, 1, 2, 4, 5, 6]


def test_a_hanging_service_never_answers_and_does_not_keep_the_world_from_closing() -> None:
    with (
        local_aws(logs_service(), faults=failing({"logs": "hang"})) as aws,
        pytest.raises(ReadTimeoutError),
    ):
        list_groups(aws, read_timeout=0.2)


def test_an_operation_that_the_sandbox_has_not_is_refused_in_words() -> None:
    with local_aws(logs_service()) as aws, pytest.raises(ClientError, match="does not know"):
        aws.client("logs").create_log_group(logGroupName="x")


def test_a_service_of_the_query_protocol_answers_and_refuses_in_xml() -> None:
    identity = {"Account": "1", "Arn": "arn:aws:iam::1:user/<me>", "UserId": "u"}
    service = QueryService("sts", {"GetCallerIdentity": lambda asked, region: identity})
    with local_aws(service) as aws:
        assert aws.client("sts").get_caller_identity()["Arn"] == identity["Arn"]
        with pytest.raises(ClientError, match="does not know 'GetSessionToken'"):
            aws.client("sts").get_session_token()
    with local_aws(service, faults=failing({"sts": "denied"})) as aws:
        with pytest.raises(ClientError) as error:
            aws.client("sts").get_caller_identity()
        assert error.value.response["Error"]["Code"] == "AccessDenied"
