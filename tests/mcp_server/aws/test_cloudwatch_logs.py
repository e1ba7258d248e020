"""CloudWatch Logs over real boto3 against the local service."""

from collections.abc import Callable

import pytest
from reached_aws import LocalAws

from mcp_server.aws.cloudwatch_logs import CloudWatchLogs
from mcp_server.aws.insights import run_insights
from mcp_server.errors import AccessDenied, BadRequest, NotFound, Unavailable
from sandbox.logs.streams import ListStream

Serve = Callable[..., LocalAws]
GROUP, STREAM = "airflow-prod-Task", "dag_id=d/attempt=1.log"


@pytest.fixture
def logs(local_aws: LocalAws) -> CloudWatchLogs:
    events = [(1_000 + i, f"line {i}" + (" ERROR boom" if i == 11 else "")) for i in range(25)]
    local_aws.logs.add(GROUP, STREAM, ListStream(events))
    local_aws.logs.add(GROUP, "dag_id=e/attempt=1.log", ListStream([(5_000, "other")]))
    return CloudWatchLogs(local_aws.clients)


async def _all(logs: CloudWatchLogs, *, from_head: bool) -> list[list[str]]:
    pages, token = [], ""
    while True:
        page = await logs.events(GROUP, STREAM, from_head=from_head, token=token, limit=10)
        if page.events:
            pages.append([event.message for event in page.events])
        token = page.next_token
        if not token:
            return pages


async def test_both_directions_end_and_show_each_event_once(
    logs: CloudWatchLogs, serve: Serve
) -> None:
    serve()
    forwards = await _all(logs, from_head=True)
    backwards = await _all(logs, from_head=False)
    assert [line.split()[1] for page in forwards for line in page] == [str(i) for i in range(25)]
    assert backwards[0][0] == "line 15"
    assert [line for page in reversed(backwards) for line in page] == [
        line for page in forwards for line in page
    ]


async def test_a_search_follows_empty_pages_and_stops_at_its_bound(
    logs: CloudWatchLogs, serve: Serve
) -> None:
    aws = serve()
    aws.log_limits.scan = 3
    found, more = await logs.search(GROUP, "ERROR", log_streams=[STREAM], pages=20)
    assert [event.message for event in found] == ["line 11 ERROR boom"]
    assert not more
    nothing, more = await logs.search(GROUP, "ERROR", log_streams=[STREAM], pages=2)
    assert (list(nothing), more) == ([], True)


async def test_a_search_is_cut_at_its_limit(logs: CloudWatchLogs, serve: Serve) -> None:
    serve()
    found, more = await logs.search(GROUP, "line", stream_prefix="dag_id=d", limit=5)
    assert (len(found), more) == (5, True)


async def test_names_by_prefix_and_by_last_event(logs: CloudWatchLogs, serve: Serve) -> None:
    serve()
    assert await logs.streams(GROUP, "dag_id=d") == [STREAM]
    assert await logs.streams(GROUP) == ["dag_id=e/attempt=1.log", STREAM]
    assert await logs.groups("airflow-") == [GROUP]


async def test_insights_waits_for_its_rows(logs: CloudWatchLogs, serve: Serve) -> None:
    serve()
    rows = await logs.insights([GROUP], "fields @message | filter @message like /boom/", 0, 9_000)
    assert [row["@message"] for row in rows] == ["line 11 ERROR boom"]


async def test_an_insights_query_that_takes_too_long_is_stopped(
    logs: CloudWatchLogs, serve: Serve
) -> None:
    aws = serve()
    with pytest.raises(Unavailable, match="was stopped"):
        await run_insights(
            aws.clients, [GROUP], "fields @message", (0, 9_000), limit=5, seconds=0.01
        )
    assert aws.asked()[-1] == "StopQuery"


async def test_a_wrong_query_is_the_callers_to_mend(logs: CloudWatchLogs, serve: Serve) -> None:
    serve()
    with pytest.raises(BadRequest, match="StartQuery"):
        await logs.insights([GROUP], "filtre @message", 0, 9_000)
    with pytest.raises(BadRequest, match="at least one log group"):
        await logs.insights([], "fields @message", 0, 9_000)


async def test_a_missing_stream_is_not_found(logs: CloudWatchLogs, serve: Serve) -> None:
    serve()
    with pytest.raises(NotFound, match="dag_id=x"):
        await logs.events(GROUP, "dag_id=x")


async def test_denied_names_the_action_and_the_group(logs: CloudWatchLogs, serve: Serve) -> None:
    serve({"logs:FilterLogEvents": "denied"})
    with pytest.raises(AccessDenied, match=f"lacks logs:FilterLogEvents on log group {GROUP}"):
        await logs.search(GROUP, "x")


async def test_throttling_is_waited_out(logs: CloudWatchLogs, serve: Serve) -> None:
    aws = serve({"logs": "throttled"})
    assert await logs.groups() == [GROUP]
    assert aws.asked() == ["DescribeLogGroups"] * 4
