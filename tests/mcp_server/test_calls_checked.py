"""What a tool cannot take is refused with what it can; a crash leaks nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, TextContent

from mcp_server.server import build_server
from mcp_server.settings import Settings
from tests.mcp_server.fakes import StoredLogs, stream, with_logs
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio
MODES = ["auto", "legacy"]
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
SECRET = "hunter2hunter2"


async def refused(name: str, arguments: Mapping[str, object], mode: str = "auto") -> str:
    server = build_server(with_logs(StoredLogs({})), Settings(), lambda: NOW)
    async with Client(server, mode=mode) as client:
        answer = await client.call_tool(name, dict(arguments))
    [block] = answer.content
    assert isinstance(block, TextContent)
    assert answer.is_error
    return block.text


@pytest.mark.parametrize("mode", MODES)
async def test_an_unknown_argument_is_refused_with_the_nearest_one(mode: str) -> None:
    text = await refused("get_task_log", {"dag_id": "orders", "task": "load"}, mode)
    assert text.startswith("get_task_log has no argument 'task'. Did you mean task_id?")
    assert "It takes: dag_id, run_id, task_id" in text


@pytest.mark.parametrize("mode", MODES)
async def test_a_wrong_value_is_not_repeated_but_what_is_right_is_said(mode: str) -> None:
    wrong = {"dag_id": "orders", "view": SECRET, "try_number": -2, "max_lines": SECRET}
    text = await refused("get_task_log", wrong, mode)
    assert text == (
        "get_task_log: try_number must be a whole number, 0 or more (0: the last that has a log)."
        " view must be one of digest, tail, around, grep."
        " max_lines must be a whole number from 5 to 300."
    )


async def test_a_missing_argument_is_asked_for() -> None:
    assert await refused("get_task_log", {}) == "get_task_log: dag_id is required: text."


async def test_an_unknown_tool_names_the_nearest() -> None:
    assert (await refused("get_tasklog", {})).startswith(
        "No tool of that name. Did you mean get_task_log"
    )
    assert "There are: diagnose_failure" in await refused("x", {})


async def test_a_secret_in_an_arguments_name_is_not_repeated() -> None:
    text = await refused("get_task_log", {"dag_id": "o", f"password={SECRET}": 1})
    assert SECRET not in text


@pytest.mark.parametrize("mode", MODES)
async def test_a_crash_says_nothing_but_that_the_server_is_to_blame(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(faults={"environments": "broken"})
    async with Client(build_server(world.backends(), Settings()), mode=mode) as client:
        answer = await client.call_tool("check_airflow", {})
    [block] = answer.content
    assert isinstance(block, TextContent)
    assert block.text == (
        "check_airflow failed inside the server, not because of its arguments."
        " The server's log holds the details; try another tool."
    )
    assert "a bug" in caplog.text


async def test_an_anticipated_error_keeps_its_words_and_hides_its_secrets() -> None:
    logs = StoredLogs({f"aws-secret password={SECRET}": {"s": stream("x")}})
    server = build_server(with_logs(logs), Settings(), lambda: NOW)
    async with Client(server) as client:
        answer = await client.call_tool("search_logs", {"log_group": "aws-secret"})
    assert answer.is_error
    assert "No log group" in str(answer.content[0])
    assert SECRET not in str(answer.content[0])


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
async def test_a_required_argument_that_is_blank_is_asked_for(blank: str) -> None:
    text = await refused("get_task_log", {"dag_id": blank})
    assert text == "get_task_log: dag_id is required: text."


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("triage", {}, "There are: triage_failure, shift_handover."),
        ("triage_failure", {}, "triage_failure needs the argument dag_id."),
        ("triage_failure", {"dag_id": " "}, "triage_failure needs the argument dag_id."),
    ],
)
async def test_a_prompt_that_cannot_be_made_is_the_clients_mistake(
    mode: str,
    name: str,
    arguments: dict[str, str],
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = build_server(with_logs(StoredLogs({})), Settings(), lambda: NOW)
    async with Client(server, mode=mode) as client:
        with pytest.raises(MCPError, match=told) as wrong:
            await client.get_prompt(name, arguments)
    assert wrong.value.error.code == INVALID_PARAMS
    assert "Traceback" not in caplog.text
