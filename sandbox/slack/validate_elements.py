"""Interactive elements: buttons, feedback buttons, inputs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.slack.validate_text import Found, check_text, missing, too_long

Element = Mapping[str, Any]
_LIMITS = {"action_id": 255, "value": 2000, "url": 3000, "accessibility_label": 75}


def check_element(at: str, element: object) -> Iterator[Found]:
    """One element of an actions block, a section's accessory or an input."""
    if not isinstance(element, Mapping):
        yield at, "must be an object"
        return
    for name, most in _LIMITS.items():
        yield from too_long(f"{at}/{name}", element.get(name), most)
    check = _CHECKS.get(str(element.get("type")))
    if check is None:
        yield f"{at}/type", f"unsupported type: {element.get('type')}"
    else:
        yield from check(at, element)


def action_ids(thing: object) -> Iterator[object]:
    """Every action_id within; Slack wants them unique in a message."""
    if isinstance(thing, Mapping):
        if "action_id" in thing:
            yield thing["action_id"]
        for value in thing.values():
            yield from action_ids(value)
    elif isinstance(thing, Sequence) and not isinstance(thing, str):
        for item in thing:
            yield from action_ids(item)


def _button(at: str, element: Element) -> Iterator[Found]:
    yield from missing(at, element, "text")
    if "text" in element:
        yield from check_text(f"{at}/text", element["text"], 75, plain=True)
    if element.get("style") not in (None, "primary", "danger"):
        yield f"{at}/style", "must be one of primary, danger"


def _feedback(at: str, element: Element) -> Iterator[Found]:
    for name in ("positive_button", "negative_button"):
        button = element.get(name)
        if not isinstance(button, Mapping):
            yield at, f"missing required field: {name}"
            continue
        yield from missing(f"{at}/{name}", button, "text", "value")
        yield from check_text(f"{at}/{name}/text", button.get("text"), 75, plain=True)
        yield from too_long(f"{at}/{name}/value", button.get("value"), 2000)
        yield from too_long(
            f"{at}/{name}/accessibility_label", button.get("accessibility_label"), 75
        )


def _icon(at: str, element: Element) -> Iterator[Found]:
    yield from missing(at, element, "icon", "text")


def _anything(at: str, element: Element) -> Iterator[Found]:
    return iter(())


_CHECKS: Mapping[str, Callable[[str, Element], Iterator[Found]]] = {
    "button": _button,
    "feedback_buttons": _feedback,
    "icon_button": _icon,
    # Slack knows these; their insides are not checked here.
    **dict.fromkeys(
        (
            *("overflow", "static_select", "multi_static_select", "users_select", "image"),
            *("datepicker", "timepicker", "radio_buttons", "checkboxes"),
            *("plain_text_input", "number_input", "url_text_input", "email_text_input"),
        ),
        _anything,
    ),
}
