"""Dag and task where a sentence of frames.toml sets them: `Failure in orders: load_x raised KeyError`."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources

from slack_bridge.alert.candidates import RUN_ID
from slack_bridge.alert.ids import ID
from slack_bridge.alert.placing import written_as_id
from slack_bridge.alert.sentences import UNFILLED
from slack_bridge.alert.slack_text import EMOJI, without_marks
from slack_bridge.alert.vocabulary import Vocabulary

MOST_LINE = 300
_QUOTES = r"[`*\"'_«»「」“”]*"
_DATE = re.compile(r"[(\[`*]*\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?[\d.:+\-Z]*)?[)\]`*]*")
# Chinese, Japanese and Korean write words onto each other.
_GLUED = re.compile(r"[A-Za-z0-9_.\-/]")
_WORDS = {
    "in": r"(?:in|inside|within|of)(?:\s+(?:the|our))?",
    "failed": r"(?:(?:has|have|was|is|just|run|execution)\s+)*failed",
    "raised": r"(?:raised|threw|raises|throws|exited)",
    "^": r"^\W*",
    "$": r"(?:\W|\b(?:run|on|at|for|of|failed)\b)*$",
}
_SPACE = rf"[\s{_QUOTES[1:-2]}]*"


def framed_pairs(
    lines: Iterable[str], words: Vocabulary
) -> Iterator[tuple[str | None, str | None]]:
    """Dag and task of each frame that one of the lines fills; None where a frame has no such place."""
    for line in lines:
        text = normal(without_marks(line)[:MOST_LINE], words)
        for frame, spoken in _frames():
            for found in frame.finditer(text) if "failed" in text else ():
                said = {k: v.rstrip(".") for k, v in found.groupdict().items()}
                if all(_is_id(text, one, words, noun=k in spoken) for k, one in said.items()):
                    yield said.get("dag"), said.get("task")


@lru_cache(maxsize=1)
def _frames() -> tuple[tuple[re.Pattern[str], frozenset[str]], ...]:
    said = tomllib.loads(
        resources.files("slack_bridge.alert").joinpath("frames.toml").read_text("utf-8")
    )
    return tuple((re.compile(_expression(f)), _after_nouns(f)) for f in said["frames"])


def _expression(frame: str) -> str:
    parts = [_part(one) for one in frame.split()]
    return r"(?i)(?<![\w.\-/])" + _SPACE.join(parts)


def _part(one: str) -> str:
    if one in ("{dag}", "{task}"):
        return rf"(?<![\w.\-/])(?P<{one[1:-1]}>{ID})(?![\w\-/])"
    return _WORDS.get(one) or (rf"\b{one}\b" if one.isalpha() else re.escape(one))


def _after_nouns(frame: str) -> frozenset[str]:
    """The places that stand right after their noun, or after `the`: there any word is an id."""
    return frozenset(
        n for n in ("dag", "task") if f"{n} {{{n}}}" in frame or f"the {{{n}}}" in frame
    )


@lru_cache(maxsize=256)
def normal(line: str, words: Vocabulary) -> str:
    """The line with its dates left out, and words of failure and nouns in one spelling."""
    text = RUN_ID.sub(" ", _DATE.sub(" ", EMOJI.sub(" ", UNFILLED.sub(" ", line))))
    text = words.words["failure"].sub(lambda m: _unglued(m, " failed "), text)
    return re.sub(r"[^\W\d_]+", lambda m: _unglued(m, words.nouns.get(m[0].casefold())), text)


def _unglued(found: re.Match[str], said: str | None) -> str:
    text = found.string
    around = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 2]
    glued = _GLUED.match(around[0]) or re.match(r"[_/\-]|\.\w", around[1])
    return found.group() if said is None or glued else said


def _is_id(text: str, one: str, words: Vocabulary, *, noun: bool) -> bool:
    bracketed = "[" in text and "_" not in one
    if bracketed and re.search(rf"\[\s*{re.escape(one)}\s*\]", text):
        return False
    plain = one.casefold() not in words.stop | words.stages and one != "failed"
    return written_as_id(text, one, words) or (noun and plain)
