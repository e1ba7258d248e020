"""Names like the one that was asked for."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str], most: int = 5) -> list[str]:
    """The known names nearest to `name`: those that hold it (or that it holds), then close ones."""
    names = list(dict.fromkeys(known))
    asked = name.lower()
    holding = [n for n in names if asked and (asked in n.lower() or n.lower() in asked)]
    # A task is remembered without its group's name.
    lower = {n.lower().rpartition(".")[2]: n for n in reversed(names)}
    lower |= {n.lower(): n for n in names}
    close = [lower[n] for n in get_close_matches(asked, lower, n=most, cutoff=0.5)]
    return list(dict.fromkeys([*close, *holding]))[:most]


def said_near(name: str, known: Iterable[str], *, noun: str, otherwise: str = "") -> str:
    """Say `Near: a, b.`, else a few that exist, or `otherwise` when none do."""
    names = list(dict.fromkeys(known))
    found = near(name, names)
    if found:
        return f"Near: {', '.join(found)}."
    if not names:
        return otherwise
    if len(names) == 1:
        return f"There is only {names[0]}."
    rest = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"There are {noun}: {', '.join(names[:8])}{rest}."
