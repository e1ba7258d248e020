"""Conditions and values of the Logs Insights language."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

Record = dict[str, str | None]
Condition = Callable[[Record], bool]


class BadQuery(Exception):
    """The query does not parse; the text says where."""


_TOKEN = re.compile(
    r"""\s*(?:(?P<regex>/(?:[^/\\]|\\.)+/i?)
    |"(?P<double>[^"]*)"|'(?P<single>[^']*)'
    |(?P<op>=~|!=|<=|>=|=|<|>)
    |(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)
    |(?P<word>`[^`]+`|[@\w.*:-]+))""",
    re.VERBOSE,
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def compile_condition(text: str) -> Condition:
    """A test for records from what follows `filter`."""
    return _Parser(text).parse()


def value_of(record: Record, expression: str) -> str | None:
    """A field, or bin(5m) and the few functions in use."""
    found = re.fullmatch(r"(\w+)\((.*)\)", expression.strip())
    if found is None:
        return record.get(expression.strip().strip("`"))
    function, inner = found[1].lower(), found[2].strip()
    if function == "bin":
        return _bin(str(record["@timestamp"]), inner)
    value = record.get(inner)
    functions: dict[str, Callable[[str], str]] = {
        "tolower": str.lower,
        "toupper": str.upper,
        "strlen": lambda text: str(len(text)),
        "trim": str.strip,
    }
    if function not in functions:
        raise BadQuery(f"unknown function {function}")
    return None if value is None else functions[function](value)


def _bin(timestamp: str, width: str) -> str:
    found = re.fullmatch(r"(\d+)\s*([smhd])\w*", width)
    if found is None:
        raise BadQuery(f"bin({width}) has no width such as 5m")
    seconds = int(found[1]) * _UNITS[found[2]]
    at = datetime.fromisoformat(timestamp).replace(tzinfo=UTC).timestamp()
    return f"{datetime.fromtimestamp(at // seconds * seconds, UTC):%Y-%m-%d %H:%M:%S}.000"


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position = 0
        text = text.strip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise BadQuery(f"unexpected symbol found {text[position]} at position {position}")
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            position = found.end()

    def parse(self) -> Condition:
        test = self._any()
        if self._tokens:
            raise BadQuery(f"unexpected symbol found {self._tokens[0][1]}")
        return test

    def _word(self, *words: str) -> bool:
        if self._tokens and self._tokens[0][0] == "word" and self._tokens[0][1].lower() in words:
            self._tokens.pop(0)
            return True
        return False

    def _take(self, *kinds: str) -> tuple[str, str]:
        if not self._tokens or self._tokens[0][0] not in kinds:
            near = self._tokens[0][1] if self._tokens else "<EOF>"
            raise BadQuery(f"unexpected symbol found {near}")
        return self._tokens.pop(0)

    def _any(self) -> Condition:
        tests = [self._all()]
        while self._word("or"):
            tests.append(self._all())
        return lambda record: any(test(record) for test in tests)

    def _all(self) -> Condition:
        tests = [self._one()]
        while self._word("and"):
            tests.append(self._one())
        return lambda record: all(test(record) for test in tests)

    def _one(self) -> Condition:
        if self._word("not"):
            test = self._one()
            return lambda record: not test(record)
        if self._tokens and self._tokens[0] == ("open", "("):
            self._take("open")
            test = self._any()
            self._take("close")
            return test
        if self._word("ispresent"):
            self._take("open")
            name = self._take("word")[1]
            self._take("close")
            return lambda record: record.get(name) is not None
        return self._comparison(self._take("word")[1].strip("`"))

    def _comparison(self, name: str) -> Condition:
        negated = self._word("not")
        if self._word("like"):
            test = self._like(name)
        elif self._word("in"):
            test = self._in(name)
        else:
            operator = self._take("op")[1]
            test = self._like(name) if operator == "=~" else self._compare(name, operator)
        return (lambda record: not test(record)) if negated else test

    def _like(self, name: str) -> Condition:
        kind, text = self._take("regex", "double", "single")
        if kind != "regex":
            return lambda record: text in (record.get(name) or "")
        flags = re.IGNORECASE if text.endswith("i") else 0
        search = re.compile(text.rstrip("i")[1:-1], flags).search
        return lambda record: search(record.get(name) or "") is not None

    def _in(self, name: str) -> Condition:
        self._take("open")
        values = [self._take("double", "single", "word")[1]]
        while self._tokens and self._tokens[0][0] == "comma":
            self._take("comma")
            values.append(self._take("double", "single", "word")[1])
        self._take("close")
        return lambda record: record.get(name) in values

    def _compare(self, name: str, operator: str) -> Condition:
        wanted = self._take("double", "single", "word")[1]

        def test(record: Record) -> bool:
            value = record.get(name)
            if value is None:
                return operator == "!="
            return _ordered(_key(value), _key(wanted), operator)

        return test


def _key(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _ordered(value: float | str, wanted: float | str, operator: str) -> bool:
    if operator in {"=", "!="}:
        return (value == wanted) is (operator == "=")
    if isinstance(value, str) or isinstance(wanted, str):
        value, wanted = str(value), str(wanted)
        return value < wanted if operator[0] == "<" else value > wanted
    if value == wanted:
        return operator in {"<=", ">="}
    return (value < wanted) is (operator[0] == "<")
