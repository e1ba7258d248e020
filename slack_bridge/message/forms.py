"""A message as chat.postMessage and chat.update take it, in ever plainer forms."""

from typing import Any

from slack_bridge.message.message import Message, plainest, simpler
from slack_bridge.message.safe_message import locked


def forms(message: Message) -> list[Message]:
    """The message, then in plain sections, then as text alone; each once."""
    if not message.blocks:
        return [message]
    return [message, simpler(message), plainest(message)]


def content(message: Message) -> dict[str, Any]:  # Any: Slack's JSON
    """Its arguments: it mentions no one, unfurls nothing, and Slack reads no names in it."""
    safe = locked(message)
    quiet = {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}
    return {"text": safe.text, "blocks": safe.blocks, **quiet}
