"""Which steps of redaction each of some lines needs: found out for all of them together.

The texts that steps look for are sought at once, in one pass over all lines.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from mcp_server.diagnostics.lookup import Lookup


class Step(Protocol):
    """One thing that is hidden: a rule, a vendor's token."""

    @property
    def hints(self) -> tuple[str, ...]:
        """Texts without one of which it changes no line; () when there is no saying."""

    @property
    def reads_lower_case(self) -> bool:
        """Whether the hints stand in the text in lower case."""

    def places(self, text: str) -> Iterator[int]:
        """Where in a text a step without hints may change something."""

    def apply(self, line: str) -> str:
        """The line without it."""


class _Joined:
    def __init__(self, lines: Sequence[str]) -> None:
        self.text = "\n".join(lines)
        self._starts = [0, *accumulate(len(line) + 1 for line in lines)][:-1]

    def number(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1


class _Hinted:
    """Steps by their hints; the number of a step is its place among all."""

    def __init__(self, steps: Iterable[tuple[int, Step]]) -> None:
        self._steps: dict[str, list[int]] = {}
        for number, step in steps:
            for hint in step.hints:
                self._steps.setdefault(hint, []).append(number)
        self._hints = Lookup(self._steps)

    def found(self, where: _Joined) -> Iterator[tuple[int, int]]:
        """(line, step) for each hint that stands there."""
        for place, hint in self._hints.places(where.text):
            line = where.number(place)
            yield from ((line, number) for number in self._steps[hint])


class Needs:
    """Knows all steps, in the order in which they are taken."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        numbered = [(number, step) for number, step in enumerate(steps) if step.hints]
        self._exact = _Hinted(pair for pair in numbered if not pair[1].reads_lower_case)
        self._low = _Hinted(pair for pair in numbered if pair[1].reads_lower_case)
        self._asked = [(number, step) for number, step in enumerate(steps) if not step.hints]

    def of(self, lines: Sequence[str]) -> list[list[Step]]:
        """For each line the steps that may change it, in their order."""
        exact, low = _Joined(lines), _Joined([line.lower() for line in lines])
        found: list[set[int]] = [set() for _ in lines]
        for line, number in (*self._exact.found(exact), *self._low.found(low)):
            found[line].add(number)
        for number, step in self._asked:
            for place in step.places(exact.text):
                found[exact.number(place)].add(number)
        return [[self._steps[number] for number in sorted(numbers)] for numbers in found]
