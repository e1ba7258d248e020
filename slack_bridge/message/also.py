"""Alerts that share a cause with a diagnosis: named and linked under it, as many as fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_bridge.message.message import MOST_SECTION, Block, section
from slack_bridge.message.text import code, escaped, is_trusted, plain
from slack_bridge.message.wording import say

# Sections of linked names: a storm's list is long, but not endless.
MOST_SECTIONS = 2
# Kept for "and 123 more".
REST = 60


@dataclass(frozen=True)
class Also:
    """Alerts of one label: how many there were, and the address of the newest ("": unknown)."""

    label: str
    url: str = ""
    count: int = 1


def also_blocks(also: Sequence[Also], room: int, *, known: bool = True) -> list[Block]:
    """How often the cause came again, and where, in at most `room` characters.

    The order is kept; what does not fit is counted. `known` is False when no cause is known, so
    that only their coming at once is common to them.
    """
    total = sum(one.count for one in also)
    if not total:
        return []
    kind = "" if known else "unread_"
    head = say(f"also.{kind}one" if total == 1 else f"also.{kind}many", count=total)
    return [section(text) for text in _packed(head, also, min(room, MOST_SECTIONS * MOST_SECTION))]


def linked(one: Also) -> str:
    """Its name as a link where the address is trusted, how often where more than once."""
    name = escaped(plain(one.label, 120)).replace("|", "/").replace("`", "'")
    shown = f"<{escaped(one.url)}|{name}>" if is_trusted(one.url) and name else code(one.label, 120)
    return shown if one.count == 1 else say("also.times", name=shown, count=one.count)


def _packed(head: str, also: Sequence[Also], room: int) -> list[str]:
    texts, used, left = [head], len(head), list(also)
    while left:
        entry = linked(left[0])
        if used + len(entry) + REST > room:
            break
        gap = "" if texts[-1] in (head, "") else ", "
        texts[-1] += f"{gap or ' '}{entry}" if texts[-1] else entry
        used += len(entry) + 2
        left.pop(0)
        if left and len(texts[-1]) + len(linked(left[0])) + REST > MOST_SECTION:
            texts.append("")
    texts = [text for text in texts if text]
    rest = sum(one.count for one in left)
    return [*texts[:-1], texts[-1] + (" " + say("also.more", count=rest) if rest else ".")]
