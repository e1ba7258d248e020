"""Whether a message tells of a failure, a retry, a missed deadline, a success or nothing of these."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from slack_bridge.alert.reading import Labelled, Reading
from slack_bridge.alert.slack_text import EMOJI, without_marks
from slack_bridge.alert.vocabulary import Vocabulary, key

State = Literal["failure", "retry", "sla", "success", "over", "neutral"]
_STATES: dict[str, State] = {s: s for s in get_args(State)}
# Words joined by `_`, `.` or `-`, and what stands in code marks, are names and not words. Chinese,
# Japanese and Korean write their words onto a name without a space.
_CODE = re.compile(r"`[^`\n]*`")
_SIGN = r"[^\s\u3000-\u9fff\uac00-\ud7a3\uff00-\uffef]"
_NAME = re.compile(
    rf"{_SIGN}{{0,80}}[^\W_](?<={_SIGN})[_.\-]\w(?<={_SIGN}){_SIGN}{{0,200}}|<[^<>]*>"
)
_KEEP = re.compile(
    r"(?i)^\W*(up[_-]for[_-](retry|reschedule)|upstream_failed|sla[_-]miss(ed)?|task_failure|dag_failure|self-?healed|re-triggered|long-running|auto-?closed|post-mortems?|on-call|re-?run|re-?started|round-up|fail-fast|(task|dag)_(duration|timeliness))\W*$"
)
_WORD = re.compile(r"[^\W\d_]+")
# `TASK_RETRY | dag=...`: an event's name is made of words.
_EVENT = re.compile(r"\b(TASK|DAG|RUN|JOB|PIPELINE|AIRFLOW)_(?=[A-Z]{3,}\b)")


@dataclass(frozen=True)
class Verdict:
    """What a message tells of, and the words that say so."""

    state: State
    why: str


def judge(
    reading: Reading,
    colors: list[str],
    words: Vocabulary,
    instances: list[str],
    *,
    logged: bool = False,
) -> Verdict:
    """The verdict over a message's own words; ids, links and quoted errors have no say.

    `instances` are states inside TaskInstance reprs and the like; `logged` says that the message
    links a task's log.
    """
    lines = [own_words(line) for _, line in reading.lines]
    headings = [own_words(line) for line in reading.headings]
    text = _without_none("\n".join(lines), words)
    head = _without_none("\n".join(headings), words)
    said = [_state_of(v.value, words) for v in reading.labelled if v.field == "state"]
    said += [_state_of(s, words) for s in instances]
    return (
        _never(head or text, words)
        or _over(text, head, said, words)
        or _not_yet(text, head, said, words)
        or _labelled(said)
        or _by_words(text, head, words)
        or _by_emoji("\n".join(lines), reading, colors, words)
        or _by_log(text, logged=logged)
        or _by_labels(reading, text, words, logged=logged)
    )


@lru_cache(maxsize=256)
def own_words(line: str) -> str:
    """A line without links, code and names."""
    line = _CODE.sub(lambda m: m.group() if _KEEP.match(m.group()) else " · ", without_marks(line))
    line = re.sub(r"(?<=\w)\.(?=\s|$)", " .", _EVENT.sub(r"\1 ", line))
    kept = EMOJI.sub(lambda m: f" {m.group()} ", line)
    return _NAME.sub(
        lambda m: m.group() if _KEEP.match(m.group()) or EMOJI.fullmatch(m.group()) else " · ", kept
    )


def _without_none(text: str, words: Vocabulary) -> str:
    # Names of emoji are no words; whether they tell anything is asked of them alone.
    text = words.words["none_left"].sub(_exhausted, text)
    return words.words["none_failed"].sub(" ", text)


def _exhausted(said: re.Match[str]) -> str:
    """That no retry is left tells of a failure where it says so itself."""
    return " failed " if re.search(r"(?i)exhaust|exceeded|used up", said.group()) else " "


def _unpictured(text: str) -> str:
    return EMOJI.sub(" ", text)


def _state_of(value: str, words: Vocabulary) -> State | None:
    bare = EMOJI.sub("", without_marks(value)).strip(" *_`'\"[]().!·\n")
    bare = re.sub(r"^[^\w]+|[^\w]+$", "", bare)
    for text in (bare, bare.split("\n")[0], re.split(r"[\s(,:|/\-–→]", bare, maxsplit=1)[0]):
        state = words.states.get(key(text)) if text else None
        if state:
            return _STATES[state]
    arrow = re.split(r"\s*(?:->|→|➜|=>|\bto\b)\s*", bare)
    last = words.states.get(key(arrow[-1])) if len(arrow) > 1 else None
    return _STATES[last] if last else None


def _never(head: str, words: Vocabulary) -> Verdict | None:
    found = words.words["never"].search(_unpictured(head).strip())
    return Verdict("neutral", f"it says {found.group()!r}") if found else None


def _over(text: str, head: str, said: list[State | None], words: Vocabulary) -> Verdict | None:
    if "over" in said:
        return Verdict("over", "its state says that it is over")
    firing = re.search(r"(?i)\bfiring\b|\balerting\b", head)
    found = words.words["over"].search(_unpictured(head)) or (
        words.words["over"].search(_unpictured(text)) if "failure" not in said else None
    )
    return Verdict("over", f"it says {found.group()!r}") if found and not firing else None


def _not_yet(text: str, head: str, said: list[State | None], words: Vocabulary) -> Verdict | None:
    for state in ("retry", "sla"):
        if state in said:
            return Verdict(state, f"its state says {state}")
        where = head if "failure" in said else text
        found = words.words[state].search(_unpictured(where))
        if found:
            return Verdict(state, f"it says {found.group()!r}")
    return None


def _labelled(said: list[State | None]) -> Verdict | None:
    for state in ("failure", "success", "neutral"):
        if state in said:
            return Verdict(state, f"its state says {state}")
    return None


def _by_words(whole: str, head: str, words: Vocabulary) -> Verdict | None:
    for text in (head, whole):
        plain = _unpictured(text)
        bad, good = words.words["failure"].search(plain), words.words["success"].search(plain)
        if (
            bad
            and good
            and pictured(text, "success", words)
            and not pictured(text, "failure", words)
        ):
            return Verdict("success", f"it says {good.group()!r}")
        if bad:
            return Verdict("failure", f"it says {bad.group()!r}")
        if good:
            return Verdict("success", f"it says {good.group()!r}")
        neutral = words.words["neutral"].search(plain)
        if neutral:
            return Verdict("neutral", f"it says {neutral.group()!r}")
    return None


def pictured(text: str, state: str, words: Vocabulary) -> bool:
    """Whether a picture in `text` stands for this state."""
    named = {m.group().strip(":").lower() for m in EMOJI.finditer(text)}
    drawn = (e for e in words.emoji[state] if not e.isascii())
    return bool(named & words.emoji[state]) or any(e in text for e in drawn)


def _by_emoji(text: str, reading: Reading, colors: list[str], words: Vocabulary) -> Verdict | None:
    said = [*text.split("\n"), *reading.headings]
    # `❌ Failed: 0 files`
    shown = "\n".join(line for line in said if not words.words["none_failed"].search(line))
    for state in ("failure", "success", "neutral"):
        if pictured(shown, state, words):
            return Verdict(state, f"a picture says {state}")
    if any(c in words.colors for c in colors):
        return Verdict("failure", "its colour says failure")
    if any(c in ("good", "2eb886", "36a64f") for c in colors):
        return Verdict("success", "its colour says success")
    return None


def _by_log(text: str, *, logged: bool) -> Verdict | None:
    said = re.search(r"(?i)\balert\b", _unpictured(text)) if logged else None
    return Verdict("failure", "it is an alert with a task's log") if said else None


def _by_labels(reading: Reading, text: str, words: Vocabulary, *, logged: bool) -> Verdict:
    named = {v.field for v in reading.labelled}
    if any(b.field == "exception" and b.text_said for b in _errors(reading)):
        return Verdict("failure", "it shows an error")
    if any(_tells(b.value, words) for b in reading.bodies if b.field == "message"):
        return Verdict("failure", "its message says so")
    if any(_label_tells(v, words) for v in reading.labelled):
        return Verdict("failure", "a label says so")
    if "dag" in named and not _spoken(reading, words):
        return Verdict("failure", "it names a dag and says nothing else")
    if named & {"task", "task_instance"} and not _reports(text, named, words, logged=logged):
        return Verdict("failure", "it names a task and says nothing good of it")
    return Verdict("neutral", "nothing in it tells of a failure")


def _label_tells(said: Labelled, words: Vocabulary) -> bool:
    """Whether a label tells of a failure: `Failed task: x`, and not `Failed tasks: none`."""
    none = words.words["none_failed"].search(f"{said.label}: {without_marks(said.value)[:40]}")
    return none is None and bool(words.words["failure"].search(own_words(said.label)))


def _reports(text: str, named: set[str], words: Vocabulary, *, logged: bool) -> bool:
    """Whether words beside a task tell of something else; an alert has a log, a try or bare words."""
    if words.words["report"].search(_unpictured(text)):
        return True
    if logged or "try_number" in named or words.words["silent"].search(text):
        return False
    return not all(
        words.words["quiet"].fullmatch(one) for one in _WORD.findall(_unpictured(text).casefold())
    )


def _spoken(reading: Reading, words: Vocabulary) -> bool:
    """Whether there is a word beside the labels, or a label that a report has and an alert has not."""
    lines = [line for _, line in reading.lines if re.search(r"\w", own_words(line))]
    others = {v.field for v in reading.labelled} - {"dag", "run", "logical_date", "time", "ignored"}
    counted = (f"{v.label}: {v.value[:40]}" for v in reading.labelled)
    if any(words.words[w].search(c) for c in counted for w in ("none_failed", "success")):
        return True
    return bool(others) or not all(words.words["silent"].search(line) for line in lines)


def _tells(message: str, words: Vocabulary) -> bool:
    text = _without_none(own_words(message[:300]), words)
    return bool(words.words["failure"].search(text))


@dataclass(frozen=True)
class _Error:
    field: str
    text_said: bool


def _errors(reading: Reading) -> list[_Error]:
    return [_Error(b.field, bool(b.value.strip())) for b in reading.bodies]
