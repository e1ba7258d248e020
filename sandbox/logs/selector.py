"""Selectors over JSON events: `{ $.level = "error" && $.try_number > 1 }`."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

Test = Callable[[object], bool]


class PatternError(Exception):
    """The pattern is not one; the text is the service's message."""


_TOKEN = re.compile(
    r"""\s*(?:(?P<path>\$(?:\.[\w-]+|\[(?:\d+|\*|"[^"]*"|'[^']*')\])+)
    |(?P<and>&&)|(?P<or>\|\|)|(?P<open>\()|(?P<close>\))
    |(?P<op>!=|<=|>=|=|<|>)
    |(?P<keyword>(?:IS\s+(?:NOT\s+)?(?:NULL|TRUE|FALSE))|NOT\s+EXISTS|EXISTS)(?=[\s)]|$)
    |"(?P<quoted>(?:[^"\\]|\\.)*)"
    |(?P<regex>%[^%]+%)
    |(?P<word>[^\s()&|=<>!"]+))""",
    re.VERBOSE | re.IGNORECASE,
)
_MISSING = object()


def json_matcher(pattern: str) -> Test:
    """A test for decoded events from `{ ... }`."""
    if not pattern.endswith("}"):
        raise PatternError("Invalid filter pattern: a JSON selector ends with }")
    return _Parser(pattern[1:-1]).parse()


class _Parser:
    """Recursive descent: or-terms of and-terms of comparisons and parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        text = text.strip()
        position = 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None or found.end() == position:
                raise PatternError(f"Invalid filter pattern near '{text[position:]}'")
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            position = found.end()

    def parse(self) -> Test:
        test = self._any()
        if self._tokens:
            raise PatternError(f"Invalid filter pattern near '{self._tokens[0][1]}'")
        return test

    def _take(self, *kinds: str) -> tuple[str, str]:
        if not self._tokens or self._tokens[0][0] not in kinds:
            near = self._tokens[0][1] if self._tokens else "its end"
            raise PatternError(f"Invalid filter pattern near {near!r}")
        return self._tokens.pop(0)

    def _next_is(self, kind: str) -> bool:
        return bool(self._tokens) and self._tokens[0][0] == kind

    def _any(self) -> Test:
        tests = [self._all()]
        while self._next_is("or"):
            self._take("or")
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda d: any(test(d) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._next_is("and"):
            self._take("and")
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda d: all(test(d) for test in tests)

    def _one(self) -> Test:
        if self._next_is("open"):
            self._take("open")
            test = self._any()
            self._take("close")
            return test
        steps = _steps(self._take("path")[1])
        if self._next_is("keyword"):
            return _state(steps, " ".join(self._take("keyword")[1].upper().split()))
        operator = self._take("op")[1]
        kind, value = self._take("quoted", "regex", "word")
        return _comparison(steps, operator, kind, value)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    for name, index in re.findall(r"""\.([\w-]+)|\[([^\]]+)\]""", path):
        steps.append(name or (int(index) if index.isdigit() else index.strip("\"'")))
    return steps


def _at(document: object, steps: list[str | int]) -> object:
    for step in steps:
        if isinstance(document, dict):
            document = document.get(step, _MISSING)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return _MISSING
    return document


def _state(steps: list[str | int], keyword: str) -> Test:
    tests: dict[str, Test] = {
        "IS NULL": lambda value: value is None,
        "IS NOT NULL": lambda value: value is not None and value is not _MISSING,
        "IS TRUE": lambda value: value is True,
        "IS FALSE": lambda value: value is False,
        "EXISTS": lambda value: value is not _MISSING,
        "NOT EXISTS": lambda value: value is _MISSING,
    }
    if keyword not in tests:
        raise PatternError(f"Invalid filter pattern near '{keyword}'")
    test = tests[keyword]
    return lambda document: test(_at(document, steps))


def _comparison(steps: list[str | int], operator: str, kind: str, wanted: str) -> Test:
    if kind == "regex":
        search = re.compile(wanted[1:-1]).search
        return _text_test(steps, operator, lambda text: search(text) is not None)
    number = _number(wanted) if kind == "word" else None
    if operator in {"<", ">", "<=", ">="}:
        if number is None:
            raise PatternError(f"Invalid filter pattern: '{wanted}' is not a number")
        return _number_test(steps, operator, number)
    if number is not None:
        same = _number_test(steps, "=", number)
        return same if operator == "=" else lambda d: _at(d, steps) is not _MISSING and not same(d)
    text = re.sub(r"\\(.)", r"\1", wanted)
    glob = text.replace("[", "[[]").replace("?", "[?]")
    return _text_test(steps, operator, lambda value: fnmatchcase(value, glob))


def _text_test(steps: list[str | int], operator: str, test: Callable[[str], bool]) -> Test:
    def match(document: object) -> bool:
        value = _at(document, steps)
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return False
        return test(str(value)) is (operator == "=")

    return match


def _number_test(steps: list[str | int], operator: str, wanted: float) -> Test:
    def match(document: object) -> bool:
        value = _at(document, steps)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return {
            "=": value == wanted,
            "<": value < wanted,
            ">": value > wanted,
            "<=": value <= wanted,
            ">=": value >= wanted,
        }[operator]

    return match


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
