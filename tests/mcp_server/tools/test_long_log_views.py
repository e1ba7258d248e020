"""Any part of a log that is too long to be read."""

from datetime import UTC, datetime

import pytest
from mcp import Client
from mcp.types import CallToolResult

from mcp_server.server import build_server
from mcp_server.settings import Settings
from sandbox.logs.streams import chatty_stream
from tests.mcp_server.fakes import StoredLogs, with_logs

pytestmark = pytest.mark.anyio
START = 1_795_316_640_000
STREAM = "dag_id=orders/run_id=manual__1/task_id=load/attempt=1.log"
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


async def view(name: str, **more: object) -> CallToolResult:
    logs = StoredLogs({"airflow-prod-Task": {STREAM: chatty_stream(50_000, START, "disk is full")}})
    server = build_server(with_logs(logs), Settings(), lambda: NOW)
    asked = {"dag_id": "orders", "run_id": "manual__1", "task_id": "load", "view": name}
    async with Client(server) as client:
        return await client.call_tool("get_task_log", {**asked, **more})


def lines_of(answer: CallToolResult) -> list[str]:
    assert answer.structured_content is not None, answer.content
    return [line["text"] for line in answer.structured_content["lines"]]


async def test_a_tail_goes_back_by_its_cursor() -> None:
    first = await view("tail", max_lines=5)
    assert first.structured_content is not None
    second = await view("tail", max_lines=5, cursor=first.structured_content["next_cursor"])
    assert [text[:18] for text in lines_of(second)] == [
        f"Loaded batch {n}"[:18] for n in range(49_990, 49_995)
    ]
    assert lines_of(first)[-1].startswith("Loader stopped")


async def test_around_takes_the_time_that_the_digest_shows() -> None:
    middle = START + 25_000 * 4
    for said in (f"@{middle}", str(middle), "2026-11-22T03:05:40Z"):
        assert "disk is full" in lines_of(await view("around", around=said, max_lines=9))


async def test_a_line_number_of_a_log_without_numbers_is_refused_with_a_time() -> None:
    answer = await view("around", around="25000")
    assert answer.is_error
    assert "no line numbers: give around a time, as 2026-11-22T03:07:19" in str(answer.content)


async def test_grep_asks_the_server_and_goes_on_by_its_cursor() -> None:
    first = await view("grep", pattern="batch 4999", max_lines=5)
    assert first.structured_content is not None
    cursor = first.structured_content["next_cursor"]
    second = await view("grep", pattern="batch 4999", max_lines=50, cursor=cursor)
    told = lines_of(first) + lines_of(second)
    assert [text.partition(":")[0] for text in told] == [
        f"Loaded batch {n}" for n in [4_999, *range(49_990, 49_999)]
    ]


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        ("grep", {}, "view=grep needs pattern="),
        ("around", {}, "view=around needs around="),
        ("tail", {"cursor": "page 2"}, "cursor must be the next_cursor of an earlier answer"),
        ("around", {"around": "yesterday"}, "Not a time."),
    ],
)
async def test_what_a_view_lacks_is_said(name: str, more: dict[str, object], reason: str) -> None:
    answer = await view(name, **more)
    assert answer.is_error
    assert reason in str(answer.content)
