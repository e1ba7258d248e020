"""Ids in headings and in lists of states."""

import re

from slack_bridge.alert import ids
from slack_bridge.alert.reading import Reading
from slack_bridge.alert.slack_text import EMOJI, without_marks
from slack_bridge.alert.state import pictured
from slack_bridge.alert.vocabulary import Vocabulary

HEADLINE_ID = re.compile(rf"^[^\w\[]*(?:\[[^\]]*\][^\w\[]*)*(?P<id>{ids.ID})\W*(?:\s|:|$)")
_LISTED = re.compile(
    rf"^\W*(?P<task>{ids.ID})[`*]*(?:\s*(?::|=|→|\|)\s*|\s+(?:-|–|is)\s+)[`*]*(?P<state>\w+)[`*]*\W*$"
)
_ANNOUNCED = re.compile(
    r"(?i)^\W*(?:the )?(?:following )?(?:failed tasks|(?:following )?tasks\b.{0,90}?\b(?:have |has )?failed)\W*$"
)
_BULLET = re.compile(rf"^\s*[•\-*–◦]\s+[`*_]*(?P<task>{ids.ID})[`*_]*\s*$")
_ICON = re.compile(
    rf"^\s*(?P<icon>:[a-z_\-]+:|[^\w\s`*:]{{1,2}})\s+[`*_]*(?P<task>{ids.ID})[`*_]*\s*(?:[—–:(\-]|$)"
)
_AUXILIARY = re.compile(r"(?i)^(?:(?:has|have|had|is|was|just|now)\s+)+")
_NAMED_LAST = re.compile(rf"[:|>–—\-]\s*[`*\"']*(?P<id>{ids.ID})[`*\"'.!]*\s*$")
_NUMBER = re.compile(r"^\W*#\d+\s*[:.–—\-]?\s*")
_ALERT = re.compile(r"(?i)\b(?:alert|alarm|notification)\b|알림|アラート|告警|alerta|alerte")
_FAILED = ("failed", "failure", "error", "실패", "失敗", "失败", "fallida", "échouée", "falhou")


def ids_only(text: str) -> str:
    """A heading without pictures and its incident's number, for its first id."""
    return _NUMBER.sub("", EMOJI.sub("", text)).strip()


def quoted(text: str, said: str) -> bool:
    """Whether an id stands in code, bold or quotes."""
    if said not in text or not any(mark in text for mark in "`\"'*"):
        return False
    return bool(re.search(rf"(?<!\w)[`\"'*]\s*{re.escape(said)}\s*[`\"'*](?!\w)", text))


def told(heading: str, said: str, words: Vocabulary) -> bool:
    """Whether the words right after the id, or before it, tell of a failure."""
    before, _, after = without_marks(heading).partition(said)
    after = re.sub(r"^[\W_]+", "", after)
    near = words.words["failure"].match(_AUXILIARY.sub("", after)) or re.match(
        r"(?i)(task|dag|job|run|pipeline)\W+fail", after
    )
    return bool(near) or (not after.strip(" *_`!.") and bool(words.words["failure"].search(before)))


def failed_in_list(reading: Reading, words: Vocabulary) -> list[str | None]:
    """The tasks that a list of states, or of pictures of states, says have failed."""
    said: list[str | None] = []
    announced = False
    for _, line in reading.lines:
        bullet = _BULLET.match(without_marks(line)) if announced else None
        if bullet:
            said.append(bullet["task"])
            continue
        announced = bool(_ANNOUNCED.match(EMOJI.sub("", line))) or (announced and not line.strip())
        found = _LISTED.match(EMOJI.sub("", without_marks(line)))
        if found and found["state"].casefold() in _FAILED:
            said.append(found["task"])
    return said or _pictured_in_list(reading, words)


def _pictured_in_list(reading: Reading, words: Vocabulary) -> list[str | None]:
    """`✅ read — 3s`, `❌ load — 12s`: the tasks with a picture of failure before them."""
    rows = [m for _, line in reading.lines if (m := _ICON.match(without_marks(line)))]
    failed = [m["task"] for m in rows if pictured(m["icon"], "failure", words)]
    return list[str | None](failed) if len(rows) > 1 else []


def named_last(heading: str, words: Vocabulary) -> str | None:
    """The id that ends a heading which announces an alert: `Airflow alert: orders`."""
    text = ids_only(without_marks(heading))
    found = _NAMED_LAST.search(text)
    before = text[: found.start()] if found else ""
    if not found or not (words.words["failure"].search(before) or _ALERT.search(before)):
        return None
    said = found["id"]
    return said if ids.looks_like_id(said) or quoted(text, said) else None
