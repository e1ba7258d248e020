"""rich_text blocks as HTML: text is never parsed for marks here, only styled as it says."""

import html
from collections.abc import Mapping
from typing import Any

from sandbox.slack.controls import shown_date
from sandbox.slack.mrkdwn import Around, emoji, link_html

Element = Mapping[str, Any]
_TAGS = {"bold": "b", "italic": "i", "strike": "s", "underline": "u", "code": "code"}


def rich_text_html(block: Element, around: Around) -> str:
    """A whole rich_text block."""
    return "".join(_container(element, around) for element in block.get("elements", ()))


def _container(element: Element, around: Around) -> str:
    kind = element.get("type")
    if kind == "rich_text_list":
        return _list(element, around)
    inner = "".join(_inline(e, around) for e in element.get("elements", ()))
    if kind == "rich_text_preformatted":
        return f"<pre>{inner}</pre>"
    if kind == "rich_text_quote":
        return f"<blockquote>{_broken(inner)}</blockquote>"
    return f'<div class="line">{_broken(inner)}</div>'


def _list(element: Element, around: Around) -> str:
    tag = "ol" if element.get("style") == "ordered" else "ul"
    start = int(element.get("offset") or 0) + 1
    numbered = f' start="{start}"' if tag == "ol" and start > 1 else ""
    items = "".join(f"<li>{_container(item, around)}</li>" for item in element.get("elements", ()))
    return f'<{tag}{numbered} class="indent{int(element.get("indent") or 0)}">{items}</{tag}>'


def _inline(element: Element, around: Around) -> str:
    said = html.escape(inline_text(element, around))
    if element.get("type") == "link":
        said = link_html(str(element.get("url", "")), said)
    elif element.get("type") in ("user", "channel", "usergroup", "broadcast"):
        said = f'<span class="mention">{said}</span>'
    styles = element.get("style") or {}
    for name, tag in _TAGS.items():
        if styles.get(name):
            said = f"<{tag}>{said}</{tag}>"
    return said


def inline_text(element: Element, around: Around) -> str:
    """What a reader sees of one inline element, unescaped."""
    kind = str(element.get("type"))
    if kind == "link":
        return str(element.get("text") or element.get("url", ""))
    if kind == "emoji":
        return emoji(str(element.get("name", "")))
    if kind == "date":
        layout = str(element.get("format") or "{date_num} {time}")
        return shown_date(int(element.get("timestamp") or 0), layout, around.now)
    for name, mark in (
        ("user_id", "@"),
        ("channel_id", "#"),
        ("usergroup_id", "@"),
        ("range", "@"),
    ):
        if name in element:
            return mark + around.names.get(element[name], str(element[name]))
    return str(element.get("text", ""))


def _broken(inner: str) -> str:
    return inner.replace("\n", "<br>")
