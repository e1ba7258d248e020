"""Whether a sentence speaks only of what was read, and where a quoted line stands."""

import json
import re
from collections.abc import Iterable

from mcp_server.diagnostics.redact import redact
from slack_bridge.message.text import is_plain_word, plain
from slack_bridge.toolbox import Source

_PIECE = re.compile(r"[^\W_][\w$-]{2,}")
_BIG_NUMBER = re.compile(r"\d{3,}")
# What a reader puts in front of a line: a mark, a line number, a citation.
_PREFIX = re.compile(r"^(?:[>*•-]\s+)?(?:\[\d{1,3}\]\s+)?(?:>?\s*(?:@?\d{1,13}|-):\s+)?")
_MENTION = re.compile(r"<[!@#][^>\s]{0,80}>?")
_ADDRESS = re.compile(r"(?:https?|ftp|slack)://\S+|www\.\S+", re.IGNORECASE)
SHORTEST = 8


def normal(text: str) -> str:
    """Redacted text with each run of white space as one space."""
    return " ".join(redact(text).split())


def tame(text: str, most: int) -> str:
    """A model's sentence on one line, redacted, without addresses and mentions."""
    return plain(_MENTION.sub("", _ADDRESS.sub("", text)), most).strip()


class Corpus:
    """Everything that was read in one investigation."""

    def __init__(self, sources: Iterable[Source], more: str = "") -> None:
        self._sources = [(s, normal(s.text)) for s in sources]
        structured = (json.dumps(s.structured, ensure_ascii=False) for s, _ in self._sources)
        texts = [text for _, text in self._sources]
        self._all = normal("\n".join([*texts, *structured, more])).lower()

    def find(self, quote: str, call: int) -> tuple[str, Source] | None:
        """The quote's longest line that a result holds, and that result; `call` is asked first."""
        ordered = sorted(self._sources, key=lambda pair: pair[0].number != call)
        for line in _lines(quote):
            for source, text in ordered:
                if line in text:
                    return line, source
        return None

    def grounds(self, sentence: str) -> bool:
        """True when each name and number of the sentence stands somewhere in what was read."""
        words = (word.strip(".,;:!?…()[]{}\"'`“”") for word in sentence.split())
        return all(self._has(word) for word in words)

    def _has(self, word: str) -> bool:
        if is_plain_word(word) and not _BIG_NUMBER.search(word):
            return True
        if word.lower() in self._all:
            return True
        # Shorter pieces, as in S3, name nothing.
        return all(piece.lower() in self._all for piece in _PIECE.findall(word))


def _lines(quote: str) -> list[str]:
    """The lines of a quote worth looking for, as they stand and without prefix, longest first."""
    whole = [normal(line) for line in quote.splitlines()]
    lines = [form for line in whole for form in (_PREFIX.sub("", line), line)]
    worth = [line for line in lines if len(line) >= SHORTEST and re.search(r"[^\W\d_]{3}", line)]
    return sorted(dict.fromkeys(worth), key=len, reverse=True)
