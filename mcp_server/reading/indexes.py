"""Map indexes as people list them."""

from collections.abc import Iterable

MOST = 8


def said_indexes(indexes: Iterable[int]) -> str:
    """Say `0-4, 7, 11`, ascending; past eight parts `and 60 more`."""
    parts = _runs(sorted(set(indexes)))
    said = [f"{low}-{high}" if high > low else str(low) for low, high in parts[:MOST]]
    left = sum(high - low + 1 for low, high in parts[MOST:])
    return ", ".join(said) + (f" and {left} more" if left else "")


def _runs(ordered: list[int]) -> list[tuple[int, int]]:
    """Neighbours joined: (first, last) each; two alone stay two."""
    found: list[tuple[int, int]] = []
    for one in ordered:
        if found and one == found[-1][1] + 1:
            found[-1] = found[-1][0], one
        else:
            found.append((one, one))
    return [
        part
        for low, high in found
        for part in ([(low, low), (high, high)] if high == low + 1 else [(low, high)])
    ]
