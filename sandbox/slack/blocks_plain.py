"""Block Kit for a terminal: the same words in the same order, without marks."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.slack.controls import unescape
from sandbox.slack.mrkdwn import Around, mrkdwn_plain
from sandbox.slack.rich_text_html import inline_text

Block = Mapping[str, Any]


def message_plain(body: Block, around: Around, width: int = 100) -> list[str]:
    """A message's lines: its blocks where it has some, else its text, then attachments."""
    blocks = body.get("blocks")
    lines = _blocks(blocks, around) if blocks else _text(body.get("text"), around)
    lines += [line for a in body.get("attachments") or () for line in _attachment(a, around)]
    return [part for line in lines for part in _wrapped(line, width)]


def _blocks(blocks: Sequence[Block], around: Around) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        render = _RENDER.get(str(block.get("type")))
        lines += list(render(block, around)) if render else [f"[{block.get('type')}]"]
    return lines


def _text(said: object, around: Around) -> list[str]:
    """A text object or bare mrkdwn as lines."""
    if isinstance(said, Mapping):
        text = str(said.get("text", ""))
        plain = said.get("type") == "plain_text"
        return (unescape(text) if plain else mrkdwn_plain(text, around)).split("\n")
    return mrkdwn_plain(str(said or ""), around).split("\n")


def _section(block: Block, around: Around) -> Iterator[str]:
    if "text" in block:
        yield from _text(block["text"], around)
    for field in block.get("fields", ()):
        # A label above its value in Slack; beside it here.
        label, *value = _text(field, around)
        mark = ":" if value and not label.endswith("?") else ""
        yield f"  {label + mark:<16} {' '.join(value)}".rstrip()


def _context(block: Block, around: Around) -> Iterator[str]:
    for element in block.get("elements", ()):
        yield from (_text(element, around) if "text" in element else [])


def _actions(block: Block, around: Around) -> Iterator[str]:
    labels = [label for e in block.get("elements", ()) for label in _labels(e, around)]
    yield " ".join(f"[{label}]" for label in labels)


def _labels(element: Block, around: Around) -> Iterator[str]:
    if element.get("type") == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            yield from _text(element.get(name, {}).get("text"), around)
    else:
        yield from _text(element.get("text"), around)


def _rich_text(block: Block, around: Around) -> Iterator[str]:
    for element in block.get("elements", ()):
        kind = element.get("type")
        if kind == "rich_text_list":
            yield from _list(element, around)
            continue
        mark = {"rich_text_preformatted": "  | ", "rich_text_quote": "> "}.get(str(kind), "")
        yield from (mark + line for line in _inline(element, around).split("\n"))


def _list(element: Block, around: Around) -> Iterator[str]:
    ordered, indent = element.get("style") == "ordered", "  " * int(element.get("indent") or 0)
    start = int(element.get("offset") or 0) + 1
    for number, item in enumerate(element.get("elements", ()), start):
        yield f"{indent}{f'{number}.' if ordered else '-'} {_inline(item, around)}"


def _inline(element: Block, around: Around) -> str:
    return "".join(inline_text(e, around) for e in element.get("elements", ()))


def _attachment(attachment: Block, around: Around) -> Iterator[str]:
    for name in ("pretext", "title", "text"):
        if attachment.get(name):
            yield from ("  " + line for line in _text(attachment[name], around))
    for field in attachment.get("fields") or ():
        yield f"  {field.get('title', '')}: {' '.join(_text(field.get('value'), around))}"
    yield from ("  " + line for line in _blocks(attachment.get("blocks") or (), around))


def _wrapped(line: str, width: int) -> list[str]:
    """Long prose is wrapped; log lines stay whole, so that they can be copied."""
    if line.startswith("  | ") or len(line) <= width:
        return [line]
    hanging = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, width, subsequent_indent=hanging, break_long_words=False)


_RENDER: Mapping[str, Callable[[Block, Around], Iterator[str]]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "header": lambda block, around: iter(_text(block.get("text"), around)),
    "divider": lambda block, around: iter(["-" * 40]),
    "image": lambda block, around: iter([f"[{block.get('alt_text', 'image')}]"]),
    "markdown": lambda block, around: iter(str(block.get("text", "")).split("\n")),
    "rich_text": _rich_text,
}
