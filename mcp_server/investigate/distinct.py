"""Proofs without their echoes: a log tells one error several times, a reader wants it once."""

import re
from collections.abc import Iterable

from mcp_server.investigate.finding import Clue

_CLASS = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Failure|Timeout)_?:\s+")
# Airflow 2 ends the message that it repeats with the process' id: "...; 4411)".
_PROCESS = re.compile(r"; \d+\)?\s*$")
_WORD = re.compile(r"[^\W\d_]{2,}|\d{3,}")


def distinct(clues: Iterable[Clue]) -> list[Clue]:
    """The clues in their order; a log line that says nothing beyond an earlier one is left out."""
    kept: list[Clue] = []
    told: list[frozenset[str]] = []
    seen: set[tuple[str, str]] = set()
    for clue in clues:
        said = _words(clue.quote)
        if (clue.kind, clue.quote) in seen or _is_echo(clue, said, told):
            continue
        seen.add((clue.kind, clue.quote))
        kept.append(clue)
        if clue.kind == "log":
            told.append(said)
    return kept


def _is_echo(clue: Clue, said: frozenset[str], told: list[frozenset[str]]) -> bool:
    return clue.kind == "log" and not clue.confirms and any(said <= earlier for earlier in told)


def _words(quote: str) -> frozenset[str]:
    """What a line says, without the exception's class and the process that said it."""
    text = _PROCESS.sub("", _CLASS.sub("", quote[:4000], count=1))
    return frozenset(_WORD.findall(text.lower()))
