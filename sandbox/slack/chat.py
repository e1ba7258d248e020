"""chat.*: messages posted, edited, deleted, linked, as our bot."""

import time

from sandbox.slack.arguments import Json, flag, needed
from sandbox.slack.errors import SlackError
from sandbox.slack.validate import check_blocks
from sandbox.slack.workspace import APP, BOT, BOT_NAME, BOT_USER, TEAM, Channel, Message, Workspace

MOST_TEXT = 40_000


def post_message(workspace: Workspace, said: Json) -> Json:
    """chat.postMessage. An unknown thread_ts makes a message in the channel, as Slack does."""
    channel = channel_of(workspace, said, joined=True)
    content = _content(said)
    with workspace.change():
        message = workspace.add(channel.id, {**_by_us(), **content, **_in_thread(workspace, said)})
        # A status ("is looking ...") goes away when the reply comes.
        workspace.messages[channel.id][message.thread_ts].status = ""
    return {"channel": channel.id, "ts": message.ts, "message": message.body}


def post_ephemeral(workspace: Workspace, said: Json) -> Json:
    """chat.postEphemeral: the page shows it with a note; no method reads it back."""
    (user,) = needed(said, ("user",))
    channel = channel_of(workspace, said, joined=True)
    content = _content(said)
    with workspace.change():
        body = {**_by_us(), **content, **_in_thread(workspace, said), "ephemeral_to": user}
        message = workspace.add(channel.id, body)
    return {"message_ts": message.ts}


def update(workspace: Workspace, said: Json) -> Json:
    """chat.update: replaces text and blocks; what is not given of the two is dropped."""
    message = _own(workspace, said, "cant_update_message")
    content = _content(said)
    with workspace.change():
        kept = {k: v for k, v in message.body.items() if k not in ("text", "blocks")}
        edited = {"user": BOT_USER, "ts": workspace.new_ts()}
        message.body = {**kept, **content, "edited": edited}
        message.changed = time.monotonic()
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": content["text"],
        "message": message.body,
    }


def delete(workspace: Workspace, said: Json) -> Json:
    """chat.delete of a message of our own."""
    message = _own(workspace, said, "cant_delete_message")
    with workspace.change():
        del workspace.messages[message.channel][message.ts]
    return {"channel": message.channel, "ts": message.ts}


def permalink(workspace: Workspace, said: Json) -> Json:
    """chat.getPermalink: an address of the sandbox's own page."""
    (ts,) = needed(said, ("message_ts",))
    channel = channel_of(workspace, said)
    message = message_of(workspace, channel, ts)
    link = f"https://sandbox.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def channel_of(workspace: Workspace, said: Json, *, joined: bool = False) -> Channel:
    """The channel an argument names. Raises channel_not_found or not_in_channel."""
    channel = workspace.channels.get(str(said.get("channel") or ""))
    if channel is None:
        raise SlackError("channel_not_found")
    if joined and not channel.is_member:
        raise SlackError("not_in_channel")
    return channel


def message_of(workspace: Workspace, channel: Channel, ts: str) -> Message:
    """The message of that ts. Raises message_not_found."""
    message = workspace.messages[channel.id].get(ts)
    if message is None:
        raise SlackError("message_not_found")
    return message


def _own(workspace: Workspace, said: Json, code: str) -> Message:
    (ts,) = needed(said, ("ts",))
    message = message_of(workspace, channel_of(workspace, said), ts)
    if not message.is_ours:
        raise SlackError(code)
    return message


def _by_us() -> Json:
    return {
        "user": BOT_USER,
        "bot_id": BOT,
        "app_id": APP,
        "team": TEAM,
        "bot_profile": {"id": BOT, "app_id": APP, "name": BOT_NAME, "team_id": TEAM},
    }


def _content(said: Json) -> Json:
    """Text, blocks and metadata that Slack would take. Raises SlackError."""
    text, blocks = str(said.get("text") or ""), said.get("blocks")
    blocks = [] if blocks in (None, "") else blocks
    if not text.strip() and not blocks and not said.get("attachments"):
        raise SlackError("no_text")
    if len(text) > MOST_TEXT:
        raise SlackError("msg_too_long")
    check_blocks(blocks)
    content: Json = {"text": text}
    if blocks:
        content["blocks"] = _with_ids(blocks)
    if said.get("attachments"):
        content["attachments"] = said["attachments"]
    return content | _metadata(said) | _unfurling(said)


def _with_ids(blocks: list[Json]) -> list[Json]:
    return [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)]


def _metadata(said: Json) -> Json:
    metadata = said.get("metadata")
    if not metadata:
        return {}
    whole = isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict)
    if not whole or not metadata.get("event_type"):
        raise SlackError("invalid_metadata_schema")
    return {"metadata": metadata}


def _unfurling(said: Json) -> Json:
    return {name: flag(said, name) for name in ("unfurl_links", "unfurl_media") if name in said}


def _in_thread(workspace: Workspace, said: Json) -> Json:
    parent = str(said.get("thread_ts") or "")
    found = workspace.messages[str(said["channel"])].get(parent)
    if found is None:
        return {}
    thread: Json = {"thread_ts": found.thread_ts}
    if flag(said, "reply_broadcast"):
        thread["subtype"] = "thread_broadcast"
    return thread
