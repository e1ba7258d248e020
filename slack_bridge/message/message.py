"""A Slack message, its small parts, and what is left of it when Slack refuses the blocks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_bridge.message.text import code, escaped, fitted

# Slack's limits. A message over about 13,000 characters fails with msg_blocks_too_long.
MOST_BLOCKS = 50
MOST_SECTION = 3_000
MOST_FIELD = 2_000
MOST_IN_ALL = 12_500
MOST_TEXT = 3_900
Block = dict[str, Any]  # Any: JSON as Block Kit defines it


@dataclass(frozen=True)
class Message:
    """`text` is the answer alone (notifications, text-only clients); `blocks` may be empty.

    Send it with unfurling off and without parsing of names; both are mrkdwn that is safe already.
    """

    text: str
    blocks: list[Block]

    @property
    def size(self) -> int:
        """Characters as Slack counts them."""
        return len(json.dumps(self.blocks, ensure_ascii=False)) + len(self.text)


def mrkdwn(text: str) -> Block:
    """A text object; verbatim: Slack makes no links or mentions of its own."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str) -> Block:
    """A section of at most MOST_SECTION characters of safe mrkdwn."""
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    """Small grey print of safe mrkdwn."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def button(action_id: str, text: str, label: str, **more: str) -> Block:
    """A button; `more` is its url or value."""
    face = {"type": "plain_text", "text": text[:75]}
    return {"type": "button", "action_id": action_id, "text": face} | {
        "accessibility_label": label[:75],
        **more,
    }


def simpler(message: Message) -> Message:
    """The same message in plain sections, for when Slack refuses the blocks."""
    return Message(message.text, [section(t) for t in _packed(_lines(message), MOST_SECTION)])


def plainest(message: Message) -> Message:
    """The same message as text alone, for when Slack refuses even plain sections."""
    return Message(next(iter(_packed(_lines(message), MOST_TEXT)), message.text), [])


def _lines(message: Message) -> list[str]:
    return [line for block in message.blocks for line in _flat(block) if line]


def _flat(block: Block) -> list[str]:
    if block["type"] == "rich_text":
        return [line for part in block["elements"] for line in _rich(part)]
    if block["type"] == "context":
        return [part["text"] for part in block["elements"]]
    parts = [block["text"]] if "text" in block else []
    parts += block.get("fields", [])
    return [part["text"].replace("*\n", ":* ", 1).replace("?:*", "?*") for part in parts]


def _rich(part: Block) -> list[str]:
    if part["type"] == "rich_text_list":
        return [f"• {line}" for item in part["elements"] for line in _rich(item)]
    # Foreign words may stand here: code keeps Slack from reading them.
    words = "".join(element.get("text", "") for element in part["elements"]).replace("`", "'")
    if part["type"] == "rich_text_preformatted":
        return [fitted(lambda some: f"```{escaped(some)}```", words, MOST_SECTION)]
    bold = all(element.get("style", {}).get("bold") for element in part["elements"])
    return [f"*{escaped(words)}*" if bold else code(words, MOST_FIELD)]


def _packed(lines: Sequence[str], most: int) -> list[str]:
    """Lines joined into as few texts of at most `most` characters as hold them."""
    packed: list[str] = []
    for line in lines:
        if packed and len(packed[-1]) + len(line) + 1 <= most:
            packed[-1] += f"\n{line}"
        else:
            packed.append(line)
    return packed
