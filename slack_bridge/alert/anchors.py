"""Known labels in a line: where each starts, and where its value does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slack_bridge.alert.slack_text import EMOJI
from slack_bridge.alert.vocabulary import Vocabulary, key

# Inside `<TaskInstance: a.b c [failed]>` nothing is a label.
_REPR = re.compile(r"<\s*(?:TaskInstance|DagRun|DAG|Task|Mapped|\w*Operator)\b[^<>\n]{0,400}>")
_DELIMITER = re.compile(r"(?P<colon>[:：=]+>?)|→|➜|⇒|->|\s[–—\-]\s|\s?\|\s?|\t")
_ZONE = re.compile(r"[(（\[]([^()（）\[\]]{1,24})[)）\]]\s*$")
_CLOSERS = "*_`~'\"]})】」』》> \t"
_BRACKETED = re.compile(
    r"^[^\w\[【「*`{]*(?:\*{1,2}|\[|【|「|`)\s*([^\W\d][^*\[\]【】「」`:=\n]{1,40}?)\s*(?:\*{1,2}|\]|】|」|`)\s*(?=\S)"
)
_SEPARATOR = re.compile(r"[|,;·•/)\]\[({\t>}\"'`*]\s*$|\s{2,}$|\s[–—\-]\s*$|^\W*$")
# `dag=a msg="b c"`: keys of logfmt have a blank before them and none around the sign.
_LOGFMT = re.compile(r"(?<!\S)[\w.\-]+=(?=\S)")
_DETAILS = re.compile(r"(?i)(?:details?|info|information|summary)\W*$")
_OPENING = re.compile(r"[\s*_`{(\[]*([A-Za-z][A-Za-z_ ]{1,20}?)[*_`]*\s?[=:：]")
_GLUED = re.compile(r"\w=\S")
# `Erro: x. Tentativa: 2. Run ID: y`: labels as sentences.
_SENTENCE = re.compile(r"\. ([^.:：]{2,30})[:：] ")
BODIES = frozenset({"exception", "message", "body"})
STRONG = frozenset(
    {"dag", "task", "run", "try_number", "map_index", "logical_date", "task_instance"}
)
# A plain label of these ends an error that no fence encloses.
ENDERS = STRONG | {"log", "state", "time", "environment", "tasks", "ignored", "pipeline"}


@dataclass(frozen=True)
class Anchor:
    """A known label in a line: where it starts, where its value starts."""

    start: int
    end: int
    field: str
    label: str
    zone: str
    first: bool
    bare: bool = False


def anchors(line: str, words: Vocabulary) -> Iterator[Anchor]:
    """The labels of a line, from left to right."""
    masked = EMOJI.sub(lambda m: " " * len(m.group()), line)
    masked = _REPR.sub(lambda m: "§" * len(m.group()), masked)
    covered = 0
    bracketed = _BRACKETED.match(masked)
    if bracketed and _is_column(masked, bracketed, words):
        covered = bracketed.end()
        yield Anchor(0, covered, words.labels[key(bracketed[1])], bracketed[1], "", True)
        if words.labels[key(bracketed[1])] in BODIES:
            return
    for found in _DELIMITER.finditer(masked):
        if found.start() < covered:
            continue
        anchor = _anchor(masked, covered, found, words)
        if anchor is not None:
            covered = anchor.end
            yield from () if _holds_labels(anchor, masked, words) else (anchor,)
            if anchor.field in BODIES and not _holds_labels(anchor, masked, words):
                covered = _body_end(masked, anchor.end, words)
    if not covered and (named := words.labels.get(key(bare_label(masked)))) and len(masked) < 60:
        yield Anchor(0, len(line), named, bare_label(masked), "", True, bare=True)


def _is_column(line: str, found: re.Match[str], words: Vocabulary) -> bool:
    """Whether a marked word is a label without a sign: `*Task* load`, `` `Error` KeyError ``."""
    rest = line[found.end() :].lstrip(" *_`~)")
    named = words.labels.get(key(found[1]))
    fitting = named in STRONG or (named == "exception" and line.lstrip().startswith("`"))
    return fitting and not rest.startswith(
        (":", "：", "=", "(", "（", "[", "→", "-", "–", "—", "|")
    )


def _body_end(line: str, start: int, words: Vocabulary) -> int:
    """Where a quoted value on one line ends, so that labels after it are read."""
    value = line[start:].lstrip(" *_")
    if value[:1] in ('"', "'", "`") and not value.startswith("```"):
        shut = re.search(rf"(?<!\\){re.escape(value[0])}(?=\s*(?:[,|}};·•]|$))", value[1:])
        if shut:
            return len(line) - len(value) + 1 + shut.end()
    bar = re.search(r" [|·•] (?=[^|:]{2,30}[:：])", line[start:])
    if bar:
        return start + bar.end()
    told = [m for m in _SENTENCE.finditer(line, start) if words.labels.get(key(m[1])) in STRONG]
    return told[0].start() + 2 if len(told) > 1 else len(line)


def _anchor(line: str, covered: int, found: re.Match[str], words: Vocabulary) -> Anchor | None:
    segment = line[covered : found.start()]
    zone = _ZONE.search(segment.rstrip(_CLOSERS.replace("]", "").replace(")", "")))
    bare = (segment[: zone.start()] if zone else segment).rstrip(_CLOSERS)
    key_alone = _key_alone(bare, words) if _GLUED.match(line, found.start() - 1) else None
    match = (
        key_alone
        or _longest(bare, words)
        or (_longest(segment.rstrip(_CLOSERS), words) if zone else None)
    )
    if match is None:
        return None
    start, named = match
    before = bare[:start]
    first = (covered == 0 and not before.strip(" \t")) or not re.search(
        r"\w", line[:covered] + before
    )
    if _LOGFMT.match(line, covered + start) and _LOGFMT.search(line[: covered + start]):
        return Anchor(covered + start, found.end(), named, bare[start:].strip(), "", False)
    if not first and not (found["colon"] and _may_stand_inside(before, covered, named, words)):
        return None
    if not found["colon"] and not first:
        return None
    label = bare[start:].strip()
    return Anchor(covered + start, found.end(), named, label, zone[1] if zone else "", first)


def _may_stand_inside(before: str, covered: int, named: str, words: Vocabulary) -> bool:
    if named == "exception" and covered and len(before.split()) <= 3:
        # `Execution date: 2026-11-03 02:00 Error: x` on one line.
        return True
    last = before.split()[-1].strip(_CLOSERS + "-([{,;|").casefold() if before.split() else ""
    if last in words.qualifiers and not _SEPARATOR.search(before.rstrip(" *_`")):
        return False
    if covered == 0 and not before.strip():
        return True
    return (
        named in STRONG
        or bool(_SEPARATOR.search(before))
        or before.rstrip(" *_`").endswith((".", "!"))
    )


def _holds_labels(anchor: Anchor, line: str, words: Vocabulary) -> bool:
    """Whether what follows `Failure details:` is `dag=orders` and no error."""
    if anchor.field not in BODIES or not _DETAILS.search(anchor.label):
        return False
    said = _OPENING.match(line[anchor.end :])
    return said is not None and words.labels.get(key(said[1])) in STRONG


def _key_alone(segment: str, words: Vocabulary) -> tuple[int, str] | None:
    """The one word before the sign in `level=error msg="x" dag=orders`."""
    start = segment.rfind(" ") + 1
    named = words.labels.get(key(segment[start:]))
    return (start, named) if start and named else None


def _longest(segment: str, words: Vocabulary) -> tuple[int, str] | None:
    starts = [m.start() for m in re.finditer(r"(?<!\w)\w|(?<=[_*`])[^\W_]", segment[-90:])]
    offset = max(0, len(segment) - 90)
    for start in starts[-7:]:
        said = segment[offset + start :]
        if key(said) in words.labels:
            return offset + start, words.labels[key(said)]
    return None


def bare_label(line: str) -> str:
    """A label without the marks, brackets and colon around it."""
    return line.strip().strip("*_`~'\"[]{}()【】「」<>|•-–—#:：=?？ \t").strip()


def rows_unfolded(lines: list[str], words: Vocabulary) -> Iterator[str]:
    """A table with a row of labels becomes one `label: value` line a cell of its first row."""
    header: list[str] = []
    for number, line in enumerate(lines):
        cells = _cells(line)
        if (
            len(cells) > 1
            and any(len(_cells(one)) == len(cells) for one in lines[number + 1 : number + 3])
            and sum(_names_column(c, words) for c in cells) > 1
        ):
            header = [bare_label(c) for c in cells]
        elif header and cells and all(set(c) <= set("-: =+") for c in cells):
            continue
        elif header and len(cells) == len(header):
            yield from (f"{name}: {cell}" for name, cell in zip(header, cells, strict=True))
            header = []
        else:
            yield line


def _cells(line: str) -> list[str]:
    return [c.strip() for c in line.strip().strip("|").split("|")] if "|" in line else []


def _names_column(cell: str, words: Vocabulary) -> bool:
    """Whether a cell is a label; in `| State | failed |` the second is a value."""
    name = key(bare_label(cell))
    return words.labels.get(name) in ENDERS | BODIES and name not in words.states
