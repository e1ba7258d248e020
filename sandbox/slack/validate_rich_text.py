"""rich_text blocks: sections, lists, quotes and preformatted text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.slack.validate_text import Found, missing

_CONTAINERS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")
_INLINE = {
    "text": ("text",),
    "link": ("url",),
    "emoji": ("name",),
    "user": ("user_id",),
    "usergroup": ("usergroup_id",),
    "channel": ("channel_id",),
    "date": ("timestamp", "format"),
    "broadcast": ("range",),
    "color": ("value",),
}
_STYLES = {
    "bold",
    "italic",
    "strike",
    "code",
    "underline",
    "highlight",
    "client_highlight",
    "unlink",
}


def check_rich_text(at: str, block: Mapping[str, Any]) -> Iterator[Found]:
    """A whole rich_text block."""
    if not isinstance(block.get("elements"), Sequence):
        yield at, "missing required field: elements"
        return
    for number, element in enumerate(block["elements"]):
        yield from _container(f"{at}/elements/{number}", element)


def _container(at: str, element: object) -> Iterator[Found]:
    kind = element.get("type") if isinstance(element, Mapping) else None
    if not isinstance(element, Mapping) or kind not in (*_CONTAINERS, "rich_text_list"):
        yield f"{at}/type", f"unsupported type: {kind}"
        return
    if not isinstance(element.get("elements"), Sequence):
        yield at, "missing required field: elements"
        return
    if kind == "rich_text_list" and element.get("style") not in ("bullet", "ordered"):
        yield f"{at}/style", "must be one of bullet, ordered"
    for number, inner in enumerate(element["elements"]):
        here = f"{at}/elements/{number}"
        yield from (_item(here, inner) if kind == "rich_text_list" else _inline(here, inner))


def _item(at: str, inner: object) -> Iterator[Found]:
    if not isinstance(inner, Mapping) or inner.get("type") != "rich_text_section":
        yield f"{at}/type", "a list holds rich_text_section elements only"
        return
    yield from _container(at, inner)


def _inline(at: str, inner: object) -> Iterator[Found]:
    kind = str(inner.get("type")) if isinstance(inner, Mapping) else ""
    if not isinstance(inner, Mapping) or kind not in _INLINE:
        yield f"{at}/type", f"unsupported type: {kind}"
        return
    yield from missing(at, inner, *_INLINE[kind])
    style = inner.get("style", {})
    if not isinstance(style, Mapping):
        yield f"{at}/style", "must be an object"
    else:
        for name in sorted(style.keys() - _STYLES):
            yield f"{at}/style", f"invalid additional property: {name}"
