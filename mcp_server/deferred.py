"""Tools whose modules are imported when they are first called.

A client wants the list of tools at once, and mostly calls few of them. So the list comes from
published.json, which `python -m mcp_server.deferred` writes from the tools themselves; a test
compares the two. A tool that is not in the file yet is read from its module.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import CallToolResult, ToolAnnotations

from mcp_server.text import clean, fit

FILE = "published.json"
ERROR_TOKENS = 1_000
CRASHED = (
    "failed inside the server, not because of its arguments."
    " The server's log holds the details; try another tool."
)
READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
Schema = dict[str, Any]  # Any: a JSON schema
Function = Callable[..., Awaitable[CallToolResult]]


class DeferredTool(Tool):
    """A tool known by its schemas; `fn` gives the function itself."""

    @cached_property
    def loaded(self) -> Tool:
        """The whole tool; its module is imported here and not before."""
        return whole(self.name, self.fn())

    def validate_arguments(
        self, arguments: dict[str, Any]
    ) -> None:  # Any: JSON as a client sent it
        """Raise pydantic's ValidationError for arguments that the tool cannot take."""
        self.loaded.fn_metadata.validate_arguments(arguments)

    async def run(
        self,
        arguments: dict[str, Any],  # Any: JSON as a client sent it
        context: Context[Any, Any],  # Any: as the SDK has it
        convert_result: bool = False,
    ) -> Any:  # noqa: ANN401 - as the SDK has it
        """Run the tool itself. Its errors come without secrets, a crash without its words."""
        try:
            return await self.loaded.run(arguments, context, convert_result)
        except UnexpectedToolError as crash:
            raise UnexpectedToolError(f"{self.name} {CRASHED}") from crash
        except ToolError as wrong:
            said = str(wrong).removeprefix(f"Error executing tool {self.name}: ")
            raise ToolError(fit(clean(said), ERROR_TOKENS)) from wrong.__cause__


def deferred(name: str, title: str, load: Callable[[], Function]) -> DeferredTool:
    """The tool of a name; `load` imports its function."""
    known = _published().get(name) or schemas(whole(name, load()))
    return DeferredTool(
        fn=load,
        name=name,
        title=title,
        description=known["description"],
        parameters=known["parameters"],
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=known["output"]),
        is_async=True,
        context_kwarg=None,
        annotations=READ_ONLY,
    )


def whole(name: str, function: Function) -> Tool:
    """The tool as the SDK makes it, its schema without the titles that no model needs."""
    tool = Tool.from_function(function, name=name, annotations=READ_ONLY)
    tool.parameters.pop("title", None)
    for schema in tool.parameters.get("properties", {}).values():
        schema.pop("title", None)
    return tool


def schemas(tool: Tool) -> Schema:
    """What published.json holds of a tool."""
    return {
        "description": tool.description,
        "parameters": tool.parameters,
        "output": tool.output_schema,
    }


@cache
def _published() -> dict[str, Schema]:
    source = resources.files("mcp_server").joinpath(FILE)
    found: dict[str, Schema] = json.loads(source.read_text("utf-8")) if source.is_file() else {}
    return found


def current() -> str:
    """The text that published.json should have."""
    from mcp_server.catalogue import CATALOGUE

    tools = {entry.name: schemas(whole(entry.name, entry.function())) for entry in CATALOGUE}
    return json.dumps(tools, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name(FILE).write_text(current(), "utf-8")
    sys.exit(0)
