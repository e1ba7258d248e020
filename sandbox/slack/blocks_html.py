"""Block Kit as HTML, the way Slack's client lays it out."""

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.slack.mrkdwn import Around, mrkdwn_html, plain_html
from sandbox.slack.rich_text_html import rich_text_html

Block = Mapping[str, Any]


def blocks_html(blocks: Sequence[Block], around: Around) -> str:
    """All blocks, one element each; a type unknown here is named, not dropped."""
    return "".join(_block(block, around) for block in blocks)


def text_html(text: object, around: Around) -> str:
    """A text object."""
    if not isinstance(text, Mapping):
        return ""
    said = str(text.get("text", ""))
    return mrkdwn_html(said, around) if text.get("type") == "mrkdwn" else plain_html(said)


def _block(block: Block, around: Around) -> str:
    kind = str(block.get("type"))
    render = _RENDER.get(kind)
    if render is None:
        return f'<div class="block unknown">[{html.escape(kind)}]</div>'
    return f'<div class="block {kind}">{render(block, around)}</div>'


def _section(block: Block, around: Around) -> str:
    text = f'<div class="text">{text_html(block["text"], around)}</div>' if "text" in block else ""
    fields = "".join(
        f'<div class="field">{text_html(field, around)}</div>' for field in block.get("fields", ())
    )
    accessory = _element(block["accessory"], around) if block.get("accessory") else ""
    return text + (f'<div class="fields">{fields}</div>' if fields else "") + accessory


def _context(block: Block, around: Around) -> str:
    return "".join(
        f"<span>{_picture(e) if e.get('type') == 'image' else text_html(e, around)}</span>"
        for e in block.get("elements", ())
    )


def _actions(block: Block, around: Around) -> str:
    return "".join(_element(element, around) for element in block.get("elements", ()))


def _header(block: Block, around: Around) -> str:
    return f"<h3>{text_html(block.get('text'), around)}</h3>"


def _picture(block: Block) -> str:
    # The page loads nothing from outside: the picture's description stands for it.
    return f'<span class="picture">[{html.escape(str(block.get("alt_text", "")))}]</span>'


def _input(block: Block, around: Around) -> str:
    element, ids = block.get("element", {}), _data(block_id=block.get("block_id", ""))
    about = _data(action_id=element.get("action_id", ""), kind=element.get("type", ""))
    longest = f' maxlength="{int(element["max_length"])}"' if "max_length" in element else ""
    label = f"<label>{text_html(block.get('label'), around)}</label>"
    tag = "textarea" if element.get("multiline") else "input"
    return f"{label}<{tag} class=answer{ids}{about}{longest}></{tag}>"


def _element(element: Block, around: Around) -> str:
    kind = element.get("type")
    if kind == "button":
        return _button(element, around)
    if kind == "feedback_buttons":
        return "".join(
            _press(element.get(name, {}), element.get("action_id"), mark, around)
            for name, mark in (("positive_button", "👍"), ("negative_button", "👎"))
        )
    return f'<span class="unknown">[{html.escape(str(kind))}]</span>'


def _button(element: Block, around: Around) -> str:
    url = str(element.get("url") or "")
    if url.startswith(("http://", "https://")):
        label = text_html(element.get("text"), around)
        style = element.get("style", "")
        address = html.escape(url)
        return (
            f'<a class="button {html.escape(str(style))}" href="{address}" title="{address}" '
            f'target="_blank" rel="noopener noreferrer">{label}</a>'
        )
    return _press(element, element.get("action_id"), "", around)


def _press(element: Block, action_id: object, mark: str, around: Around) -> str:
    ids = _data(action_id=action_id, value=element.get("value", ""))
    said = html.escape(str(element.get("accessibility_label") or ""))
    label = f' aria-label="{said}" title="{said}"' if said else ""
    style = html.escape(str(element.get("style", "")))
    text = text_html(element.get("text"), around)
    return f'<button class="button {style}"{ids}{label}>{mark and mark + " "}{text}</button>'


def _data(**values: object) -> str:
    return "".join(
        f' data-{name.replace("_", "-")}="{html.escape(str(value or ""))}"'
        for name, value in values.items()
    )


_RENDER: Mapping[str, Callable[[Block, Around], str]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "header": _header,
    "divider": lambda block, around: "<hr>",
    "image": lambda block, around: _picture(block),
    "input": _input,
    "markdown": lambda block, around: mrkdwn_html(str(block.get("text", "")), around),
    "rich_text": rich_text_html,
}
