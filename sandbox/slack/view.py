"""What the page shows now: channels, messages and threads as HTML, the open modal."""

import html
from datetime import UTC, datetime
from typing import Any

from sandbox.slack.blocks_html import blocks_html, text_html
from sandbox.slack.mrkdwn import Around, emoji, mrkdwn_html
from sandbox.slack.workspace import BOT, BOT_USER, PERSON, Message, View, Workspace

Json = dict[str, Any]


def page_state(workspace: Workspace) -> Json:
    """JSON for the page; every `html` in it is escaped message content."""
    with workspace.changed:
        around = around_of(workspace)
        open_views = list(workspace.views.values())
        return {
            "version": workspace.version,
            "now": around.now.strftime("%Y-%m-%d %H:%M UTC"),
            "channels": [_channel(workspace, c.id, around) for c in workspace.channels.values()],
            "view": _modal(open_views[-1], around) if open_views else None,
        }


def around_of(workspace: Workspace) -> Around:
    """Names of people and channels, and the world's time."""
    channels = {c.id: c.name for c in workspace.channels.values()}
    return Around({**channels, **workspace.names}, workspace.clock.now())


def message_html(message: Message, around: Around) -> str:
    """A message's content: blocks where it has some, else its text, then attachments."""
    body = message.body
    blocks = body.get("blocks")
    said = (
        blocks_html(blocks, around)
        if blocks
        else f'<div class="block text">{mrkdwn_html(str(body.get("text", "")), around)}</div>'
    )
    return said + "".join(_attachment(a, around) for a in body.get("attachments") or ())


def _channel(workspace: Workspace, channel: str, around: Around) -> Json:
    known = workspace.channels[channel]
    top = workspace.top(channel)
    threads = [[_row(workspace, m, around) for m in workspace.thread(channel, t.ts)] for t in top]
    return {"id": channel, "name": known.name, "is_im": known.is_im, "threads": threads}


def _row(workspace: Workspace, message: Message, around: Around) -> Json:
    body = message.body
    moment = datetime.fromtimestamp(float(message.ts), UTC)
    return {
        "ts": message.ts,
        "author": workspace.author(message),
        "kind": _kind(body),
        "at": moment.strftime("%H:%M"),
        "date": moment.strftime("%A, %B %-d, %Y"),
        "edited": "edited" in body,
        "ephemeral": "ephemeral_to" in body,
        "status": message.status,
        "html": message_html(message, around),
        "reactions": [[emoji(name), len(users)] for name, users in message.reactions.items()],
    }


def _kind(body: Json) -> str:
    if body.get("bot_id") == BOT or body.get("user") == BOT_USER:
        return "us"
    return "person" if body.get("user") == PERSON else "app"


def _attachment(attachment: Json, around: Around) -> str:
    parts = [
        mrkdwn_html(str(attachment[name]), around)
        for name in ("pretext", "author_name", "title", "text")
        if attachment.get(name)
    ]
    for field in attachment.get("fields") or ():
        title, value = html.escape(str(field.get("title", ""))), str(field.get("value", ""))
        parts.append(f"<b>{title}</b><br>{mrkdwn_html(value, around)}")
    inner = "".join(f"<p>{part}</p>" for part in parts)
    inner += blocks_html(attachment.get("blocks") or (), around)
    if not inner:
        inner = mrkdwn_html(str(attachment.get("fallback", "")), around)
    return f'<div class="attachment">{inner}</div>'


def _modal(kept: View, around: Around) -> Json:
    view = kept.view
    return {
        "id": kept.id,
        "title": text_html(view.get("title"), around),
        "submit": text_html(view.get("submit") or {"text": "Submit"}, around),
        "close": text_html(view.get("close") or {"text": "Cancel"}, around),
        "html": blocks_html(view.get("blocks") or (), around),
    }
