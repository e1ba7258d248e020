"""MWAA of the sandbox, by real boto3."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from local_aws import local_aws, local_mwaa

from sandbox.aws.mwaa import Mwaa, MwaaLimits
from sandbox.aws.mwaa_environment import environment_object

STORY = {"dags": [{"dag_id": "orders"}]}


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int | None]:
    response = error.value.response
    return response["Error"]["Code"], response.get("RestApiStatusCode")


def test_an_environment_is_described_with_times_as_datetimes() -> None:
    said = {
        "CreatedAt": "2025-01-02T03:04:05Z",
        "LastUpdate": {
            "Status": "FAILED",
            "CreatedAt": "2026-11-21T22:10:00+00:00",
            "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "requirements"},
        },
    }
    with local_mwaa(STORY, environment=said) as aws:
        found = aws.client("mwaa").get_environment(Name="prod")["Environment"]
    assert found["LastUpdate"]["CreatedAt"] == datetime(2026, 11, 21, 22, 10, tzinfo=UTC)
    assert found["LastUpdate"]["Error"]["ErrorMessage"] == "requirements"
    assert found["AirflowVersion"] == "2.10.5"
    assert found["Arn"].endswith(":environment/prod")


def test_only_log_groups_with_files_are_enabled_when_the_story_says_nothing() -> None:
    found = environment_object({}, name="prod", log_groups=["airflow-prod-Task"])
    logging = found["LoggingConfiguration"]
    assert logging["TaskLogs"]["Enabled"] is True
    assert logging["WorkerLogs"]["Enabled"] is False


def test_what_a_story_leaves_out_of_logging_is_filled_in() -> None:
    said = {"LoggingConfiguration": {"TaskLogs": {"Enabled": True, "LogLevel": "WARNING"}}}
    found = environment_object(said, name="prod")["LoggingConfiguration"]
    assert found["TaskLogs"]["LogLevel"] == "WARNING"
    assert found["TaskLogs"]["CloudWatchLogGroupArn"].endswith(":log-group:airflow-prod-Task:*")
    assert found["WorkerLogs"]["LogLevel"] == "INFO"


@pytest.mark.parametrize(
    ("said", "region"),
    [
        ({}, "eu-west-1"),
        ({"WebserverUrl": "abc.c2.us-east-2.airflow.amazonaws.com"}, "us-east-2"),
        (
            {
                "ExecutionRoleArn": "arn:aws:iam::1:role/x",
                "KmsKey": "arn:aws:kms:ap-southeast-2:1:k",
            },
            "ap-southeast-2",
        ),
    ],
)
def test_an_environment_without_an_arn_lies_where_its_story_shows(
    said: dict[str, str], region: str
) -> None:
    arn = environment_object(said, name="prod")["Arn"]
    assert arn == f"arn:aws:airflow:{region}:123456789012:environment/prod"


def test_environments_are_listed_in_pages_and_only_in_their_region() -> None:
    named = [environment_object({}, name=f"e{n:02}") for n in range(30)]
    with local_aws(Mwaa(named, {}, MwaaLimits()).service) as aws:
        pages = list(aws.client("mwaa").get_paginator("list_environments").paginate())
        elsewhere = aws.client("mwaa", "us-east-1").list_environments()["Environments"]
    assert [len(page["Environments"]) for page in pages] == [25, 5]
    assert elsewhere == []


def test_an_unknown_environment_is_not_found() -> None:
    with local_mwaa(STORY) as aws, pytest.raises(ClientError, match="stage not found") as error:
        aws.client("mwaa").get_environment(Name="stage")
    assert refusal(error) == ("ResourceNotFoundException", None)


def test_a_rest_call_is_answered_and_recorded_as_transport_and_as_path() -> None:
    with local_mwaa(STORY) as aws:
        said = aws.client("mwaa").invoke_rest_api(Name="prod", Path="/dags/orders", Method="GET")
        assert said["RestApiStatusCode"] == 200
        assert said["RestApiResponse"]["dag_id"] == "orders"
        assert aws.called() == [("airflow", "GET /dags/orders"), ("mwaa", "InvokeRestApi")]


def test_query_parameters_may_be_numbers_booleans_lists_or_null() -> None:
    story = {"dags": [{"dag_id": f"d{n}", "is_paused": n == 0} for n in range(5)]}
    asked = {"limit": 2, "paused": False, "tags": None, "offset": 1}
    with local_mwaa(story) as aws:
        said = aws.client("mwaa").invoke_rest_api(
            Name="prod", Path="/dags", Method="GET", QueryParameters=asked
        )["RestApiResponse"]
    assert [dag["dag_id"] for dag in said["dags"]] == ["d2", "d3"]
    assert said["total_entries"] == 4


def test_airflows_own_404_comes_as_a_client_exception_with_its_status() -> None:
    with local_mwaa(STORY) as aws, pytest.raises(ClientError) as error:
        aws.client("mwaa").invoke_rest_api(Name="prod", Path="/dags/gone", Method="GET")
    assert refusal(error) == ("RestApiClientException", 404)
    assert error.value.response["RestApiResponse"] == {
        "detail": "The DAG with dag_id: gone was not found",
        "status": 404,
        "title": "DAG not found",
        "type": "https://airflow.apache.org/docs/apache-airflow/2.10.5/"
        "stable-rest-api-ref.html#section/Errors/NotFound",
    }


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"airflow:GET /eventLogs": "denied"}, ("RestApiClientException", 403)),
        ({"mwaa:InvokeRestApi": "denied"}, ("AccessDeniedException", None)),
        ({"airflow:InvokeRestApi": "denied"}, ("AccessDeniedException", None)),
        ({"mwaa": "throttled"}, ("ThrottlingException", None)),
        ({"airflow:GET /eventLogs": "throttled"}, ("ThrottlingException", None)),
    ],
)
def test_a_fault_is_refused_in_the_words_of_who_refuses(
    faults: dict[str, str], said: tuple[str, int | None]
) -> None:
    with local_mwaa(STORY, faults=faults) as aws, pytest.raises(ClientError) as error:
        aws.client("mwaa").invoke_rest_api(Name="prod", Path="/eventLogs", Method="GET")
    assert refusal(error) == said


def test_a_hanging_path_never_answers_while_others_do() -> None:
    with local_mwaa(STORY, faults={"airflow:GET /eventLogs": "hang"}) as aws:
        client = aws.client("mwaa", read_timeout=0.3)
        with pytest.raises(ReadTimeoutError):
            client.invoke_rest_api(Name="prod", Path="/eventLogs", Method="GET")
        client.invoke_rest_api(Name="prod", Path="/dags", Method="GET")


def test_mwaa_gives_up_on_airflow_after_its_time_limit() -> None:
    faults = {"airflow:GET /dags": "hang"}
    with (
        local_mwaa(STORY, faults=faults, limits=MwaaLimits(seconds=0.05)) as aws,
        pytest.raises(ClientError) as error,
    ):
        aws.client("mwaa").invoke_rest_api(Name="prod", Path="/dags", Method="GET")
    assert refusal(error) == ("RestApiServerException", 504)


@pytest.mark.parametrize(
    ("limits", "path", "code"),
    [
        (MwaaLimits(path=64), "/dags/" + "x" * 60, "ValidationException"),
        (MwaaLimits(payload=10), "/dags", "ValidationException"),
    ],
)
def test_each_limit_is_a_switch(limits: MwaaLimits, path: str, code: str) -> None:
    with local_mwaa(STORY, limits=limits) as aws, pytest.raises(ClientError) as error:
        aws.client("mwaa").invoke_rest_api(Name="prod", Path=path, Method="GET")
    assert error.value.response["Error"]["Code"] == code


def test_calls_over_the_rate_are_throttled() -> None:
    codes = []
    with local_mwaa(STORY, limits=MwaaLimits(per_second=1)) as aws:
        client = aws.client("mwaa")
        for _ in range(4):
            try:
                client.invoke_rest_api(Name="prod", Path="/dags", Method="GET")
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
    assert set(codes) == {"ThrottlingException"}


def test_a_web_token_comes_with_the_host_to_log_in_at() -> None:
    with local_mwaa(STORY, environment={"WebserverUrl": "abc.c2.eu-west-1.on.aws"}) as aws:
        said = aws.client("mwaa").create_web_login_token(Name="prod")
        cli = aws.client("mwaa").create_cli_token(Name="prod")
    assert said["WebServerHostname"] == cli["WebServerHostname"] == "abc.c2.eu-west-1.on.aws"
    assert said["WebToken"]
    assert cli["CliToken"]
