"""The error a message quotes, without sentences that say nothing."""

import re

from slack_bridge.alert.ids import says_nothing
from slack_bridge.alert.reading import Labelled, Reading
from slack_bridge.alert.slack_text import without_marks
from slack_bridge.alert.vocabulary import Vocabulary

MOST_CHARACTERS = 4_000
# `failed with exception: KeyError: 'x'`, `failed due to: disk is full`
_SPOKEN = re.compile(
    r"(?i)\b(?:fail\w*|crashed|errored|broke|aborted)\W{1,3}(?:with|due to|because(?: of)?|caused by|reason)\b"
    r"(?: an?| the| this| following){0,2}(?: (?:exception|error(?: message)?|message))?\s*[:\-–—]\s*(?P<text>.{6,})$"
)
# A failure `with the error: timeout`, in other languages.
_FOREIGN = re.compile(
    r"(?i)\b(?:с ошибкой|con (?:el )?error|com (?:o )?erro|avec (?:l['’])?erreur|mit (?:dem )?fehler|con errore|z błędem|met fout|med fe(?:i|j)?l)\s*[:：]\s*(?P<text>.{3,})$"
)
# `Task load_x failed: KeyError('x')`, `Broken DAG: [orders.py] ImportError: x`
_RAISED = re.compile(
    r"(?:[:\]—–]|\s-|(?i:\b(?:raised|threw|with)))\s*(?P<text>(?:[a-z_]\w*\.)*(?:[A-Z]\w*(?:Error|Exception|Timeout)\b|(?<=\.)[A-Z]\w*(?=: )).{0,400})$"
)
_HEADLINE_ERROR = re.compile(
    r"^\W*(?:\*\W*)?(?:ERROR|CRITICAL|FATAL|Exception|\w+(?:Error|Exception))\b\s*[\-–—:]+\s*(?P<text>.{10,})$"
)
# `Task load_x failed: division by zero`
_AFTER_COLON = re.compile(
    r"(?:\s+(?:at|on|for)\s+\d[\d\-T:+.Z ]{6,40}?)?\s*[:：]\s+(?P<text>(?P<first>[^\W\d_]+)\s+[^\W\d_]{2,}.{2,})$"
)
_SAID = (_SPOKEN, _FOREIGN, _RAISED)


def pick_exception(reading: Reading, words: Vocabulary, *, named: bool) -> Labelled | None:
    """The quoted error: a labelled one, a traceback or code, a labelled message, in this order."""
    ranked = sorted(
        (b for b in reading.bodies if b.field != "body" and _said(b.value, words)),
        key=lambda b: (b.field != "exception", b.label == "```"),
    )
    if ranked:
        return _trimmed(ranked[0])
    for place, line in reading.lines:
        text = without_marks(line)
        found = next((m for said in _SAID if (m := said.search(text))), None)
        found = found or (None if named else _HEADLINE_ERROR.match(text))
        found = found or _after_failed(text, words)
        if found:
            return _trimmed(Labelled("exception", found["text"], place))
    return None


def _after_failed(text: str, words: Vocabulary) -> re.Match[str] | None:
    """Words of an error behind `failed:`; ids stand there as well, and a noun before them."""
    for failed in words.words["failure"].finditer(text):
        found = _AFTER_COLON.match(text, failed.end())
        if found and found["first"].casefold() not in words.nouns and _said(found["text"], words):
            return found
    return None


def _said(text: str, words: Vocabulary) -> bool:
    bare = without_marks(text).strip().strip("`* _'\"")
    return bool(bare) and not says_nothing(bare, words)


def _trimmed(body: Labelled) -> Labelled:
    text = without_marks(body.value).strip().strip("`").strip()
    text = text.strip("*_ ") if "\n" not in text else text
    if len(text) > MOST_CHARACTERS:
        # The first lines name the error, the last ones its cause.
        half = MOST_CHARACTERS // 2
        text = text[:half] + "\n...\n" + text[-half:]
    return Labelled(body.field, text, body.place, body.label)
