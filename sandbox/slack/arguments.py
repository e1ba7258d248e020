"""A Web API call's arguments: JSON, a form, or a JSON content type with nothing in it."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from sandbox.http import Request
from sandbox.slack.errors import SlackError, invalid_arguments

Json = dict[str, Any]  # Any: Slack's JSON as it travels
_STRUCTURED = ("blocks", "attachments", "metadata", "view", "loading_messages")


def read_arguments(request: Request) -> Json:
    """Every argument, structured ones decoded. Raises SlackError for what is no JSON."""
    said: Json = {name: values[-1] for name, values in request.query.items()}
    said |= _body(request)
    for name in _STRUCTURED:
        if isinstance(said.get(name), str) and said[name]:
            said[name] = _decoded(name, said[name])
    return said


def read_token(request: Request, arguments: Json) -> str:
    """The bearer token, or the argument of that name."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else str(arguments.get("token") or "")


def needed(arguments: Json, names: Iterable[str]) -> tuple[str, ...]:
    """These arguments as text. Raises SlackError that names the missing ones."""
    missing = [name for name in names if not arguments.get(name)]
    if missing:
        raise invalid_arguments(*(f"missing required field: {name}" for name in missing))
    return tuple(str(arguments[name]) for name in names)


def flag(arguments: Json, name: str) -> bool:
    """True for true, "true" and 1."""
    return str(arguments.get(name, "")).lower() in ("true", "1")


def _body(request: Request) -> Json:
    text = request.body.decode("utf-8", errors="replace")
    if not text.strip():
        return {}
    if "json" not in request.headers.get("content-type", ""):
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        said = json.loads(text)
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(said, dict):
        raise SlackError("json_not_object")
    return said


def _decoded(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        code = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise SlackError(code.get(name, "invalid_arguments")) from error
