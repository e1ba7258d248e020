"""What a text says of a tool's parameters: `dag_id: orders`, "Run: manual__1", query 4711."""

import re
from collections.abc import Iterator
from functools import cache

_NOTHING = {"none", "null", "unknown", "empty", "not", "-", "n/a", '""'}
# A value ends at white space or at what quotes and lists end with.
_VALUE = r"[^\s\"'`,;<>(){}\[\]|*]+"


def fact(name: str, text: str, *, number: bool = False) -> str:
    """The value that stands for this parameter, "" when the text says none."""
    for said in _found(name, text, number=number):
        value = said.rstrip(".:")
        if value and value.lower() not in _NOTHING:
            return value
    return ""


def _found(name: str, text: str, *, number: bool) -> Iterator[str]:
    for pattern in _patterns(name, number):
        for found in pattern.finditer(text):
            yield found.group(1)


@cache
def _patterns(name: str, number: bool) -> tuple[re.Pattern[str], ...]:
    value = r"-?\d+" if number else _VALUE
    # dag_id: x, "dag_id": "x", dag_id=`x`, *DAG:* `x`; DAG `x`
    forms = [r"[\"'`*]*\s*[:=]\s*[\"'`*]*\s*[\"'`]?({value})", r"\s+`({value})`"]
    if number or name.endswith(("_id", "_number")):
        # query 48211907, try 2; but no time after "since".
        forms.append(r"\s+(\d+)\b")
    return tuple(
        re.compile(rf"(?<![\w.]){label}" + form.replace("{value}", value), re.IGNORECASE)
        for label in _labels(name)
        for form in forms
    )


def _labels(name: str) -> tuple[str, ...]:
    """The parameter's own name, then as people write it."""
    short = re.sub(r"_(id|number|name)$", "", name)
    spoken = {name, short, f"{short}_id", name.replace("_", " "), short.replace("_", " ")}
    return (re.escape(name), *sorted(map(re.escape, spoken - {name}), key=len, reverse=True))
