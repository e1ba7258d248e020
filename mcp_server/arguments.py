"""Refuse what a tool cannot take, and say what it can, without repeating the caller's values."""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent
from pydantic import ValidationError

from mcp_server.deferred import DeferredTool
from mcp_server.near import near
from mcp_server.text import MOST_TOKENS, clean, fit

Schema = Mapping[str, Any]  # Any: a JSON schema


def checking(
    tools: Mapping[str, DeferredTool],
    missing: Mapping[str, str],
    prompts: Mapping[str, Sequence[str]],
) -> ServerMiddleware[Any]:
    """Middleware over tools/call and prompts/get.

    `missing` says for each unlisted tool what setting it needs, `prompts` what each one requires.
    """

    async def check(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method == "prompts/get" and isinstance(ctx.params, Mapping):
            _check_prompt(str(ctx.params.get("name", "")), ctx.params.get("arguments"), prompts)
        if ctx.method != "tools/call" or not isinstance(ctx.params, Mapping):
            return await call_next(ctx)
        name = str(ctx.params.get("name", ""))
        wrong = refusal(name, ctx.params.get("arguments") or {}, tools, missing)
        if wrong:
            return _failed(wrong)
        return await call_next(ctx)

    return check


def refusal(
    name: str, arguments: object, tools: Mapping[str, DeferredTool], missing: Mapping[str, str]
) -> str:
    """Why this call cannot be made, "" when it can."""
    tool = tools.get(name)
    if tool is None:
        return _unknown_tool(name, tools, missing)
    if not isinstance(arguments, dict):
        return f"{name}: arguments must be one object of names and values."
    properties: Schema = tool.parameters.get("properties", {})
    unknown = [key for key in arguments if key not in properties]
    if unknown:
        return f"{name} {'; '.join(_unknown(key, properties) for key in unknown[:5])}"
    blank = [key for key in tool.parameters.get("required", ()) if _is_blank(arguments.get(key))]
    if blank:
        return f"{name}: {' '.join(_wanted(key, properties, given=False) for key in blank)}"
    try:
        tool.validate_arguments(arguments)
    except ValidationError as wrong:
        fields = dict.fromkeys(str(e["loc"][0]) if e["loc"] else "" for e in wrong.errors())
        said = [_wanted(field, properties, given=field in arguments) for field in fields]
        return f"{name}: {' '.join(said)}"
    return ""


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _check_prompt(name: str, said: object, prompts: Mapping[str, Sequence[str]]) -> None:
    """Raise MCPError (invalid params) for a prompt that cannot be made."""
    arguments = said if isinstance(said, Mapping) else {}
    if name not in prompts:
        raise MCPError(INVALID_PARAMS, f"No prompt of that name. There are: {', '.join(prompts)}.")
    unsaid = [key for key in prompts[name] if not str(arguments.get(key) or "").strip()]
    if unsaid:
        raise MCPError(INVALID_PARAMS, f"{name} needs the argument {' and '.join(unsaid)}.")


def _unknown_tool(name: str, tools: Mapping[str, DeferredTool], missing: Mapping[str, str]) -> str:
    if name in missing:
        return f"{name} is not offered here: {missing[name]}"
    close = near(name, tools, 3)
    listed = f"Did you mean {' or '.join(close)}?" if close else f"There are: {', '.join(tools)}."
    return f"No tool of that name. {listed}"


def _unknown(key: str, properties: Schema) -> str:
    close = near(key, properties, 1)
    guess = f" Did you mean {close[0]}?" if close else ""
    asked = repr(key[:60]) if key.isidentifier() else "of that name"
    return f"has no argument {asked}.{guess} It takes: {', '.join(properties) or 'none'}"


def _wanted(field: str, properties: Schema, *, given: bool) -> str:
    schema = properties.get(field)
    if schema is None:
        return "the arguments do not fit; see the tool's schema."
    described = schema.get("description", "")
    told = f" ({described.rstrip('.')})" if described else ""
    if not given:
        return f"{field} is required: {kind(schema)}{told}."
    return f"{field} must be {kind(schema)}{told}."


def kind(schema: Schema) -> str:
    """What a property's schema admits, in words: "a whole number from 1 to 200"."""
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") in ("integer", "number"):
        name = "a whole number" if schema["type"] == "integer" else "a number"
        return name + _bounds(schema)
    if schema.get("type") == "string":
        longest = schema.get("maxLength")
        return f"text of at most {longest} characters" if longest else "text"
    if schema.get("type") == "array":
        return f"a list; each {kind(schema.get('items', {}))}"
    return {"boolean": "true or false", "object": "an object"}.get(schema.get("type", ""), "valid")


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f", {low} or more"
    return f", at most {high}" if high is not None else ""


def _failed(text: str) -> CallToolResult:
    said = fit(clean(text), MOST_TOKENS // 4)
    return CallToolResult(content=[TextContent(type="text", text=said)], is_error=True)
