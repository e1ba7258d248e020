"""A dag and a task said in a row in running text: `orders / load failed`, `FAILED orders.load`."""

import re
from collections.abc import Iterable, Iterator

from slack_bridge.alert import ids
from slack_bridge.alert.headlines import quoted
from slack_bridge.alert.slack_text import EMOJI, without_marks
from slack_bridge.alert.state import pictured
from slack_bridge.alert.vocabulary import Vocabulary

_MARK = r"[`*\"'_~]*"
_ONE = rf"{_MARK}(?:{ids.ID}){_MARK}"
_SIGN = r"(?:\s*(?:/|›|»|>|→|➜|⇒|->|=>|::|\||·|•)\s*|(?<=[`*\"'])\.(?=[`*\"']))"
_JOINED = re.compile(rf"(?<![\w/.:\-]){_ONE}(?:{_SIGN}{_ONE}){{1,4}}(?![\w/])")
_NOUN = re.compile(
    rf"^\W*{_MARK}(?P<dag>{ids.ID}){_MARK}\W{{1,3}}(?i:task)\W{{1,3}}(?P<task>{ids.ID}){_MARK}(?=\s|$)"
)
_DOTTED = re.compile(
    rf"^[`*_\"']*(?:\s+(?:in|at))?[\s:—–\-`*\"']*(?P<dag>[\w\-]+)\.(?P<task>{ids.ID})(?![\w/@])"
)
# `sales.extract` on a line of its own, below a heading that tells of a failure.
_LONE = re.compile(
    r"^[\s>•`*\"'_]*(?P<dag>[^\W\d][\w\-]+)\.(?P<task>[^\W\d]\w[\w\-]*)[\s`*\"'_(·)]*$"
)
# `psycopg2.errors.UndefinedTable: relation ...`
_CLASS = re.compile(r"(?:[a-z]\w*\.)+[A-Z]\w*:\s")
_VERB = re.compile(r"(?i)^(?:has|have|had|is|was|just|now|been|in|state|task|run)\b\W*")
_LAST_WORD = re.compile(r"^.*?(\w*)\W*$", re.DOTALL)
_RUN = re.compile(r"\b(?:scheduled|manual|backfill|\w+_triggered)__[^\s`*|,]+")


def spoken_pair(lines: Iterable[str], words: Vocabulary, *, sure: bool) -> tuple[str, str] | None:
    """Dag and task that a line tells to have failed.

    Plain words are taken for ids only where the message is `sure` to tell of a run.
    """
    heard = sure
    for line in lines:
        heard = heard or pictured(line, "failure", words)
        text = _RUN.sub("·", EMOJI.sub(_arrow, without_marks(line)))
        for dag, task in _pairs(text, words):
            if sure or any(ids.looks_like_id(one) or quoted(text, one) for one in (dag, task)):
                return dag, task
            if _is_all(text, dag, task, words):
                return dag, task
        lone = _LONE.match(text) if heard else None
        if lone and not ids.NO_NAME.search(text.strip()):
            return lone["dag"], lone["task"]
        if heard and (row := _JOINED.fullmatch(text.strip(" *>•-"))):
            names, _ = _row(row.group(), words)
            if len(names) == 2 and all(map(ids.looks_like_id, names)):
                return names[0], names[1]
        heard = heard or bool(words.words["failure"].search(text))
    return None


def _arrow(picture: re.Match[str]) -> str:
    return " → " if picture.group() == ":arrow_right:" else " "


def _is_all(text: str, dag: str, task: str, words: Vocabulary) -> bool:
    """Whether a line says nothing but two names and that they failed: `sales / extract failed`."""
    rest = words.words["failure"].sub(" ", text.replace(dag, " ", 1).replace(task, " ", 1))
    rest = " ".join(w for w in re.findall(r"\w+", rest) if w.casefold() not in words.stages)
    plain = {dag.casefold(), task.casefold()} & (words.things | words.stages | words.stop)
    return not re.search(r"\w", rest) and not plain


def _pairs(text: str, words: Vocabulary) -> Iterator[tuple[str, str]]:
    failure = words.words["failure"]
    for row in _JOINED.finditer(text):
        names, told = _row(row.group(), words)
        before, after = text[: row.start()], text[row.end() :]
        thing = _LAST_WORD.sub(r"\1", before).casefold() in words.things
        if len(names) == 2 and not thing and (told or _told(before, after, failure)):
            yield names[0], names[1]
    for one in _NOUN.finditer(text):
        if not words.stop & {one["dag"].casefold(), one["task"].casefold()} and _told(
            "", text[one.end() :], failure
        ):
            yield one["dag"], one["task"]
    yield from _dotted(text, failure)


def _dotted(text: str, failure: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """`orders.load` right behind a word of failure, where it is no file and no exception's class."""
    for word in failure.finditer(text):
        after = text[word.end() :]
        found = _DOTTED.match(after)
        if (
            found
            and not ids.NO_NAME.search(f"{found['dag']}.{found['task']}")
            and not _CLASS.match(after[found.start("dag") :])
        ):
            yield found["dag"], found["task"]


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
        and not ids.NO_NAME.search(one)
    ]
    return names, told


def _told(before: str, after: str, failure: re.Pattern[str]) -> bool:
    after = re.sub(r"^[\W_]+", "", after)
    while verb := _VERB.match(after):
        after = after[verb.end() :]
    return bool(failure.match(after)) or bool(failure.search(before))
