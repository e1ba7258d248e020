"""The server over stdio in both eras, and the same tools from a shell."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from mcp_server.__main__ import main
from mcp_server.catalogue import CATALOGUE
from sandbox.incident import load_incident
from sandbox.world import World

pytestmark = pytest.mark.anyio
MODES = ["auto", "legacy"]
LOG = {"dag_id": "sensor_rollup"}


@pytest.fixture(scope="module")
def said() -> Iterator[dict[str, str]]:
    """The environment of a night on which Airflow's REST is refused."""
    with World(load_incident("low-tide")) as world:
        yield world.environment()


@pytest.fixture
def settled(said: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in said.items():
        monkeypatch.setenv(name, value)


def stdio(said: dict[str, str], **more: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-m", "mcp_server", "serve"], env={**said, **more}
    )


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_over_stdio_lists_and_calls_the_tools(
    mode: str, said: dict[str, str]
) -> None:
    async with Client(stdio(said), mode=mode, read_timeout_seconds=30) as client:
        tools = (await client.list_tools()).tools
        answer = await client.call_tool("get_task_log", LOG)
    names = [tool.name for tool in tools]
    assert names == [entry.name for entry in CATALOGUE if entry.toolset != "redshift"]
    [block] = answer.content
    assert isinstance(block, TextContent)
    assert "ZeroDivisionError: division by zero" in block.text
    assert answer.structured_content is not None
    assert answer.structured_content["cause_line"] == "ZeroDivisionError: division by zero"


async def test_toolsets_narrow_what_is_served(said: dict[str, str]) -> None:
    async with Client(stdio(said, DE_AGENT_TOOLSETS="cloudwatch")) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
    assert "search_logs" in names
    assert "get_dag_run" not in names


def test_standard_output_carries_nothing_but_the_protocol(said: dict[str, str]) -> None:
    call = {"name": "get_dag_run", "arguments": {"dag_id": "nothing"}}
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "mcp_server", "serve"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=said, text=True,
    ) as server:  # fmt: skip
        assert server.stdin
        assert server.stdout
        for message in asked:
            server.stdin.write(json.dumps(message) + "\n")
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        rest, _ = server.communicate(timeout=20)
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["isError"] is True
    assert rest == ""


def test_a_wrong_setting_ends_the_server_with_its_name() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mcp_server", "serve"],
        env={"REDSHIFT_ACCESS": "telnet"}, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "REDSHIFT_ACCESS=telnet" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.usefixtures("settled")
def test_call_prints_the_tools_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", "get_task_log", "dag_id=sensor_rollup", "try_number=1"]) == 0
    assert "> 12: ZeroDivisionError: division by zero" in capsys.readouterr().out


@pytest.mark.usefixtures("settled")
def test_call_prints_the_typed_data_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", "get_task_log", "dag_id=sensor_rollup", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["category"], told["cause_line_number"]) == ("python.code_error", 12)


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["get_task_log", "dag_id=sensor_rollup", "max_lines=many"], "max_lines must be a whole"),
        (["get_task_log", "dag=sensor_rollup"], "Did you mean dag_id?"),
        (["get_tasklog"], "Did you mean get_task_log"),
        (["get_dag", "dag_id=sensor_rollup"], "airflow:InvokeRestApi"),
    ],
)
def test_a_call_that_fails_tells_why_on_standard_error(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["call", *arguments]) == 1
    told = capsys.readouterr()
    assert reason in told.err
    assert told.out == ""


def test_an_argument_without_a_value_is_a_wrong_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["call", "get_dag", "orders"])
    assert "not key=value: orders" in capsys.readouterr().err


@pytest.mark.usefixtures("settled")
def test_tools_lists_names_and_costs_and_one_tools_arguments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["tools"]) == 0
    listed = capsys.readouterr().out
    assert "get_task_log" in listed
    assert listed.rstrip().endswith("tokens")
    assert main(["tools", "get_task_log"]) == 0
    assert "  view: one of digest, tail, around, grep, default 'digest'" in capsys.readouterr().out
    assert main(["tools", "get_task"]) == 1


@pytest.mark.usefixtures("settled")
def test_doctor_names_what_fails_and_the_permission_it_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "FAILED  airflow:InvokeRestApi" in told
    assert "lacks airflow:InvokeRestApi on role/edge-prod/Viewer" in told
    assert "ok      logs:FilterLogEvents" in told
    assert "MWAA_ENVIRONMENT_NAME" in told


@pytest.mark.parametrize("command", ["serve", "tools", "call", "doctor"])
def test_help_holds_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "example: " in capsys.readouterr().out
