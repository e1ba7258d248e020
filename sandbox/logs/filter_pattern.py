"""CloudWatch Logs' filter patterns: text terms, JSON selectors and columns."""

import json
import re
from collections.abc import Callable

from sandbox.logs.columns import columns_matcher
from sandbox.logs.selector import PatternError, json_matcher

Matcher = Callable[[str], bool]

_TERM = re.compile(
    r"""\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]+)%|(?P<word>[^\s"]+))"""
)


def compile_pattern(pattern: str) -> Matcher:
    """A test for messages; PatternError where AWS refuses the pattern. Blank matches all."""
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        return _of_json(json_matcher(text))
    if text.startswith("["):
        return columns_matcher(text)
    return _of_terms(text)


def _of_json(matches: Callable[[object], bool]) -> Matcher:
    def match(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return isinstance(document, dict) and matches(document)

    return match


def _of_terms(text: str) -> Matcher:
    wanted: list[Matcher] = []
    either: list[Matcher] = []
    for sign, test in _terms(text):
        if sign == "?":
            either.append(test)
        elif sign == "-":
            wanted.append(lambda message, test=test: not test(message))  # type: ignore[misc] # mypy infers no lambda defaults
        else:
            wanted.append(test)
    # As documented: beside other terms, terms with ? are ignored.
    if wanted:
        return wanted[0] if len(wanted) == 1 else lambda m: all(test(m) for test in wanted)
    return lambda message: any(test(message) for test in either)


def _terms(text: str) -> list[tuple[str, Matcher]]:
    terms: list[tuple[str, Matcher]] = []
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if found is None:
            raise PatternError(f"Invalid character(s) in term '{text[position:].strip()}'")
        terms.append((found["sign"], _test(found)))
        position = found.end()
    return terms


def _test(found: re.Match[str]) -> Matcher:
    if (regex := found["regex"]) is not None:
        return _regex(regex)
    if (quoted := found["quoted"]) is not None:
        needle = re.sub(r"\\(.)", r"\1", quoted)
    else:
        needle = found["word"]
        if not re.fullmatch(r"\w+", needle):
            raise PatternError(f"Invalid character(s) in term '{needle}'")
    return lambda message: needle in message


def _regex(source: str) -> Matcher:
    try:
        search = re.compile(source).search
    except re.error as error:
        raise PatternError(f"Invalid regular expression '%{source}%': {error}") from None
    return lambda message: search(message) is not None
