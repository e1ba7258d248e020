"""`de-agent-mcp tools`: which tools there are, what each takes, and what it costs a model."""

import argparse
import json
import sys
from collections.abc import Sequence

import anyio
from mcp import Client
from mcp.types import Tool

from mcp_server.arguments import kind
from mcp_server.catalogue import CATALOGUE, NEEDS
from mcp_server.commands.opening import WRONG_SETTINGS, server_of, settings_with
from mcp_server.errors import NotConfigured
from mcp_server.log_lines import Short, log_as
from mcp_server.near import said_near


def main(argv: list[str]) -> int:
    """Print one line a tool, or one tool's arguments; exit 1 for a tool that is not offered."""
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp tools",
        description="List the tools that this environment's settings offer, with their tokens.",
        epilog="example: de-agent-mcp tools get_task_log",
    )
    parser.add_argument("name", nargs="?", default="", help="show this tool's arguments")
    parser.add_argument("--json", action="store_true", help="the list as MCP clients get it")
    parser.add_argument("--toolsets", default="", help="airflow,cloudwatch,redshift: only these")
    options = parser.parse_args(argv)
    log_as(Short)
    try:
        tools = anyio.run(_listed, options.toolsets)
    except NotConfigured as wrong:
        print(wrong, file=sys.stderr)
        return WRONG_SETTINGS
    if options.json:
        print(json.dumps([tool.model_dump(mode="json", by_alias=True) for tool in tools]))
        return 0
    return _one(options.name, tools) if options.name else _all(tools)


def tokens(tool: Tool) -> int:
    """What a tool costs a model: characters of name, description and input schema, over four."""
    return len(tool.name + (tool.description or "") + json.dumps(tool.input_schema)) // 4


async def _listed(toolsets: str) -> list[Tool]:
    with server_of(settings_with(toolsets)) as server:
        async with Client(server) as client:
            return (await client.list_tools()).tools


def _all(tools: Sequence[Tool]) -> int:
    width = max((len(tool.name) for tool in tools), default=0)
    for tool in tools:
        print(f"{tool.name:<{width}}  {tokens(tool):>4} tokens  {tool.description}")
    print(f"{len(tools)} tools, {sum(map(tokens, tools)):,} tokens")
    return 0


def _not_offered(name: str, tools: Sequence[Tool]) -> str:
    needed = {entry.name: NEEDS[entry.toolset] for entry in CATALOGUE}.get(name)
    if needed:
        return f"{name} is not offered here: {needed}"
    return f"No tool {name}. {said_near(name, (t.name for t in tools), noun='tools')}"


def _one(name: str, tools: Sequence[Tool]) -> int:
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        print(_not_offered(name, tools), file=sys.stderr)
        return 1
    print(f"{tool.name}: {tool.description}")
    required = tool.input_schema.get("required", [])
    for key, schema in tool.input_schema.get("properties", {}).items():
        default = "required" if key in required else f"default {schema.get('default')!r}"
        described = f"; {schema['description']}" if "description" in schema else ""
        print(f"  {key}: {kind(schema)}, {default}{described}")
    return 0
