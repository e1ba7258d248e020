"""An alert's own words are few: of more, what opens a message and what ends it is searched."""

from collections.abc import Callable
from typing import TypeVar

MOST_HEAD, MOST_TAIL = 2_000, 600
T = TypeVar("T")


def both_ends(said: list[T], size: Callable[[T], int]) -> list[T]:
    """The first items and the last ones, each up to their bound of characters."""
    head = _fitting(said, size, MOST_HEAD)
    tail = _fitting(said[: head - 1 : -1] if head else said[::-1], size, MOST_TAIL)
    return said[:head] + said[len(said) - tail :]


def _fitting(said: list[T], size: Callable[[T], int], most: int) -> int:
    total = 0
    for number, one in enumerate(said):
        total += size(one)
        if total > most and number:
            return number
    return len(said)
