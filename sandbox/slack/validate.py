"""What Slack refuses in a message's blocks, with the JSON pointer of each fault.

Limits are those of Slack's Block Kit reference; the total comes from bolt-js issue 2509.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.slack.errors import SlackError, invalid_blocks
from sandbox.slack.validate_elements import action_ids, check_element
from sandbox.slack.validate_rich_text import check_rich_text
from sandbox.slack.validate_text import Found, check_text, missing, too_long, too_many

MOST_BLOCKS = 50
MOST_IN_ALL = 13_000
MOST_MARKDOWN = 12_000
Block = Mapping[str, Any]


def check_blocks(blocks: object, *, surface: str = "message") -> None:
    """Raise SlackError unless Slack would take these blocks on this surface (message, modal)."""
    if not isinstance(blocks, Sequence) or isinstance(blocks, str):
        raise SlackError("invalid_blocks_format")
    wrong = [f"{text} [json-pointer:{at}]" for at, text in _faults(blocks, surface)]
    if wrong:
        raise invalid_blocks(wrong)
    if sum(_texts(blocks)) > MOST_IN_ALL:
        raise SlackError("msg_blocks_too_long")


def _faults(blocks: Sequence[object], surface: str) -> Iterator[Found]:
    most = MOST_BLOCKS if surface == "message" else 100
    yield from too_many("/blocks", blocks, most)
    for number, block in enumerate(blocks):
        at = f"/blocks/{number}"
        if not isinstance(block, Mapping):
            yield at, "must be an object"
            continue
        yield from too_long(f"{at}/block_id", block.get("block_id"), 255)
        yield from _checked(at, block, surface)
    yield from _repeated("block_id", [b.get("block_id") for b in blocks if isinstance(b, Mapping)])
    yield from _repeated("action_id", list(action_ids(blocks)))


def _checked(at: str, block: Block, surface: str) -> Iterator[Found]:
    kind = block.get("type")
    check = CHECKS.get(str(kind))
    if check is None or (kind == "input" and surface == "message"):
        yield f"{at}/type", f"unsupported type: {kind}"
    else:
        yield from check(at, block)


def _repeated(name: str, ids: Sequence[object]) -> Iterator[Found]:
    for value, count in Counter(i for i in ids if i).items():
        if count > 1:
            yield "/blocks", f"{name} {json.dumps(value)} already exists"


def _section(at: str, block: Block) -> Iterator[Found]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield at, "missing required field: text"
    if "text" in block:
        yield from check_text(f"{at}/text", block["text"], 3000)
    yield from too_many(f"{at}/fields", fields or (), 10)
    for number, text in enumerate(fields or ()):
        yield from check_text(f"{at}/fields/{number}", text, 2000)
    if "accessory" in block:
        yield from check_element(f"{at}/accessory", block["accessory"])


def _context(at: str, block: Block) -> Iterator[Found]:
    elements = block.get("elements")
    yield from missing(at, block, "elements")
    yield from too_many(f"{at}/elements", elements or (), 10)
    for number, element in enumerate(elements or ()):
        here = f"{at}/elements/{number}"
        if isinstance(element, Mapping) and element.get("type") == "image":
            yield from missing(here, element, "image_url", "alt_text")
        else:
            yield from check_text(here, element, 3000)


def _actions(at: str, block: Block) -> Iterator[Found]:
    elements = block.get("elements")
    yield from missing(at, block, "elements")
    yield from too_many(f"{at}/elements", elements or (), 25)
    for number, element in enumerate(elements or ()):
        yield from check_element(f"{at}/elements/{number}", element)


def _context_actions(at: str, block: Block) -> Iterator[Found]:
    elements = block.get("elements")
    yield from missing(at, block, "elements")
    yield from too_many(f"{at}/elements", elements or (), 5)
    for number, element in enumerate(elements or ()):
        here = f"{at}/elements/{number}"
        allowed = ("feedback_buttons", "icon_button")
        if not isinstance(element, Mapping) or element.get("type") not in allowed:
            yield here, "unsupported type in context_actions"
        else:
            yield from check_element(here, element)


def _header(at: str, block: Block) -> Iterator[Found]:
    yield from missing(at, block, "text")
    if "text" in block:
        yield from check_text(f"{at}/text", block["text"], 150, plain=True)


def _image(at: str, block: Block) -> Iterator[Found]:
    yield from missing(at, block, "alt_text")
    if not block.get("image_url") and not block.get("slack_file"):
        yield at, "missing required field: image_url"


def _input(at: str, block: Block) -> Iterator[Found]:
    yield from missing(at, block, "label", "element")
    if "label" in block:
        yield from check_text(f"{at}/label", block["label"], 2000, plain=True)
    if "element" in block:
        yield from check_element(f"{at}/element", block["element"])


def _markdown(at: str, block: Block) -> Iterator[Found]:
    yield from missing(at, block, "text")
    yield from too_long(f"{at}/text", block.get("text"), MOST_MARKDOWN)


def _anything(at: str, block: Block) -> Iterator[Found]:
    return iter(())


CHECKS: Mapping[str, Callable[[str, Block], Iterator[Found]]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "header": _header,
    "divider": _anything,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": check_rich_text,
    # Slack knows these; their insides are not checked here.
    "table": _anything,
    "video": _anything,
    "plan": _anything,
    "task_card": _anything,
}


def _texts(thing: object) -> Iterator[int]:
    """Lengths of what a reader sees."""
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            if key == "text" and isinstance(value, str):
                yield len(value)
            else:
                yield from _texts(value)
    elif isinstance(thing, Sequence) and not isinstance(thing, str):
        for item in thing:
            yield from _texts(item)
