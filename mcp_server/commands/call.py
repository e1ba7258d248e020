"""`de-agent-mcp call`: one tool from a shell."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

import anyio
from mcp import Client
from mcp.types import CallToolResult, TextContent

from mcp_server.commands.opening import WRONG_SETTINGS, server_of, settings_with
from mcp_server.errors import NotConfigured
from mcp_server.log_lines import Short, log_as

Schema = Mapping[str, Any]  # Any: a JSON schema


def main(argv: list[str]) -> int:
    """Print the tool's text, or its data as JSON; exit 1 with the reason when it failed."""
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp call",
        usage="de-agent-mcp call NAME [key=value ...] [--json]",
        description="Call one tool. `de-agent-mcp tools NAME` shows what it takes.",
        epilog="example: de-agent-mcp call get_task_log dag_id=orders task_id=load view=tail",
    )
    parser.add_argument("name", nargs="?", default="", help="the tool")
    parser.add_argument("arguments", nargs="*", metavar="key=value", help="its arguments")
    parser.add_argument("--json", action="store_true", help="the typed data, one JSON object")
    options = parser.parse_intermixed_args(argv)
    if not options.name:
        parser.error("name a tool; `de-agent-mcp tools` lists them")
    wrong = [one for one in options.arguments if "=" not in one]
    if wrong:
        parser.error(
            f"not key=value: {wrong[0]} (`de-agent-mcp tools {options.name}` shows the keys)"
        )
    said = dict(one.split("=", 1) for one in options.arguments)
    log_as(Short)
    try:
        result = anyio.run(_called, options.name, said)
    except NotConfigured as error:
        print(error, file=sys.stderr)
        return WRONG_SETTINGS
    return _print(result, as_json=options.json)


async def _called(name: str, said: dict[str, str]) -> CallToolResult:
    with server_of(settings_with()) as server:
        async with Client(server) as client:
            tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
            return await client.call_tool(name, converted(said, tools.get(name, {})))


def converted(said: Mapping[str, str], schema: Schema) -> dict[str, object]:
    """Each value as its argument's type wants it; what does not convert stays text.

    The server then says what the argument must be.
    """
    properties: Schema = schema.get("properties", {})
    return {key: _value(text, properties.get(key, {})) for key, text in said.items()}


def _value(text: str, schema: Schema) -> object:
    if schema.get("type", "string") == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text.split(",") if schema.get("type") == "array" else text


def _print(result: CallToolResult, *, as_json: bool) -> int:
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    if result.is_error:
        print(text, file=sys.stderr)
        return 1
    print(json.dumps(result.structured_content, ensure_ascii=False) if as_json else text)
    return 0
