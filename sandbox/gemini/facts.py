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
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for label in _labels(name)
        for pattern in (
            # dag_id: x, "dag_id": "x", dag_id=`x`, *DAG:* `x`
            rf"(?<![\w.]){label}[\"'`*]*\s*[:=]\s*[\"'`*]*\s*[\"'`]?({value})",
            # DAG `x`, and query 48211907, try 2
            rf"(?<![\w.]){label}\s+`({value})`",
            rf"(?<![\w.]){label}\s+(\d+)\b",
        )
    )


def _labels(name: str) -> tuple[str, ...]:
    """The parameter's own name, then as people write it."""
    short = re.sub(r"_(id|number|name)$", "", name)
    spoken = {name, short, f"{short}_id", name.replace("_", " "), short.replace("_", " ")}
    return (re.escape(name), *sorted(map(re.escape, spoken - {name}), key=len, reverse=True))
