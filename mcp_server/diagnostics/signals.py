"""The signals of categories.toml, compiled: what a line says about the cause."""

import os
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any

from mcp_server.diagnostics.literals import keys_of
from mcp_server.diagnostics.lookup import Lookup

REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Signal:
    """A line that matches `pattern` points to `category` with `strength` (0-100)."""

    category: str
    strength: int
    source: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a line first asks for it: one log needs few of the hundreds."""
        return _compiled(self.source)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


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
    # Categories of a statement that a database refused: under a dbt heading they are dbt's.
    statements: frozenset[str] = frozenset()
    found_words: Lookup = field(default_factory=lambda: Lookup(()), repr=False)
    # The texts that patterns need, the places of the signals that need each, and of the others.
    keys: Lookup = field(default_factory=lambda: Lookup(()), repr=False)
    needs: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)
    always: tuple[int, ...] = ()
    # A log says the same hundreds of times, and the same log is read again by the next question.
    _known: dict[tuple[str, int], Signal | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def worth_a_look(self, text: str) -> bool:
        """Say cheaply whether a line could matter at all; most lines of a log do not."""
        return self.found_words.any_in(text.lower())

    def first(self, text: str, *, above: int = -1) -> Signal | None:
        """The first signal that the line shows, of those stronger than `above`."""
        asked = (text, above)
        if asked not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            may = (self.signals[at] for at in sorted(self._possible(text)))
            shown = (s for s in may if s.strength > above and s.pattern.search(text))
            self._known[asked] = next(shown, None)
        return self._known[asked]

    def _possible(self, text: str) -> set[int]:
        """The places of the signals whose patterns could match the line."""
        held = self.keys.held(text.lower())
        return set(chain.from_iterable(self.needs[key] for key in held)).union(self.always)

    def heading(self, text: str) -> Heading | None:
        if "Error" not in text:
            return None
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
    signals = tuple(s for d in data for entry in d.get("signal", ()) for s in _signals(entry))
    words = tuple(_word(word) for d in data for word in d.get("words", ()))
    needs = _needs(signals)
    return Signals(
        signals,
        tuple(_heading(h) for d in data for h in d.get("heading", ())),
        tuple((re.compile(k), v) for d in data for k, v in d.get("exceptions", {}).items()),
        frozenset(name for d in data for name in d.get("statements", ())),
        Lookup(words),
        Lookup(needs),
        needs,
        tuple(at for at, signal in enumerate(signals) if keys_of(signal.source) is None),
    )


def _needs(signals: tuple[Signal, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for at, signal in enumerate(signals):
        for key in keys_of(signal.source) or ():
            found[key] = (*found.get(key, ()), at)
    return found


def _own(path: Path) -> dict[str, Any]:  # Any: TOML as read
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as wrong:
        raise ValueError(f"DE_AGENT_CATEGORIES: cannot read {path}: {wrong}") from wrong
    for entry in data.get("signal", ()):
        _check(entry)
    return data


def _word(word: str) -> str:
    """A word must leave a trace in a line's shape (see scan.py)."""
    if word != word.lower() or not re.search(r"[^0-9a-f\s.,:+-]", word):
        raise ValueError(f"words: {word!r} must be lower case and hold a letter after f")
    return word


def _signals(entry: dict[str, Any]) -> list[Signal]:  # Any: TOML as read
    """One signal a pattern: each is asked only where it could match."""
    return [Signal(entry["category"], entry["strength"], pattern) for pattern in entry["any"]]


def _check(entry: dict[str, Any]) -> None:  # Any: TOML as read
    """Raise for a pattern of a team's own that is none, now and not in the middle of a night."""
    for signal in _signals(entry):
        try:
            _ = signal.pattern
        except re.error as wrong:
            raise ValueError(
                f"signal of {entry['category']}: {wrong} in {wrong.pattern!r}"
            ) from wrong


def _heading(entry: dict[str, Any]) -> Heading:  # Any: TOML as read
    return Heading(re.compile(entry["pattern"]), entry["lines"], tuple(entry["categories"].items()))
