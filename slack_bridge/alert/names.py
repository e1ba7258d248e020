"""Two names in a short line that tells of a failure: a dag, then its task, unless `in` says otherwise."""

import re
from collections.abc import Iterable, Iterator

from slack_bridge.alert.frames import normal
from slack_bridge.alert.ids import ID
from slack_bridge.alert.placing import written_as_id
from slack_bridge.alert.slack_text import without_marks
from slack_bridge.alert.state import pictured
from slack_bridge.alert.vocabulary import Vocabulary, key

MOST_LINE = 200
# More plain words than these after the names are an error's text, whose names are not of the run.
MOST_WORDS = 6
_NAME = re.compile(rf"(?<![\w./@\-])(?:{ID})(?![\w/@\-]|\s?=)")
_INSIDE = re.compile(
    r"(?i)^\W*(?:(?:has|have|had|failed|run|job)\W+)*(?:in|of|inside|within|from|im|in der|nel|del|du|dans|da|do|no|na|w|v|у|в|i)\b"
)
# Where an error's text begins, and what reprs hold, is not the notifier's own.
_ERROR = re.compile(
    r"(?i:\b(?:error|exception|reason|cause|details?|message)\b)[*\s]*[:=]|\b(?:[A-Z]\w*)(?:Error|Exception|Timeout)\b|\b(?:[a-z]\w*\.)+[A-Z]\w*(?=: )"
)
_REPR = re.compile(r"<[^<>\n]{0,400}>")
# What may stand between a dag and its task; other words make two names two other things.
_GLUE = re.compile(
    r"(?i)(?:\W|\b(?:in|of|at|on|inside|within|from|the|its|and|with|has|have|a|task|dag|step|job|run|failed|state|im|in|der|die|das|el|la|del|de|du|dans|do|da|no|na|nel|w|v|у|в|i|и|y|e|et|und)\b)*"
)
_NOT_AFTER = frozenset({"for", "into", "to", "by", "with", "using", "via", "against"})
_BEFORE = re.compile(r"(\w*)[\s`*\"']*$")


def two_names(lines: Iterable[str], words: Vocabulary) -> Iterator[tuple[str, str]]:
    """Dag and task of each line that tells of a failure and holds two names and little else."""
    for text in _telling(lines, words):
        names = _names(text, words)
        if len(names) == 2 and _GLUE.fullmatch(text[names[0][2] : names[1][0]]):
            one, two = names[0][1], names[1][1]
            yield (two, one) if _is_reversed(text, names) else (one, two)


def dotted_name(lines: Iterable[str], words: Vocabulary) -> Iterator[tuple[str, str]]:
    """Dag and task of each line that tells of a failure and names `dag.task` first."""
    for text in _telling(lines, words):
        names = _names(text, words)
        behind = text[names[0][2] : names[1][0]] if len(names) == 2 else ":"
        if names and len(names) <= 2 and "." in names[0][1] and ":" in behind:
            # One alone, or `failed in orders.load: job jr_123`.
            dag, _, task = names[0][1].partition(".")
            yield dag, task


def _telling(lines: Iterable[str], words: Vocabulary) -> Iterator[str]:
    for line in lines:
        own = _REPR.sub(" ", without_marks(line)[:MOST_LINE])
        cut = _ERROR.search(own, 12)
        text = normal(own[: cut.start()] if cut else own, words)
        if "failed" in text or pictured(line, "failure", words):
            yield text


def _is_reversed(text: str, names: list[tuple[int, str, int]]) -> bool:
    """Whether the task stands first: `task x of y`, `x (dag y)`, `x in y`."""
    (start, _, end), (begin, _, _) = names
    before = [_BEFORE.search(text[:at]) for at in (start, begin)]
    one, two = (m[1].casefold() if m else "" for m in before)
    if one == "dag" or two == "task":
        return False
    return one == "task" or two == "dag" or bool(_INSIDE.match(text[end:begin]))


def stacked_pair(lines: Iterable[str], words: Vocabulary) -> Iterator[tuple[str, str]]:
    """Dag and task where each stands alone on a line, below a heading that tells of a failure."""
    bare: list[str] = []
    heard = False
    for line in lines:
        said = re.sub(r"^[^\w`]+|[^\w`]+$", "", without_marks(line)).strip("`")
        if heard and re.fullmatch(ID, said) and written_as_id(said, said, words):
            bare.append(said)
        heard = heard or bool(words.words["failure"].search(line))
    if len(bare) == 2:
        yield bare[0], bare[1]


def _names(text: str, words: Vocabulary) -> list[tuple[int, str, int]]:
    """The names of a line with where they stand; none where an error's text follows or holds them."""
    found = [
        (m.start(), m.group().rstrip("."), m.end())
        for m in _NAME.finditer(text)
        if written_as_id(text, m.group().rstrip("."), words)
        and key(m.group()) not in words.labels
        and not _of_thing(text, m, words)
    ]
    first = {one: (start, one, end) for start, one, end in reversed(found)}
    names = sorted(first.values())
    after = text[names[-1][2] :] if names else ""
    return [] if len(re.findall(r"[^\W\d_]{3,}", after)) > MOST_WORDS else names


def _of_thing(text: str, found: re.Match[str], words: Vocabulary) -> bool:
    before = _BEFORE.search(text[: found.start()])
    return (
        before is not None and before[1].casefold() in words.things | words.qualifiers | _NOT_AFTER
    )
