"""Which declared tools the scripted model calls next, and with which arguments."""

import re
from collections.abc import Iterator, Sequence

from sandbox.gemini.facts import fact
from sandbox.gemini.wire import Conversation, Json, Tool

# Which tool a first look wants: the whole diagnosis, unless somebody made one already.
FIRST = ("diagnose", "task_log", "log")
FIRST_AFTER_FINDINGS = ("task_log", "log", "task")
AT_ONCE = 3
# Words of tool names that say nothing of what the tool is about.
_PLAIN = {"get", "list", "find", "check", "read", "describe", "query", "task", "failure", "search"}


def first_call(talk: Conversation) -> list[Json]:
    """The tool that a first look wants, if one can be called from what was said."""
    wanted = FIRST_AFTER_FINDINGS if "category:" in talk.said else FIRST
    tools = sorted(talk.tools, key=lambda tool: _rank(tool, wanted))
    return next(([call] for tool in tools if (call := _call(tool, talk)) is not None), [])


def further_calls(talk: Conversation) -> list[Json]:
    """Up to three other tools whose subject came up in what was said or read."""
    done = {call.name for call in talk.called}
    heard = talk.heard.lower()
    ranked = sorted(
        ((_weight(tool, heard), tool) for tool in talk.tools if tool.name not in done),
        key=lambda pair: -pair[0],
    )
    calls = (_call(tool, talk) for weight, tool in ranked if weight)
    return [call for call in calls if call is not None][:AT_ONCE]


def _rank(tool: Tool, wanted: Sequence[str]) -> int:
    return next((n for n, word in enumerate(wanted) if word in tool.name), len(wanted))


def _weight(tool: Tool, heard: str) -> int:
    words = {word.rstrip("s") for word in tool.name.split("_")} - _PLAIN
    return sum(min(heard.count(word), 5) for word in words if len(word) > 2)


def _call(tool: Tool, talk: Conversation) -> Json | None:
    """The tool with what is known, None when a required argument is not."""
    properties = tool.schema.get("properties") or {}
    known = dict(_arguments(properties, talk))
    missing = set(tool.schema.get("required") or ()) - known.keys()
    return None if missing else {"functionCall": {"name": tool.name, "args": known}}


def _arguments(properties: Json, talk: Conversation) -> Iterator[tuple[str, object]]:
    for name, schema in properties.items():
        is_number = schema.get("type") in ("integer", "number")
        said = fact(name, talk.said, number=is_number) or _read(name, talk, is_number)
        value = _fitting(said, schema)
        if value is not None:
            yield name, value


def _read(name: str, talk: Conversation, is_number: bool) -> str:
    """Ids may come from what tools returned; windows, limits and the like only from the user."""
    is_id = name.endswith(("_id", "_stream", "_group")) or name in ("table", "pid")
    return fact(name, talk.read, number=is_number) if is_id else ""


def _fitting(said: str, schema: Json) -> object:
    """The text as the schema's type, None when it does not fit."""
    if not said:
        return None
    kind = schema.get("type", "string")
    if kind in ("integer", "number"):
        return int(said) if re.fullmatch(r"-?\d+", said) else None
    if kind == "string":
        return said if said in schema.get("enum", [said]) else None
    return None
