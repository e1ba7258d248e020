"""A Slack event to its pieces of text, each with its place, each said once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bridge.alert.slack_text import Links, html, mrkdwn, plain

# Slack cuts messages at 40,000 characters; expressions are tried a line at a time, so lines
# have an end as well, and the cost stays linear.
MOST_TEXT = 6_000
MOST_END = 2_000
MOST_IN_ALL = 12_000
MOST_LINE = 500
_RUN = re.compile(r"([^\w\s])\1{11,}")
_LONG = re.compile(rf"([^\n]{{{MOST_LINE}}})(?=[^\n])")
MOST_PIECES = 400
MOST_DEPTH = 20
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """One piece of a message: plain text with link marks, and the title that names it, if any.

    `quoted` text belongs to someone else (a log snippet, a file's preview) and supplies no ids.
    """

    place: str
    text: str
    label: str = ""
    heading: bool = False
    quoted: bool = False


@dataclass
class Content:
    """All that a message shows, flat."""

    pieces: list[Piece] = field(default_factory=list)
    links: Links = field(default_factory=Links)
    colors: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, place: str, text: object, reader: Any = mrkdwn, **notes: Any) -> None:  # noqa: ANN401 - notes are Piece's own fields
        """Keep a text unless it is empty or was said before."""
        if not isinstance(text, str) or len(self.pieces) >= MOST_PIECES:
            return
        text = _RUN.sub(lambda m: m[1] * 12, _ends(text))
        read = _LONG.sub(r"\1\n", reader(text, self.links).strip("\n"))
        if read.strip() and self.length < MOST_IN_ALL:
            self.length += len(read)
            self.pieces.append(Piece(place, read, **notes))


def _ends(text: str) -> str:
    """A text's beginning and its end; what is between says nothing that an alert needs."""
    if len(text) <= MOST_TEXT + MOST_END:
        return text
    return f"{text[:MOST_TEXT]}\n{text[-MOST_END:]}"


def flatten(event: Json) -> Content:
    """Text, blocks, attachments and files of an event, in the order a reader meets them."""
    content = Content()
    content.add("text", event.get("text"), heading=True)
    for place, block in _each(event, "blocks"):
        _block(place, block, content, 0)
    for place, attachment in _each(event, "attachments"):
        _attachment(place, attachment, content)
    for place, file in _each(event, "files"):
        _file(place, file, content)
    return content


def _each(thing: Json, key: str, place: str = "") -> Iterator[tuple[str, Json]]:
    inner = thing.get(key)
    for number, item in enumerate(inner if isinstance(inner, list) else []):
        if isinstance(item, Mapping):
            yield f"{place}{'.' if place else ''}{key}[{number}]", item


def _attachment(place: str, attachment: Json, content: Content) -> None:
    # What a link unfolds to, or a message someone shared, is not what this message says.
    if any(attachment.get(k) for k in ("is_msg_unfurl", "is_app_unfurl", "from_url", "is_share")):
        return
    if isinstance(attachment.get("color"), str):
        content.colors.append(attachment["color"].lstrip("#").lower())
    content.add(f"{place}.pretext", attachment.get("pretext"), heading=True)
    content.add(f"{place}.author_name", attachment.get("author_name"))
    _titled(place, attachment, content)
    content.add(f"{place}.text", attachment.get("text"))
    for where, item in _each(attachment, "fields", place):
        _field(where, item, content)
    for where, block in _each(attachment, "blocks", place):
        _block(where, block, content, 0)
    for where, action in _each(attachment, "actions", place):
        _button(where, action, content)
    content.add(f"{place}.footer", attachment.get("footer"))
    _fallback(place, attachment, content)


def _titled(place: str, attachment: Json, content: Content) -> None:
    title, link = attachment.get("title"), attachment.get("title_link")
    if isinstance(link, str) and link.startswith("http"):
        title = f"{title if isinstance(title, str) else ''} <{link}>"
    content.add(f"{place}.title", title, heading=True)


def _fallback(place: str, attachment: Json, content: Content) -> None:
    fallback = attachment.get("fallback")
    if isinstance(fallback, str) and fallback.lower() not in ("[no preview available]", "details"):
        content.add(f"{place}.fallback", fallback)


def _field(place: str, item: Json, content: Content) -> None:
    title = item.get("title")
    if isinstance(title, str) and title.strip():
        content.add(place, item.get("value"), label=mrkdwn(title, content.links))
    else:
        content.add(place, item.get("value"))


def _button(place: str, action: Json, content: Content) -> None:
    url, text = action.get("url"), action.get("text")
    label = text.get("text") if isinstance(text, Mapping) else text
    if isinstance(url, str) and url.startswith("http"):
        content.add(place, f"{label if isinstance(label, str) else ''} <{url}>", label="(button)")


def _block(place: str, block: Json, content: Content, depth: int) -> None:
    if depth > MOST_DEPTH:
        return
    kind = block.get("type")
    if kind == "rich_text":
        content.add(place, rich_text(block, content.links), reader=_as_it_is)
    elif kind == "table":
        content.add(place, _table(block, content.links), reader=_as_it_is)
    else:
        _texts(place, block, content, depth)


def _texts(place: str, block: Json, content: Content, depth: int) -> None:
    if block.get("type") == "button" or ("url" in block and "text" in block):
        _button(place, block, content)
        return
    heading = block.get("type") in ("header", "card", "alert")
    for key in ("title", "subtitle", "text", "body", "alt_text"):
        _object(f"{place}.{key}", block.get(key), content, heading=heading)
    for key in ("fields", "elements", "blocks", "actions"):
        for where, item in _each(block, key, place):
            _inner(where, item, content, depth + 1)
    if isinstance(block.get("accessory"), Mapping):
        _texts(f"{place}.accessory", block["accessory"], content, depth + 1)


def _inner(place: str, item: Json, content: Content, depth: int) -> None:
    if item.get("type") in ("mrkdwn", "plain_text"):
        _object(place, item, content, heading=False)
    else:
        _block(place, item, content, depth)


def _object(place: str, text: object, content: Content, *, heading: bool) -> None:
    if isinstance(text, Mapping):
        text = text.get("text")
    content.add(place, text, heading=heading)


def _as_it_is(text: str, _links: Links) -> str:
    return text


def rich_text(element: Json, links: Links, depth: int = 0) -> str:
    """A rich_text tree as text, with bold, code and quotes in mrkdwn's marks."""
    if depth > MOST_DEPTH:
        return ""
    kind = element.get("type")
    inner = element.get("elements")
    parts = (
        [rich_text(e, links, depth + 1) for e in inner if isinstance(e, Mapping)]
        if isinstance(inner, list)
        else []
    )
    if kind == "rich_text":
        return "\n".join(part.strip("\n") for part in parts)
    if kind == "rich_text_preformatted":
        return "```" + "".join(parts) + "```"
    if kind == "rich_text_quote":
        return "\n".join("> " + line for line in "".join(parts).split("\n"))
    if kind == "rich_text_list":
        return "\n".join("• " + part for part in parts)
    return "".join(parts) if parts else _leaf(element, links)


def _leaf(element: Json, links: Links) -> str:
    text = element.get("text")
    text = text if isinstance(text, str) else ""
    if element.get("type") == "link" and isinstance(element.get("url"), str):
        url = element["url"]
        return mrkdwn(f"<{url}|{text}>" if text else f"<{url}>", links)
    if element.get("type") == "emoji":
        return f":{element.get('name')}:"
    if element.get("type") == "date":
        return str(element.get("fallback") or "")
    style = element.get("style")
    return _styled(plain(text, links), style if isinstance(style, Mapping) else {})


def _styled(text: str, style: Json) -> str:
    bare = text.strip()
    if not bare:
        return text
    mark = "`" if style.get("code") else "*" if style.get("bold") else ""
    return text.replace(bare, f"{mark}{bare}{mark}", 1) if mark else text


def _table(block: Json, links: Links) -> str:
    rows = block.get("rows")
    kept = [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    return "\n".join(f"| {' | '.join(_cell(c, links) for c in row)} |" for row in kept)


def _cell(cell: object, links: Links) -> str:
    if not isinstance(cell, Mapping):
        return ""
    if cell.get("type") == "rich_text":
        return rich_text(cell, links)
    text = cell.get("text")
    return plain(text, links) if isinstance(text, str) else ""


def _file(place: str, file: Json, content: Content) -> None:
    mail = file.get("filetype") == "email" or file.get("mode") == "email"
    subject = file.get("subject") if mail else None
    content.add(f"{place}.title", subject or file.get("title") or file.get("name"), heading=mail)
    body = file.get("plain_text") or file.get("preview_plain_text") or file.get("preview")
    if mail:
        content.add(f"{place}.body", body, reader=html)
    else:
        content.add(f"{place}.preview", body, reader=plain, quoted=True)
