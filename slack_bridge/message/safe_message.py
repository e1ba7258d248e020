"""The last lock before Slack: no message mentions anyone or links to an unknown host."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bridge.blocks import Message
from slack_bridge.message.text import is_trusted

_ENTITY = re.compile(r"<([^<>\n]*)>")
_URL = re.compile(r"https?://[^\s<>|\"'`)\]]+", re.IGNORECASE)
_DATE = re.compile(r"!date\^\d+\^[^|^]*\|[^|]*")
# Elements of rich text that call people, and those that stand for a place.
_CALLS = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range"}
_PLACES = {"channel": "channel_id", "team": "team_id"}
Json = dict[str, Any]  # Any: Block Kit's JSON


def locked(message: Message) -> Message:
    """The same message without mentions and without links to unknown hosts."""
    return Message(_mrkdwn(message.text), _list(message.blocks))


def _list(things: list[Any]) -> list[Any]:
    kept = (_thing(thing) for thing in things)
    return [thing for thing in kept if thing is not None]


def _thing(thing: Any) -> Any:  # noqa: ANN401 - Block Kit's JSON
    if isinstance(thing, list):
        return _list(thing)
    if not isinstance(thing, Mapping):
        return thing
    kind = thing.get("type")
    if kind == "mrkdwn":
        # Verbatim: Slack makes no links and no mentions of its own.
        return {**thing, "text": _mrkdwn(str(thing.get("text", ""))), "verbatim": True}
    if kind in _CALLS or kind in _PLACES:
        name = thing.get((_CALLS | _PLACES)[kind], "")
        return {"type": "text", "text": str(name) or "?"}
    return _addressed(dict(thing))


def _addressed(thing: Json) -> Json | None:
    addresses = [thing[name] for name in ("url", "image_url", "title_url") if name in thing]
    if all(is_trusted(str(address)) for address in addresses):
        inner = {name: _thing(value) for name, value in thing.items()}
        return None if inner.get("elements") == [] else inner
    if thing.get("type") == "link":
        return {"type": "text", "text": str(thing.get("text") or _bare(thing["url"]))}
    return None


def _mrkdwn(text: str) -> str:
    parts = []
    for number, part in enumerate(_ENTITY.split(text)):
        # A bracket left over must not become half of a new entity.
        plain = _URL.sub(_unlinked, part).replace("<", "&lt;")
        parts.append(_entity(part) if number % 2 else plain)
    return "".join(parts)


def _entity(said: str) -> str:
    if _DATE.fullmatch(said):
        return f"<{said}>"
    target, _, label = said.partition("|")
    if target[:1] in ("!", "@", "#"):
        return label.lstrip("@#") or target.lstrip("!@#").replace("^", " ")
    if is_trusted(target.replace("&amp;", "&")):
        return f"<{said}>"
    return label or _bare(target)


def _unlinked(found: re.Match[str]) -> str:
    return found[0] if is_trusted(found[0].replace("&amp;", "&")) else _bare(found[0])


def _bare(address: object) -> str:
    return re.sub(r"^\w+:(//)?", "", str(address))
