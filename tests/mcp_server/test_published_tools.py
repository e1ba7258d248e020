"""The list of tools as clients and models see it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

import pytest
from mcp import Client
from mcp.types import Tool

from mcp_server.backends import Backends
from mcp_server.catalogue import CATALOGUE
from mcp_server.commands.tools import tokens
from mcp_server.deferred import FILE, current
from mcp_server.server import build_server
from mcp_server.settings import Settings
from tests.mcp_server.fakes import StoredLogs, with_logs
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio
MODES = ["auto", "legacy"]
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)


def everything() -> Backends:
    world = World(redshift={})
    return world.backends()


async def listed(backends: Backends, *toolsets: str, mode: str = "auto") -> Sequence[Tool]:
    server = build_server(backends, Settings(toolsets=toolsets), lambda: NOW)
    async with Client(server, mode=mode) as client:
        return (await client.list_tools()).tools


@pytest.mark.parametrize("mode", MODES)
async def test_both_eras_list_every_tool_in_the_catalogues_order(mode: str) -> None:
    tools = await listed(everything(), mode=mode)
    assert [tool.name for tool in tools] == [entry.name for entry in CATALOGUE]


async def test_the_list_costs_a_model_at_most_4000_tokens() -> None:
    tools = await listed(everything())
    assert sum(map(tokens, tools)) <= 4_000
    assert {tool.name: tokens(tool) for tool in tools if tokens(tool) > 300} == {}


async def test_every_tool_says_in_one_short_sentence_what_it_answers() -> None:
    for tool in await listed(everything()):
        said = tool.description or ""
        assert 20 <= len(said) <= 160, tool.name
        assert "\n" not in said, tool.name


async def test_no_argument_is_a_union_and_every_tool_is_read_only() -> None:
    for tool in await listed(everything()):
        assert "anyOf" not in json.dumps(tool.input_schema), tool.name
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.title
        assert tool.output_schema, tool.name


def test_the_published_schemas_are_those_of_the_tools() -> None:
    kept = resources.files("mcp_server").joinpath(FILE).read_text("utf-8")
    assert kept == current(), "run `python -m mcp_server.deferred` and read what changed"


async def test_a_tool_whose_backend_is_not_configured_is_not_listed() -> None:
    names = {tool.name for tool in await listed(with_logs(StoredLogs({})))}
    assert "get_task_log" in names
    assert "search_logs" in names
    assert "get_dag_run" not in names
    assert not any("redshift" in name for name in names)


async def test_toolsets_narrow_the_list_further() -> None:
    names = [tool.name for tool in await listed(everything(), "redshift")]
    sets = {entry.name: entry.toolset for entry in CATALOGUE}
    assert names
    assert {sets[name] for name in names} <= {"redshift", "all"}


async def test_a_call_of_an_unlisted_tool_says_which_setting_is_missing() -> None:
    server = build_server(with_logs(StoredLogs({})), Settings(), lambda: NOW)
    async with Client(server) as client:
        answer = await client.call_tool("check_redshift", {})
    assert answer.is_error
    assert "set REDSHIFT_CLUSTER_ID" in str(answer.content[0])
