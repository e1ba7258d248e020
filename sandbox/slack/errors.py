"""Refusals in Slack's own words."""

import json
from collections.abc import Mapping, Sequence

from sandbox.http import Response

# What a bot without the scope, or outside the channel, is told.
SCOPES = {
    "chat": "chat:write",
    "reactions": "reactions:write",
    "conversations": "channels:history",
    "users": "users:read",
    "bots": "users:read",
    "assistant": "assistant:write",
    "apps": "connections:write",
}


class SlackError(Exception):
    """`{"ok": false, "error": code}` with `extra` members; HTTP 200 unless said otherwise."""

    def __init__(
        self,
        code: str,
        extra: Mapping[str, object] | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.extra = dict(extra or {})
        self.status = status
        self.headers = dict(headers or {})

    def response(self) -> Response:
        body = {"ok": False, "error": self.code, **self.extra}
        return Response(self.status, json.dumps(body).encode(), headers=self.headers)


def invalid_blocks(wrong: Sequence[str]) -> SlackError:
    """Blocks that Slack's schema refuses; each text ends with its JSON pointer."""
    told = [f"[ERROR] {text}" for text in wrong]
    extra = {"errors": list(wrong), "response_metadata": {"messages": told}}
    return SlackError("invalid_blocks", extra)


def invalid_arguments(*wrong: str) -> SlackError:
    """A call without what it needs."""
    told = [f"[ERROR] {text}" for text in wrong]
    return SlackError("invalid_arguments", {"response_metadata": {"messages": told}})


def ratelimited(seconds: int) -> SlackError:
    """Too many calls; come back after so many seconds."""
    return SlackError("ratelimited", status=429, headers={"Retry-After": str(max(1, seconds))})


def denied(method: str) -> SlackError:
    """A bot that lacks the right: outside the channel for messages, without the scope elsewhere."""
    if method in ("chat.postMessage", "conversations.history", "conversations.replies"):
        return SlackError("not_in_channel")
    needed = SCOPES.get(method.partition(".")[0], "chat:write")
    return SlackError("missing_scope", {"needed": needed, "provided": "identify"})
