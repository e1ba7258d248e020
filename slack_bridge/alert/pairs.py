"""A dag and a task said in a row in running text: `orders / load failed`, `FAILED orders.load`."""

import re
from collections.abc import Iterable, Iterator

from slack_bridge.alert import ids
from slack_bridge.alert.headlines import quoted
from slack_bridge.alert.slack_text import EMOJI, without_marks
from slack_bridge.alert.vocabulary import Vocabulary

_MARK = r"[`*\"'_]*"
_JOINED = re.compile(
    rf"(?<![\w/.:\-]){_MARK}(?P<dag>{ids.ID}){_MARK}\s*(?:/|›|»|>|→|➜|⇒|->|::)\s*{_MARK}(?P<task>{ids.ID}){_MARK}(?![\w/])"
)
_NOUN = re.compile(
    rf"^\W*{_MARK}(?P<dag>{ids.ID}){_MARK}\W{{1,3}}(?i:task)\W{{1,3}}(?P<task>{ids.ID}){_MARK}(?=\s|$)"
)
_DOTTED = re.compile(rf"^[\s:—–\-`*\"']*(?P<dag>[\w\-]+)\.(?P<task>{ids.ID})(?![\w/@])")
_VERB = re.compile(r"(?i)^(?:has|have|had|is|was|just|now|been|in|state|task|run)\b\W*")
# Names with a dot that are no `dag.task`: modules' errors, files, hosts.
_NO_PAIR = re.compile(
    r"(?i)(?:error|exception|timeout)$|\.(?:py|sql|csv|json|ya?ml|txt|gz|parquet|com|net|org|io|example|local|internal)$"
)


def spoken_pair(lines: Iterable[str], words: Vocabulary, *, sure: bool) -> tuple[str, str] | None:
    """Dag and task that a line tells to have failed.

    Plain words are taken for ids only where the message is `sure` to tell of a run.
    """
    for line in lines:
        text = EMOJI.sub(" ", without_marks(line))
        for dag, task in _pairs(text, words):
            if sure or any(ids.looks_like_id(one) or quoted(text, one) for one in (dag, task)):
                return dag, task
    return None


def _pairs(text: str, words: Vocabulary) -> Iterator[tuple[str, str]]:
    failure = words.words["failure"]
    found = [*_JOINED.finditer(text), *_NOUN.finditer(text)]
    for one in found:
        names = one["dag"], one["task"]
        if words.stop & {n.casefold() for n in names} or any(map(failure.fullmatch, names)):
            continue
        if _told(text[: one.start()], text[one.end() :], failure):
            yield names
    for word in failure.finditer(text):
        dotted = _DOTTED.match(text[word.end() :])
        if dotted and not _NO_PAIR.search(f"{dotted['dag']}.{dotted['task']}"):
            yield dotted["dag"], dotted["task"]


def _told(before: str, after: str, failure: re.Pattern[str]) -> bool:
    after = re.sub(r"^[\W_]+", "", after)
    while verb := _VERB.match(after):
        after = after[verb.end() :]
    return bool(failure.match(after)) or bool(failure.search(before))
