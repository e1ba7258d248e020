"""What a line must hold for a regular expression to match it at all: a cheap question before it.

Python tries each alternative of a pattern at each place of a line. Most patterns have some fixed
words in each alternative; a line without any of them needs no search.
"""

import re

from mcp_server.diagnostics.lookup import Lookup

_CLASSES = frozenset("wWsSdDnrtfvx0123456789")
_ZERO_WIDTH = frozenset("bBAZ")
_ESCAPES = {"x": 4, "u": 6, "U": 10}
SHORTEST = 2
_EVERYWHERE = re.compile(r"fail|error|not |found|exception")
COMMON = 5
_GROUP = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")  # none that only looks ahead or behind


def keys_of(pattern: str) -> frozenset[str] | None:
    """Lower case texts of which a matching line holds at least one; None when there is no saying.

    Takes the subset of expressions that categories.toml uses (no inline flags, no back references).
    """
    keys: set[str] = set()
    for alternative in _split(pattern):
        found = _required(alternative)
        if found is None:
            return None
        keys |= found
    return frozenset(keys)


class Guarded:
    """A regular expression that is searched only where a text it needs stands."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        keys = keys_of(pattern.pattern)
        self._keys = None if keys is None else Lookup(keys)

    def search(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the text."""
        may = self._keys is None or self._keys.any_in(text.lower())
        return may and bool(self._pattern.search(text))


def _split(pattern: str) -> list[str]:
    """The alternatives at the top level of a pattern."""
    parts, start, at = [], 0, 0
    while at < len(pattern):
        if pattern[at] == "|":
            parts.append(pattern[start:at])
            start = at + 1
        at = _past(pattern, at)
    return [*parts, pattern[start:]]


def _past(pattern: str, at: int) -> int:
    """Where the piece that begins at `at` ends: a character, an escape, a class or a group."""
    sign = pattern[at]
    if sign == "\\":
        return at + _ESCAPES.get(pattern[at + 1], 2)
    if sign == "[":
        end = at + 2 + (pattern[at + 1 : at + 2] == "^")
        while pattern[end - 1] != "]" or end - 1 == at + 1:
            end += 2 if pattern[end - 1] == "\\" else 1
        return end
    if sign == "(":
        end = at + 1
        while pattern[end] != ")":
            end = _past(pattern, end)
        return end + 1
    return at + 1


def _required(alternative: str) -> frozenset[str] | None:
    """The longest fixed text of one alternative, or the fixed texts of a group that it needs."""
    runs, groups, run, at = [], [], "", 0
    while at < len(alternative):
        end = _past(alternative, at)
        piece = alternative[at:end]
        least, end = _repeat(alternative, end)
        letter = _letter(piece)
        if letter and least == 1:
            run += letter
        elif letter is None or end > at + len(piece):
            runs.append(run + (letter or "") if letter and least > 1 else run)
            run = ""
            if least >= 1 and (group := _GROUP.match(piece)):
                groups.append(piece[group.end() : -1])
        at = end
    best = max([*runs, run], key=len).lower()
    found = [frozenset((best,))] if len(best) >= SHORTEST else []
    found += [keys for group in groups if (keys := keys_of(group))]
    return max(found, key=lambda keys: min(map(_telling, keys)), default=None)


def _telling(key: str) -> int:
    """How seldom a text stands in a failure's log: by its length, less for what stands in most."""
    return len(key) - len(_EVERYWHERE.findall(key)) * COMMON


def _letter(piece: str) -> str | None:
    """The character that a piece stands for; "" for none (an edge), None for any of several."""
    if len(piece) == 1:
        return None if piece == "." else "" if piece in "^$" else piece
    if piece[0] == "\\":
        if piece[1] in _ZERO_WIDTH:
            return ""
        if piece[1] in _ESCAPES:
            return chr(int(f"0x{piece[2:]}", 0))
        return None if piece[1] in _CLASSES else piece[1]
    return None


def _repeat(pattern: str, at: int) -> tuple[int, int]:
    """(how often at least, where the quantifier ends) of the piece that ended at `at`.

    A piece with "+" counts 2: it may stand more than once, so nothing is joined to it.
    """
    sign = pattern[at : at + 1]
    if sign in ("*", "?", "+"):
        return (2 if sign == "+" else 0), at + 1 + (pattern[at + 1 : at + 2] == "?")
    if sign == "{":
        end = pattern.index("}", at) + 1
        return (2 if pattern[at + 1] not in "0," else 0), end
    return 1, at
