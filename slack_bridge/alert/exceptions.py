"""The error a message quotes, without sentences that say nothing."""

import re

from slack_bridge.alert.fields import Labelled, Reading
from slack_bridge.alert.ids import says_nothing
from slack_bridge.alert.slack_text import without_marks
from slack_bridge.alert.vocabulary import Vocabulary

MOST_CHARACTERS = 4_000
_HEADLINE_ERROR = re.compile(
    r"^\W*(?:\*\W*)?(?:ERROR|CRITICAL|FATAL|Exception|\w+(?:Error|Exception))\b\s*[\-–—:]+\s*(?P<text>.{10,})$"
)


def pick_exception(reading: Reading, words: Vocabulary, *, named: bool) -> Labelled | None:
    """The quoted error: a labelled one, a traceback or code, a labelled message, in this order."""
    ranked = sorted(
        (b for b in reading.bodies if b.field != "body" and _said(b.value, words)),
        key=lambda b: (b.field != "exception", b.label == "```"),
    )
    if ranked:
        return _trimmed(ranked[0])
    if named:
        return None
    for place, line in reading.lines:
        found = _HEADLINE_ERROR.match(without_marks(line))
        if found:
            return _trimmed(Labelled("exception", found["text"], place))
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
