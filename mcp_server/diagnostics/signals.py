"""The signals of categories.toml, compiled: what a line says about the cause."""

import os
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Signal:
    """A line that matches `pattern` points to `category` with `strength` (0-100)."""

    category: str
    strength: int
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading under which the next lines hold the cause (dbt)."""

    pattern: re.Pattern[str]
    lines: int
    categories: tuple[tuple[str, str], ...]

    def category(self, text: str) -> str:
        return next((c for word, c in self.categories if word in text), "unknown")


@dataclass(frozen=True, slots=True)
class Signals:
    """All that is known, in the order in which it is asked."""

    signals: tuple[Signal, ...]
    headings: tuple[Heading, ...]
    exceptions: tuple[tuple[re.Pattern[str], str], ...]
    words: tuple[str, ...]
    # Categories of a statement that a database refused: under a dbt heading they are dbt's.
    statements: frozenset[str] = frozenset()
    # A log says the same hundreds of times, and the same log is read again by the next question.
    _known: dict[tuple[str, int], Signal | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def worth_a_look(self, text: str) -> bool:
        """Say cheaply whether a line could matter at all; most lines of a log do not."""
        low = text.lower()
        return any(word in low for word in self.words)

    def first(self, text: str, *, above: int = -1) -> Signal | None:
        """The first signal that the line shows, of those stronger than `above`."""
        asked = (text, above)
        if asked not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            shown = (s for s in self.signals if s.strength > above and s.pattern.search(text))
            self._known[asked] = next(shown, None)
        return self._known[asked]

    def heading(self, text: str) -> Heading | None:
        return next((h for h in self.headings if h.pattern.search(text)), None)

    def of_exception(self, path: str) -> str:
        """The category of an exception's dotted path, or of its name alone."""
        name = path.rsplit(".", 1)[-1]
        return next(
            (c for p, c in self.exceptions if p.fullmatch(path) or p.fullmatch(name)),
            "python.code_error",
        )


@cache
def load_signals() -> Signals:
    """Read the shipped file and, before it, the team's own (DE_AGENT_CATEGORIES).

    Raises ValueError that names the file and the entry when a team's file is wrong.
    """
    shipped = (
        resources.files("mcp_server.diagnostics").joinpath("categories.toml").read_text("utf-8")
    )
    data = [tomllib.loads(shipped)]
    own = os.environ.get("DE_AGENT_CATEGORIES", "")
    if own:
        data.insert(0, _own(Path(own)))
    return Signals(
        tuple(_signal(s) for d in data for s in d.get("signal", ())),
        tuple(_heading(h) for d in data for h in d.get("heading", ())),
        tuple((re.compile(k), v) for d in data for k, v in d.get("exceptions", {}).items()),
        tuple(_word(word) for d in data for word in d.get("words", ())),
        frozenset(name for d in data for name in d.get("statements", ())),
    )


def _own(path: Path) -> dict[str, Any]:  # Any: TOML as read
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as wrong:
        raise ValueError(f"DE_AGENT_CATEGORIES: cannot read {path}: {wrong}") from wrong


def _word(word: str) -> str:
    """A word must leave a trace in a line's shape (see scan.py)."""
    if word != word.lower() or not re.search(r"[^0-9a-f\s.,:+-]", word):
        raise ValueError(f"words: {word!r} must be lower case and hold a letter after f")
    return word


def _signal(entry: dict[str, Any]) -> Signal:  # Any: TOML as read
    joined = "|".join(f"(?:{p})" for p in entry["any"])
    try:
        return Signal(entry["category"], entry["strength"], re.compile(joined, re.IGNORECASE))
    except re.error as wrong:
        raise ValueError(f"signal of {entry['category']}: {wrong} in {wrong.pattern!r}") from wrong


def _heading(entry: dict[str, Any]) -> Heading:  # Any: TOML as read
    return Heading(re.compile(entry["pattern"]), entry["lines"], tuple(entry["categories"].items()))
