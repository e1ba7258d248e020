"""A caller's regular expression as a test of lines whose time is bounded.

Python's search goes back over what it tried, and nothing can stop it: a repeat of a repeat, as in
`(a+)+`, or many repeats that take the same characters would hold the whole server up.
"""

import re
import warnings
from collections.abc import Callable, Iterator

from mcp_server.errors import BadRequest

# So much of a line is read for a pattern with so many repeats of anything.
LONGEST = (4_000, 4_000, 1_000, 400)
_REPEAT = re.compile(r"([*+]|\{\d*,\d*\}|\{\d+\}|\?)[?+]?")
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)
_HEAD = re.compile(r"\(\?(?:P?<\w+>|[aiLmsux-]*:|<?[=!]|>)|\(")
_ENDS = re.compile(r"^(?:\.\*\??)+|(?<!\\)(?:\.\*\??)+$")
_NARROW = {"\\s": "space", " ": "space", "\\t": "space", "\\w": "word", "\\d": "word"}


def matcher(pattern: str) -> Callable[[str], bool]:
    """A test for a regular expression, upper and lower case alike.

    One that does not compile is taken as plain text. Raises BadRequest for one that may never end.
    """
    pattern = _ENDS.sub("", pattern)
    try:
        found = _compiled(pattern)
    except (re.error, OverflowError, RecursionError):
        pattern = re.escape(pattern)
        found = _compiled(pattern)
    wide = _wide(pattern)
    if wide >= len(LONGEST) or is_endless(pattern):
        raise BadRequest(
            f"The pattern {pattern[:80]!r} repeats what repeats already, which may never end."
            " Write it simpler, as `a+` for `(a+)+`, or look for plain text."
        )
    return lambda text: found.search(text[: LONGEST[wide]]) is not None


def _compiled(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        # `[[a]` may mean something else in a Python to come.
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(pattern, re.IGNORECASE)


def is_endless(pattern: str) -> bool:
    """True when a repeat holds a repeat or a choice, or two beside each other take the same."""
    before = ""
    for atom, repeat in _atoms(pattern):
        inner = _inner(atom)
        if inner and (is_endless(inner) or (_is_many(repeat) and _varies(inner))):
            return True
        if _is_many(repeat) and before and _take_the_same(before, atom):
            return True
        if repeat != "?":
            before = atom if _is_many(repeat) else ""
    return False


def _wide(pattern: str) -> int:
    """How many repeats there are of what takes nearly any character."""
    atoms = list(_atoms(pattern))
    own = sum(_is_many(repeat) and _kind(atom) == "any" for atom, repeat in atoms)
    return own + sum(_wide(inner) for atom, _ in atoms if (inner := _inner(atom)))


def _varies(pattern: str) -> bool:
    """Whether it can take the same text in more than one way."""
    return any(atom == "|" or repeat or _inner(atom) for atom, repeat in _atoms(pattern))


def _is_many(repeat: str) -> bool:
    return repeat[:1] in ("*", "+") or "," in repeat


def _take_the_same(one: str, other: str) -> bool:
    kinds = {_kind(one), _kind(other)}
    return len(kinds) == 1 or "any" in kinds


def _kind(atom: str) -> str:
    if atom in _NARROW:
        return _NARROW[atom]
    plain = atom.removeprefix("\\")
    return plain if len(plain) == 1 and atom not in (".", "\\S", "\\W", "\\D") else "any"


def _inner(atom: str) -> str:
    """What a group holds; "" for any other atom."""
    head = _HEAD.match(atom)
    return atom[head.end() : -1] if head else ""


def _atoms(pattern: str) -> Iterator[tuple[str, str]]:
    """Each atom of the outermost level with its repeat, "" where it stands once."""
    at = 0
    while at < len(pattern):
        end = _end_of(pattern, at)
        repeat = _REPEAT.match(pattern, end)
        yield pattern[at:end], repeat[1] if repeat else ""
        at = repeat.end() if repeat else end


def _end_of(pattern: str, at: int) -> int:
    if pattern[at] == "\\":
        return at + 2
    if pattern[at] == "[" and (found := _CLASS.match(pattern, at)):
        return found.end()
    return _end_of_group(pattern, at) if pattern[at] == "(" else at + 1


def _end_of_group(pattern: str, at: int) -> int:
    head = _HEAD.match(pattern, at)
    at = head.end() if head else at + 1
    while at < len(pattern) and pattern[at] != ")":
        at = _end_of(pattern, at)
    return at + 1
