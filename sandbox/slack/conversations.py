"""conversations.*: channels, their history, the replies of a thread."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.slack.arguments import Json, flag, needed
from sandbox.slack.chat import channel_of
from sandbox.slack.errors import SlackError
from sandbox.slack.workspace import TEAM, Channel, Message, Workspace, by_ts

MOST = 999
Row = TypeVar("Row")


def history(workspace: Workspace, said: Json) -> Json:
    """conversations.history: newest first, between oldest and latest, in pages."""
    channel = channel_of(workspace, said, joined=True)
    with workspace.changed:
        found = [m for m in workspace.top(channel.id) if _within(m, said)]
        page, more = _page(found[::-1], said)
        messages = [_row(workspace, m, said) for m in page]
    return {"messages": messages, "pin_count": 0, **more}


def replies(workspace: Workspace, said: Json) -> Json:
    """conversations.replies: the parent, then its replies, oldest first."""
    (ts,) = needed(said, ("ts",))
    channel = channel_of(workspace, said, joined=True)
    with workspace.changed:
        asked = workspace.messages[channel.id].get(ts)
        if asked is None:
            raise SlackError("thread_not_found")
        thread = workspace.thread(channel.id, asked.thread_ts)
        kept = [m for m in thread if not m.is_reply or _within(m, said)]
        page, more = _page(kept, said)
        messages = [_row(workspace, m, said) for m in page]
    return {"messages": messages, **more}


def info(workspace: Workspace, said: Json) -> Json:
    """conversations.info."""
    return {"channel": _channel(channel_of(workspace, said))}


def list_all(workspace: Workspace, said: Json) -> Json:
    """conversations.list, in pages; direct messages only when asked for."""
    types = str(said.get("types") or "public_channel")
    found = [c for c in workspace.channels.values() if not c.is_im or "im" in types.split(",")]
    page, more = _page(found, said)
    return {"channels": [_channel(c) for c in page], **more}


def join(workspace: Workspace, said: Json) -> Json:
    """conversations.join."""
    channel = channel_of(workspace, said)
    if channel.is_im:
        raise SlackError("method_not_supported_for_channel_type")
    with workspace.change():
        channel.is_member = True
    return {"channel": _channel(channel)}


def row(workspace: Workspace, message: Message) -> Json:
    """A message as Slack returns it: reactions, and thread counts on a parent."""
    body = dict(message.body)
    if message.reactions:
        body["reactions"] = [
            {"name": name, "users": users, "count": len(users)}
            for name, users in message.reactions.items()
        ]
    answers = [] if message.is_reply else workspace.thread(message.channel, message.ts)[1:]
    if answers:
        users = sorted({str(m.body.get("user") or m.body.get("bot_id")) for m in answers})
        counts = {"reply_count": len(answers), "reply_users_count": len(users)}
        latest = max(answers, key=by_ts).ts
        body |= {"thread_ts": message.ts, "reply_users": users, "latest_reply": latest, **counts}
    return body


def _row(workspace: Workspace, message: Message, said: Json) -> Json:
    body = row(workspace, message)
    if not flag(said, "include_all_metadata"):
        body.pop("metadata", None)
    return body


def _within(message: Message, said: Json) -> bool:
    if "ephemeral_to" in message.body:
        return False
    oldest, latest = float(said.get("oldest") or 0), float(said.get("latest") or "inf")
    ts = float(message.ts)
    if flag(said, "inclusive"):
        return oldest <= ts <= latest
    return oldest < ts < latest


def _page(rows: Sequence[Row], said: Json) -> tuple[Sequence[Row], Json]:
    """A page and what says where the next one begins."""
    start = _start(str(said.get("cursor") or ""))
    size = min(int(said.get("limit") or 100), MOST)
    end = start + size
    more = end < len(rows)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if more else ""
    return rows[start:end], {
        "has_more": more,
        "response_metadata": {"next_cursor": cursor},
    }


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word != "next":
            raise ValueError(word)
        return int(number)
    except (ValueError, binascii.Error) as error:
        raise SlackError("invalid_cursor") from error


def _channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_im,
        "is_im": channel.is_im,
        "is_member": channel.is_member,
        "is_archived": False,
        "is_private": channel.is_im,
        "context_team_id": TEAM,
    }
