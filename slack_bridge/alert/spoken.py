"""Labelled values that are sentences as well: `Alert: Task x failed`, `FAILED: orders / load`."""

import re
from collections.abc import Iterator

from slack_bridge.alert.ids import ID, clean_id, says_nothing
from slack_bridge.alert.slack_text import without_marks
from slack_bridge.alert.state import own_words
from slack_bridge.alert.vocabulary import Vocabulary, key

SPOKEN = frozenset({"alert", "alarm", "summary", "subject", "title", "alertname", "alarmname"})
_PREFIXES = frozenset(
    [
        "oncall",
        "team",
        "cc",
        "priority",
        "severity",
        "level",
        "source",
        "service",
        "project",
        "instance",
    ]
)
# `DAG: orders finished`: what is said after the name.
_TOLD = re.compile(rf"\W*(?:{ID})[`*_\"'”’]*\s+(?P<dash>[–—\-]\s+)?(?P<rest>[^\W\d].{{2,200}})")
_STATES = ("failure", "success", "retry", "sla", "over", "neutral")
_COUNT = re.compile(r"\W*\d")
_TRY = re.compile(r"\W*-?\d")


def spoken(named: str, value: str, label: str, words: Vocabulary) -> Iterator[tuple[str, str]]:
    """The lines and headings that a label and its value say together."""
    plain, failed = without_marks(value), words.words["failure"]
    whole = f"{label}: {value}"
    if _no_name(named, plain, words):
        # `Task failed: will be retried`
        yield whole, whole
    if told := _told(named, plain, words):
        yield told, told
    if named == "tasks" and failed.search(own_words(plain)):
        # `Tasks: load_x ended with errors in the dag orders`
        yield whole, whole
    if key(label) in _PREFIXES and failed.search(own_words(plain)):
        # `On-call: orders.load failed`
        yield value, value
    if named == "ignored" and failed.fullmatch(label.strip()) and not _COUNT.match(plain):
        # `FAILED: orders / load`
        yield whole, whole
    if key(label) in SPOKEN or (named == "try_number" and not _TRY.match(plain)):
        # `Alert: Task x failed`, `Task retry: x will be ...`
        yield value, whole


def _no_name(named: str, plain: str, words: Vocabulary) -> bool:
    """Whether the value of a label for names is none."""
    return (
        named in ("dag", "task") and not clean_id(plain, words) and not says_nothing(plain, words)
    )


def _told(named: str, plain: str, words: Vocabulary) -> str:
    """What follows the name of a dag or a task, where that tells how it went."""
    found = _TOLD.match(plain) if named in ("dag", "task") else None
    if not found:
        return ""
    # `load_x - retry 2` is an alert's; `load_x - failed` tells how it went.
    states = _STATES[:2] if found["dash"] else _STATES
    rest = own_words(found["rest"])
    return found["rest"] if any(words.words[s].search(rest) for s in states) else ""
