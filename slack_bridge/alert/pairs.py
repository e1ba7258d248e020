"""A dag and a task said in a row in running text: `orders / load failed`, `FAILED orders.load`."""

import re
from collections.abc import Iterable, Iterator

from slack_bridge.alert import ids
from slack_bridge.alert.headlines import quoted
from slack_bridge.alert.slack_text import EMOJI, without_marks
from slack_bridge.alert.vocabulary import Vocabulary

_MARK = r"[`*\"'_~]*"
_ONE = rf"{_MARK}(?:{ids.ID}){_MARK}"
_SIGN = r"(?:\s*(?:/|›|»|>|→|➜|⇒|->|=>|::|\|)\s*|(?<=[`*\"'])\.(?=[`*\"']))"
_JOINED = re.compile(rf"(?<![\w/.:\-]){_ONE}(?:{_SIGN}{_ONE}){{1,4}}(?![\w/])")
_NOUN = re.compile(
    rf"^\W*{_MARK}(?P<dag>{ids.ID}){_MARK}\W{{1,3}}(?i:task)\W{{1,3}}(?P<task>{ids.ID}){_MARK}(?=\s|$)"
)
_DOTTED = re.compile(rf"^[\s:—–\-`*\"']*(?P<dag>[\w\-]+)\.(?P<task>{ids.ID})(?![\w/@])")
_VERB = re.compile(r"(?i)^(?:has|have|had|is|was|just|now|been|in|state|task|run)\b\W*")
# `load_x failed in orders_daily`, `orders_daily failed at load_x`, `Failure in orders_daily: load_x`
_SUBJECT = re.compile(rf"(?i)(?P<one>{ids.ID}){_MARK}\s+(?:(?:has|have|just|was|is)\s+)*$")
_PLACE = re.compile(
    rf"^{_MARK}\s+(?P<how>in|inside|within|of|at)\s+(?:the\s+)?{_MARK}(?P<two>{ids.ID}){_MARK}"
    rf"(?:\s*[:—–>/]\s*{_MARK}(?P<three>{ids.ID}){_MARK}[\s.!]*$)?",
    re.IGNORECASE,
)
_RUN = re.compile(r"\b(?:scheduled|manual|backfill|\w+_triggered)__[^\s`*|,]+")
# Names with a dot that are no `dag.task`: modules' errors, files, hosts.
_NO_PAIR = re.compile(
    r"(?i)(?:error|exception|timeout)$|\.(?:py|sql|csv|json|ya?ml|txt|gz|parquet|com|net|org|io|example|local|internal)$"
)


def spoken_pair(lines: Iterable[str], words: Vocabulary, *, sure: bool) -> tuple[str, str] | None:
    """Dag and task that a line tells to have failed.

    Plain words are taken for ids only where the message is `sure` to tell of a run.
    """
    for line in lines:
        text = _RUN.sub("·", EMOJI.sub(" ", without_marks(line)))
        for dag, task in _pairs(text, words):
            if sure or any(ids.looks_like_id(one) or quoted(text, one) for one in (dag, task)):
                return dag, task
    return None


def placed_pair(lines: Iterable[str], words: Vocabulary) -> tuple[str, str] | None:
    """Dag and task of `load_x failed in orders_daily`; both must be written as ids."""
    for line in lines:
        text = EMOJI.sub(" ", without_marks(line))
        for word in words.words["failure"].finditer(text):
            pair = _placed(text[: word.start()], text[word.end() :])
            if pair and all(_written_as_id(text, one, words) for one in pair):
                return pair
    return None


def _placed(before: str, after: str) -> tuple[str, str] | None:
    place, subject = _PLACE.match(after), _SUBJECT.search(before)
    if place is None:
        return None
    if place["three"]:
        return place["two"], place["three"]
    if subject is None:
        return None
    one, two = subject["one"], place["two"]
    return (one, two) if place["how"].lower() == "at" else (two, one)


def _written_as_id(text: str, one: str, words: Vocabulary) -> bool:
    parts = set(re.split(r"[_.\-]", one.casefold())) | {one.casefold()}
    joined = bool(re.search(r"[^\W\d][_.\-]+\w", one)) or quoted(text, one)
    return joined and not parts & words.stages and one.casefold() not in words.stop


def _pairs(text: str, words: Vocabulary) -> Iterator[tuple[str, str]]:
    failure = words.words["failure"]
    for row in _JOINED.finditer(text):
        names, told = _row(row.group(), words)
        if len(names) == 2 and (told or _told(text[: row.start()], text[row.end() :], failure)):
            yield names[0], names[1]
    for one in _NOUN.finditer(text):
        if not words.stop & {one["dag"].casefold(), one["task"].casefold()} and _told(
            "", text[one.end() :], failure
        ):
            yield one["dag"], one["task"]
    for word in failure.finditer(text):
        dotted = _DOTTED.match(text[word.end() :])
        if dotted and not _NO_PAIR.search(f"{dotted['dag']}.{dotted['task']}"):
            yield dotted["dag"], dotted["task"]


def _row(row: str, words: Vocabulary) -> tuple[list[str], bool]:
    """The names of a row without runs, stages and states, and whether a state is failure."""
    said = [one.strip("`*\"'_~ ") for one in re.split(_SIGN, row)]
    told = any(words.words["failure"].fullmatch(one) for one in said)
    names = [
        one
        for one in said
        if one.casefold() not in words.stages | words.stop
        and not words.words["failure"].fullmatch(one)
        and not re.fullmatch(r"[\d.:\-T]+", one)
    ]
    return names, told


def _told(before: str, after: str, failure: re.Pattern[str]) -> bool:
    after = re.sub(r"^[\W_]+", "", after)
    while verb := _VERB.match(after):
        after = after[verb.end() :]
    return bool(failure.match(after)) or bool(failure.search(before))
