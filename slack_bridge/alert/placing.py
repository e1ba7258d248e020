"""A dag and a task that a heading's grammar sets: `load_x failed in orders`, `orders (load_x) failed`."""

import re
from collections.abc import Iterable, Iterator

from slack_bridge.alert import ids
from slack_bridge.alert.headlines import quoted
from slack_bridge.alert.slack_text import EMOJI, without_marks
from slack_bridge.alert.vocabulary import Vocabulary

_MARK = r"[`*\"'_~«»「」]*"
_AUX = r"(?:(?:has|have|just|was|is|are|run|task)\s+)*"
_IN = r"(?:in|inside|within|of|from|on)\s+(?:the\s+)?(?:dag\s+|pipeline\s+|workflow\s+)?"
# Before a word of failure: `load_x `, `load_x in orders `, `orders.load `.
_SUBJECT = re.compile(rf"(?i)(?P<one>{ids.ID}){_MARK}\s+{_AUX}$")
_INNER = re.compile(
    rf"(?i)(?P<task>{ids.ID}){_MARK}\s+{_IN}{_MARK}(?P<dag>{ids.ID}){_MARK}\s+{_AUX}$"
)
_DOTTED = re.compile(rf"(?<![\w/.@\-])(?P<dag>[\w\-]+)\.(?P<task>{ids.ID}){_MARK}\s+(?i:{_AUX})$")
# After it: ` in orders`, ` at load_x`, ` in orders: load_x`.
_PLACE = re.compile(
    rf"(?i)^{_MARK}\s+(?P<how>in|inside|within|of|at)\s+(?:the\s+)?(?:(?:dag|pipeline|workflow|flow)\s+)?{_MARK}(?P<two>{ids.ID}){_MARK}"
    rf"(?:\s*[:—–>/]\s*{_MARK}(?P<three>{ids.ID}){_MARK}[\s.!]*$)?"
)
# `orders is broken: load_x failed`
_BECAUSE = re.compile(
    rf"^{_MARK}\s*[:：]\s*{_MARK}(?P<task>{ids.ID}){_MARK}\s+(?:has\s+)?(?P<told>\w+)"
)
_PAREN = re.compile(
    rf"{_MARK}(?P<one>{ids.ID}){_MARK}\s*[(（\[]\s*(?:(?i:dag|task)\W+)?{_MARK}(?P<two>{ids.ID}){_MARK}\s*[)）\]]"
)
_BRACKETS = re.compile(r"^\W*((?:\[[^\[\]\n]{1,80}\][\s:\-]*)+)")
_ROW = re.compile(
    rf"{_MARK}(?:{ids.ID}){_MARK}(?:\s[–—\-]\s{_MARK}(?:{ids.ID}){_MARK}(?=\s|$)){{1,4}}"
)
# `On-Time`, `Real-Time`
_ENGLISH = re.compile(r"[A-Z][a-z]+(?:-[A-Za-z][a-z]*)+")
_JOINED = re.compile(r"(?=\w*[^\W\d])\w*_+\w|[^\W\d]\w*[.\-]+\w")
_MOST_LINE = 300


def placed_pairs(lines: Iterable[str], words: Vocabulary) -> Iterator[tuple[str, str]]:
    """Dag and task of each form that a line which tells of a failure has; both written as ids."""
    for line in lines:
        text = EMOJI.sub(" ", without_marks(line))[:_MOST_LINE]
        if not words.words["failure"].search(text):
            continue
        for dag, task in _forms(text, words):
            if all(written_as_id(text, one, words) for one in (dag, task)):
                yield dag, task


def lone_id(lines: Iterable[str], words: Vocabulary) -> str | None:
    """The id that is all one of the first lines says."""
    for line in lines:
        bare = EMOJI.sub(" ", without_marks(line)).strip(" \t#>•*_`~:\"'[]")
        bare = re.sub(r"^\W+|\W+$", "", bare)
        if re.fullmatch(ids.ID, bare) and written_as_id(bare, bare, words):
            return bare
    return None


def _forms(text: str, words: Vocabulary) -> Iterator[tuple[str, str]]:
    for word in words.words["failure"].finditer(text):
        yield from _around(text[: word.start()], text[word.end() :])
        yield from _because(text[: word.start()], text[word.end() :], words)
    for found in _PAREN.finditer(text):
        yield found["one"], found["two"]
    brackets = _BRACKETS.match(text)
    inside = re.findall(r"\[([^\[\]]+)\]", brackets[1]) if brackets else []
    names = [n.strip(" `*") for n in inside if _is_name(n.strip(" `*"), words)]
    if len(names) == 2:
        yield names[0], names[1]
    for row in _ROW.finditer(text):
        said = [n.strip("`*\"'_~ ") for n in re.split(r"\s[–—\-]\s", row.group())]
        names = [n for n in said if _is_name(n, words)]
        if len(names) == 2:
            yield names[0], names[1]


def _around(before: str, after: str) -> Iterator[tuple[str, str]]:
    inner, dotted = _INNER.search(before), _DOTTED.search(before)
    if inner:
        yield inner["dag"], inner["task"]
    if (
        dotted
        and "_" in dotted.group()
        and not ids.NO_NAME.search(f"{dotted['dag']}.{dotted['task']}")
    ):
        # Split at the dot by the caller: here it is sure.
        yield dotted["dag"], dotted["task"]
    place, subject = _PLACE.match(after), _SUBJECT.search(before)
    if place and place["three"]:
        yield place["two"], place["three"]
    elif place and subject:
        one, two = subject["one"], place["two"]
        yield (one, two) if place["how"].lower() == "at" else (two, one)


def _because(before: str, after: str, words: Vocabulary) -> Iterator[tuple[str, str]]:
    subject, cause = _SUBJECT.search(before), _BECAUSE.match(after)
    if subject and cause and words.words["failure"].fullmatch(cause["told"]):
        yield subject["one"], cause["task"]


def _is_name(one: str, words: Vocabulary) -> bool:
    return (
        bool(re.fullmatch(ids.ID, one))
        and one.casefold() not in words.stages | words.stop
        and not words.words["failure"].fullmatch(one)
    )


def _dotted(text: str, one: str) -> bool:
    near = f".{one}" in text or f"{one}." in text
    return near and bool(re.search(rf"\w\.{re.escape(one)}\b|\b{re.escape(one)}\.\w", text))


def written_as_id(text: str, one: str, words: Vocabulary) -> bool:
    """Whether a word of `text` is joined as ids are, or quoted, and no stage, file or common word."""
    parts = set(re.split(r"[_.\-]", one.casefold()))
    joined = bool(_JOINED.search(one)) or quoted(text, one)
    return (
        (joined or _dotted(text, one))
        and not (parts & words.stages and len(parts) <= 3 and "_" not in one)
        and (quoted(text, one) or not _ENGLISH.fullmatch(one))
        and one.casefold() not in words.stop | words.stages
        and not ids.NO_NAME.search(one)
    )
