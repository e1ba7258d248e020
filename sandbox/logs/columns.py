"""Patterns over columns: `[ip, user, status_code = 4*, ...]`."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from sandbox.logs.selector import PatternError

# A column is bracketed, quoted, or runs to the next space.
_COLUMN = re.compile(r'\[([^\]]*)\]|"([^"]*)"|(\S+)')
_CONDITION = re.compile(
    r'^\s*(?P<name>[\w.]+)\s*(?:(?P<op>!=|<=|>=|=|<|>)\s*(?P<value>"[^"]*"|%[^%]+%|\S+))?\s*$'
)
_TESTS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def columns_matcher(pattern: str) -> Callable[[str], bool]:
    """A test for messages from `[...]`; `...` stands for any number of columns."""
    if not pattern.endswith("]"):
        raise PatternError("Invalid filter pattern: columns end with ]")
    parts = [part.strip() for part in _split(pattern[1:-1])]
    tests = [_column(part) for part in parts if part != "..."]
    rest = parts.index("...") if "..." in parts else None

    def match(message: str) -> bool:
        columns = ["".join(groups) for groups in _COLUMN.findall(message)]
        chosen = _align(columns, len(tests), rest)
        return chosen is not None and all(t(c) for t, c in zip(tests, chosen, strict=True))

    return match


def _split(text: str) -> list[str]:
    return re.findall(r'(?:"[^"]*"|%[^%]*%|[^,"%])+', text)


def _align(columns: list[str], wanted: int, rest: int | None) -> list[str] | None:
    if rest is None:
        return columns if len(columns) == wanted else None
    if len(columns) < wanted:
        return None
    tail = wanted - rest
    return columns[:rest] + (columns[-tail:] if tail else [])


def _column(part: str) -> Callable[[str], bool]:
    """One column's test: all its conditions, joined by && or by ||."""
    if "||" in part:
        either = [_column(piece) for piece in part.split("||")]
        return lambda text: any(test(text) for test in either)
    tests = [_condition(piece) for piece in part.split("&&")]
    return lambda text: all(test(text) for test in tests)


def _condition(piece: str) -> Callable[[str], bool]:
    found = _CONDITION.match(piece)
    if found is None:
        raise PatternError(f"Invalid filter pattern near '{piece.strip()}'")
    operator, value = found["op"], found["value"]
    if operator is None:
        return lambda text: True
    if operator in _TESTS:
        return lambda text: _compare(text, operator, value)
    test = _text_test(value)
    return test if operator == "=" else lambda text: not test(text)


def _text_test(value: str) -> Callable[[str], bool]:
    if value.startswith("%"):
        search = re.compile(value[1:-1]).search
        return lambda text: search(text) is not None
    glob = value.strip('"').replace("[", "[[]").replace("?", "[?]")
    return lambda text: fnmatchcase(text, glob)


def _compare(text: str, operator: str, value: str) -> bool:
    try:
        return _TESTS[operator](float(text), float(value))
    except ValueError:
        return False
