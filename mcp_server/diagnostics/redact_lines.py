"""Which steps of redaction each of some lines needs: found out for all of them together.

A look for a hint over many lines at once costs little more than over one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Protocol


class Step(Protocol):
    """One thing that is hidden: a rule, a vendor's token."""

    @property
    def reads_lower_case(self) -> bool:
        """Whether `places` wants the text in lower case."""

    def places(self, text: str) -> Iterator[int]:
        """Where in a text it may change something."""

    def apply(self, line: str) -> str:
        """The line without it."""


class _Joined:
    def __init__(self, lines: Sequence[str]) -> None:
        self.text = "\n".join(lines)
        self._starts = [0, *accumulate(len(line) + 1 for line in lines)][:-1]

    def numbers(self, places: Iterable[int]) -> set[int]:
        return {bisect_right(self._starts, place) - 1 for place in places}


def needed(lines: Sequence[str], steps: Iterable[Step]) -> list[list[Step]]:
    """For each line the steps that may change it, in their order."""
    exact, low = _Joined(lines), _Joined([line.lower() for line in lines])
    found: list[list[Step]] = [[] for _ in lines]
    for step in steps:
        where = low if step.reads_lower_case else exact
        for number in where.numbers(step.places(where.text)):
            found[number].append(step)
    return found
