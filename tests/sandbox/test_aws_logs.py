"""CloudWatch Logs of the sandbox, by real boto3."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws import NOW, LocalAws, local_aws

from sandbox.aws.logs import LogLimits, Logs
from sandbox.clock import Clock
from sandbox.logs.store import LogStore
from sandbox.logs.streams import GeneratedStream, chatty_stream

T = 1_795_400_000_000
GROUP = "airflow-prod-Task"
STORY = {
    GROUP: {
        "dag_id=a/attempt=1.log": [(T + n, f"line {n}") for n in range(10)],
        "dag_id=a/attempt=2.log": [(T + 5, "ERROR boom"), (T + 100, "bye")],
        "dag_id=b/attempt=1.log": [(T + 6, "ERROR other")],
    },
    "airflow-prod-Worker": {},
}


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with local_aws(Logs(LogStore(STORY), Clock(NOW), LogLimits()).service) as running:
        yield running


def messages(found: dict[str, Any]) -> list[str]:
    return [event["message"] for event in found["events"]]


def read(aws: LocalAws, stream: str = "dag_id=a/attempt=1.log", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's parameters
    return aws.client("logs").get_log_events(logGroupName=GROUP, logStreamName=stream, **more)


def test_a_stream_is_read_from_its_tail_backwards(aws: LocalAws) -> None:
    last = read(aws, limit=4)
    before = read(aws, limit=4, nextToken=last["nextBackwardToken"])
    assert messages(last) == ["line 6", "line 7", "line 8", "line 9"]
    assert messages(before) == ["line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    ("from_head", "token", "pages"),
    [(True, "nextForwardToken", [4, 4, 2, 0]), (False, "nextBackwardToken", [4, 4, 2, 0])],
)
def test_the_end_is_where_the_token_stays_the_same(
    aws: LocalAws, from_head: bool, token: str, pages: list[int]
) -> None:
    sizes, more, sent = [], {}, ""
    while True:
        found = read(aws, limit=4, startFromHead=from_head, **more)
        sizes.append(len(found["events"]))
        if found[token] == sent:
            break
        sent = found[token]
        more = {"nextToken": sent}
    assert sizes == pages


def test_start_is_included_and_end_is_not(aws: LocalAws) -> None:
    found = read(aws, startTime=T + 2, endTime=T + 5, startFromHead=True)
    assert messages(found) == ["line 2", "line 3", "line 4"]


def test_a_page_ends_at_a_megabyte() -> None:
    big = GeneratedStream(30, start_ms=T, line=lambda n: "x" * 100_000)
    store = LogStore()
    store.add(GROUP, "big", big)
    with local_aws(Logs(store, Clock(NOW), LogLimits()).service) as aws:
        assert len(read(aws, "big")["events"]) == 10


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"logGroupName": "gone", "logStreamName": "x"}, "ResourceNotFoundException", "log group"),
        ({"logGroupName": GROUP, "logStreamName": "x"}, "ResourceNotFoundException", "log stream"),
        (
            {"logGroupName": GROUP, "logStreamName": "dag_id=a/attempt=1.log", "nextToken": "x"},
            "InvalidParameterException",
            "nextToken",
        ),
    ],
)
def test_what_is_not_there_is_named(
    aws: LocalAws, asked: dict[str, str], code: str, words: str
) -> None:
    with pytest.raises(ClientError, match=words) as error:
        aws.client("logs").get_log_events(**asked)
    assert error.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"filterPattern": "ERROR"}, ["ERROR boom", "ERROR other"]),
        ({"filterPattern": "ERROR", "logStreamNamePrefix": "dag_id=b"}, ["ERROR other"]),
        ({"logStreamNames": ["dag_id=a/attempt=2.log"]}, ["ERROR boom", "bye"]),
        ({"filterPattern": "?boom ?bye"}, ["ERROR boom", "bye"]),
        ({"startTime": T + 9, "endTime": T + 100}, ["line 9", "bye"]),
    ],
)
def test_a_group_is_searched_in_order_of_time(
    aws: LocalAws, asked: dict[str, Any], found: list[str]
) -> None:
    assert messages(aws.client("logs").filter_log_events(logGroupName=GROUP, **asked)) == found


def test_a_search_goes_on_over_empty_pages() -> None:
    store = LogStore()
    store.add(GROUP, "long", chatty_stream(1000, T, "relation missing"))
    with local_aws(Logs(store, Clock(NOW), LogLimits(scan=100)).service) as aws:
        asked = {"logGroupName": GROUP, "filterPattern": "ERROR"}
        pages = list(aws.client("logs").get_paginator("filter_log_events").paginate(**asked))
    assert messages(pages[0]) == []
    assert next(text for page in pages for text in messages(page)).endswith("relation missing")
    assert sum(len(page["events"]) for page in pages) == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"filterPattern": "{ $.level = "},
        {"logStreamNames": ["a"], "logStreamNamePrefix": "b"},
        {"limit": 20_000},
    ],
)
def test_a_search_that_makes_no_sense_is_refused(aws: LocalAws, asked: dict[str, Any]) -> None:
    client = aws.client("logs")
    with pytest.raises(ClientError) as error:
        client.filter_log_events(logGroupName=GROUP, **asked)
    assert error.value.response["Error"]["Code"] == "InvalidParameterException"


def test_groups_and_streams_are_listed_in_pages(aws: LocalAws) -> None:
    client = aws.client("logs")
    groups = client.describe_log_groups(logGroupNamePrefix="airflow-prod-T")["logGroups"]
    pages = list(
        client.get_paginator("describe_log_streams").paginate(
            logGroupName=GROUP,
            logStreamNamePrefix="dag_id=a",
            PaginationConfig={"PageSize": 1},
        )
    )
    names = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    assert [group["logGroupName"] for group in groups] == [GROUP]
    assert names == ["dag_id=a/attempt=1.log", "dag_id=a/attempt=2.log"]


def test_streams_are_ordered_by_their_last_event_but_not_with_a_prefix(aws: LocalAws) -> None:
    client = aws.client("logs")
    found = client.describe_log_streams(
        logGroupName=GROUP, orderBy="LastEventTime", descending=True, limit=1
    )["logStreams"]
    assert found[0]["logStreamName"] == "dag_id=a/attempt=2.log"
    assert found[0]["lastEventTimestamp"] == T + 100
    with pytest.raises(ClientError, match="LastEventTime"):
        client.describe_log_streams(
            logGroupName=GROUP, orderBy="LastEventTime", logStreamNamePrefix="d"
        )


def start_query(aws: LocalAws, query: str) -> str:
    return aws.client("logs").start_query(
        logGroupNames=[GROUP], startTime=T // 1000, endTime=T // 1000 + 1, queryString=query
    )["queryId"]


def test_an_insights_query_runs_first_and_is_complete_then(aws: LocalAws) -> None:
    query_id = start_query(aws, "fields @message | filter @message like /ERROR/ | sort @timestamp")
    client = aws.client("logs")
    polls = [client.get_query_results(queryId=query_id) for _ in range(2)]
    assert [poll["status"] for poll in polls] == ["Running", "Complete"]
    rows = [{f["field"]: f["value"] for f in row}["@message"] for row in polls[1]["results"]]
    assert rows == ["ERROR boom", "ERROR other"]
    assert polls[1]["statistics"]["recordsScanned"] == 13


def test_a_stopped_query_is_cancelled(aws: LocalAws) -> None:
    query_id, client = start_query(aws, "fields @message"), aws.client("logs")
    assert client.stop_query(queryId=query_id)["success"] is True
    assert client.get_query_results(queryId=query_id)["status"] == "Cancelled"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda aws: start_query(aws, "nonsense @message"), "MalformedQueryException"),
        (
            lambda aws: aws.client("logs").get_query_results(queryId="gone"),
            "ResourceNotFoundException",
        ),
    ],
)
def test_a_wrong_query_is_refused(aws: LocalAws, call: Any, code: str) -> None:  # noqa: ANN401 - a lambda
    with pytest.raises(ClientError) as error:
        call(aws)
    assert error.value.response["Error"]["Code"] == code
