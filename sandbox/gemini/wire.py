"""The Gemini API's JSON: what a request must look like, and the conversation it carries."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sandbox.http import Response

Json = dict[str, Any]  # Any: the API's JSON as it travels
_TOP = {
    *("contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "tool_config"),
    *("generationConfig", "generation_config", "safetySettings", "cachedContent", "model", "store"),
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_LEVELS = {"MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH", "THINKING_LEVEL_UNSPECIFIED"}


class GeminiError(Exception):
    """A refusal as the API words it; `code` is the HTTP status."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message

    def response(self) -> Response:
        error = {"code": self.code, "message": self.message, "status": self.status}
        return Response(self.code, json.dumps({"error": error}).encode())


def invalid(message: str) -> GeminiError:
    """400 INVALID_ARGUMENT."""
    return GeminiError(400, "INVALID_ARGUMENT", message)


@dataclass(frozen=True)
class Tool:
    """A declared function."""

    name: str
    description: str
    schema: Json


@dataclass(frozen=True)
class Called:
    """A call that was answered; `text` is all the answer's text, `failed` an `error` answer."""

    id: str
    name: str
    arguments: Json
    text: str
    failed: bool


@dataclass(frozen=True)
class Conversation:
    """What the model can read: the instruction, what was said, the tools, what they returned.

    `schema` is the wanted JSON answer's, {} when none; `tools` is empty in mode NONE; `most` is
    maxOutputTokens (0: no limit); `turns` counts the model's own turns so far.
    """

    system: str
    said: str
    tools: tuple[Tool, ...]
    called: tuple[Called, ...]
    schema: Json
    wants_json: bool
    thinks: bool
    most: int
    turns: int

    @property
    def read(self) -> str:
        """Everything the tools returned."""
        return "\n".join(call.text for call in self.called)

    @property
    def heard(self) -> str:
        """What was said, then what was read."""
        return f"{self.said}\n{self.read}"


def read_request(body: bytes) -> Json:
    """The request's JSON. Raises GeminiError for what the API would not take."""
    try:
        said = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
    if not isinstance(said, dict):
        raise invalid("Invalid JSON payload received. Root element must be a message.")
    for name in said.keys() - _TOP:
        raise invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    if not said.get("contents"):
        raise invalid("* GenerateContentRequest.contents: contents is not specified")
    _check_contents(said["contents"])
    return said


def read_conversation(said: Json) -> Conversation:
    """The conversation of a request that was read. Raises GeminiError for unfit tools."""
    config = pick(said, "generationConfig", "generation_config") or {}
    thinking = pick(config, "thinkingConfig", "thinking_config") or {}
    level = pick(thinking, "thinkingLevel", "thinking_level")
    if level and level not in _LEVELS:
        raise invalid(f"Invalid value at 'generation_config.thinking_config': {level!r}")
    contents = said["contents"]
    return Conversation(
        system=_text(pick(said, "systemInstruction", "system_instruction") or {}),
        said="\n".join(_text(c) for c in contents if c.get("role") != "model"),
        tools=tuple(_tools(said)),
        called=tuple(_called(contents)),
        schema=pick(config, "responseJsonSchema", "response_json_schema", "responseSchema") or {},
        wants_json=pick(config, "responseMimeType", "response_mime_type") == "application/json",
        thinks=bool(pick(thinking, "includeThoughts", "include_thoughts")),
        most=int(pick(config, "maxOutputTokens", "max_output_tokens") or 0),
        turns=sum(content.get("role") == "model" for content in contents),
    )


def pick(said: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - a member of the API's JSON
    """The first of these members that is there: the SDK mixes camelCase and snake_case."""
    return next((said[name] for name in names if said.get(name) is not None), None)


def calls_of(content: Mapping[str, Any]) -> list[Json]:
    """The functionCall parts of a turn, whole."""
    return [part for part in content.get("parts") or () if "functionCall" in part]


def answers_of(content: Mapping[str, Any]) -> list[Json]:
    """The functionResponse members of a turn."""
    parts = content.get("parts") or ()
    return [part["functionResponse"] for part in parts if "functionResponse" in part]


def _check_contents(contents: object) -> None:
    if not isinstance(contents, list) or not all(isinstance(c, dict) for c in contents):
        raise invalid("Invalid value at 'contents': expected a list of Content")
    for number, content in enumerate(contents):
        if content.get("role", "user") not in ("user", "model"):
            raise invalid("Please use a valid role: user, model.")
        if not content.get("parts"):
            raise invalid(f"* GenerateContentRequest.contents[{number}].parts: must not be empty")


def _tools(said: Json) -> Iterator[Tool]:
    config = pick(said, "toolConfig", "tool_config") or {}
    calling = pick(config, "functionCallingConfig", "function_calling_config") or {}
    if calling.get("mode") == "NONE":
        return
    names: set[str] = set()
    for tool in said.get("tools") or ():
        for declared in pick(tool, "functionDeclarations", "function_declarations") or ():
            name = str(declared.get("name", ""))
            if not _NAME.fullmatch(name) or name in names:
                raise invalid(f"Invalid or duplicate function declaration name: {name!r}")
            names.add(name)
            keys = ("parameters_json_schema", "parametersJsonSchema", "parameters")
            yield Tool(name, str(declared.get("description", "")), pick(declared, *keys) or {})


def _called(contents: Sequence[Json]) -> Iterator[Called]:
    """Each answered call, in order; ids were checked before."""
    for asked, answered in pairwise(contents):
        answers = answers_of(answered)
        for part, answer in zip(calls_of(asked), answers, strict=False):
            call, said = part["functionCall"], answer.get("response") or {}
            text = "\n".join(_leaves(said))
            yield Called(
                str(call.get("id", "")), call["name"], call.get("args") or {}, text, "error" in said
            )


def _text(content: Mapping[str, Any]) -> str:
    return "\n".join(str(p["text"]) for p in content.get("parts") or () if "text" in p)


def _leaves(thing: object) -> Iterator[str]:
    if isinstance(thing, Mapping):
        for value in thing.values():
            yield from _leaves(value)
    elif isinstance(thing, list):
        for item in thing:
            yield from _leaves(item)
    elif thing is not None:
        yield str(thing)
