"""Pieces of a message brought into one shape before labels are read: label and value together."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from slack_bridge.alert.anchors import STRONG, bare_label
from slack_bridge.alert.flatten import Piece
from slack_bridge.alert.vocabulary import Vocabulary, key

MOST_DEPTH = 6
# Objects that hold other people's ids.
_QUOTED = frozenset(
    {"params", "conf", "payload", "config", "kwargs", "opkwargs", "xcom", "upstream"}
)


def joined(pieces: list[Piece], words: Vocabulary) -> Iterator[Piece]:
    """A label alone in a field, and the value alone in the next one, become one piece."""
    waiting: Piece | None = None
    for piece in pieces:
        if waiting is not None:
            if _belongs(
                waiting, piece, words.labels.get(key(bare_label(waiting.text)))
            ) and not _is_label(piece, words):
                yield replace(piece, label=bare_label(waiting.text))
                waiting = None
                continue
            yield waiting
            waiting = None
        if _is_label(piece, words):
            waiting = piece
        else:
            yield piece
    if waiting is not None:
        yield waiting


def _is_label(piece: Piece, words: Vocabulary) -> bool:
    bare = bare_label(piece.text)
    return (
        not piece.label
        and not piece.quoted
        and len(bare) < 40
        and "\n" not in piece.text.strip()
        and words.labels.get(key(bare)) is not None
    )


def _belongs(label: Piece, value: Piece, named: str | None) -> bool:
    """Whether two pieces are neighbours in one list, or the title and text of one attachment."""
    if value.label or value.quoted:
        return False
    if named in STRONG and "\n" in value.text.strip():
        # `DAG Failure Alert` is a title here, and below it stand the labels.
        return False
    here, there = label.place.rpartition("["), value.place.rpartition("[")
    if here[0] == there[0] and here[0].endswith(("fields", "elements")):
        return True
    return label.place.removesuffix(".title") + ".text" == value.place


def json_pieces(text: str, place: str) -> list[Piece] | None:
    """A JSON object as labelled pieces; None when `text` is no JSON object."""
    text = text.strip()
    if not text.startswith(("{", "[")) or '"' not in text:
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return list(_of(said, place, 0)) if isinstance(said, dict | list) else None


def _of(said: Any, place: str, depth: int) -> Iterator[Piece]:  # noqa: ANN401 - whatever JSON holds
    if depth > MOST_DEPTH:
        return
    if isinstance(said, list):
        for item in said:
            yield from _of(item, place, depth + 1)
    elif isinstance(said, dict):
        if isinstance(said.get("name"), str) and isinstance(said.get("value"), str):
            said = {said["name"]: said["value"]}
        for name, value in said.items():
            yield from _entry(name, value, place, depth)


def _entry(name: str, value: Any, place: str, depth: int) -> Iterator[Piece]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict | list):
        if key(name) not in _QUOTED:
            yield from _of(value, place, depth + 1)
    elif value is not None and str(value).strip():
        yield Piece(place, str(value), label=name)
