"""`stats count(*) as n, max(x) by field, bin(5m)`."""

import re
from collections.abc import Callable, Iterable, Sequence

from sandbox.logs.insights_conditions import BadQuery, Record, value_of

_CALL = re.compile(
    r"(?P<function>\w+)\(\s*(?P<argument>[^()]*)\s*\)(?:\s+as\s+(?P<alias>[`\w.]+))?", re.IGNORECASE
)
_NUMERIC: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
}


def aggregate(rows: Iterable[Record], clause: str) -> list[Record]:
    """One row a group, groups in the order they were met."""
    marked = re.sub(r"\s+by\s+", "\0", clause, count=1, flags=re.IGNORECASE)
    functions, _, by = marked.partition("\0")
    calls = [_call(part) for part in _parts(functions)]
    keys = [_named(part) for part in _parts(by)]
    groups: dict[tuple[str | None, ...], list[Record]] = {}
    for row in rows:
        groups.setdefault(tuple(value_of(row, key) for key, _ in keys), []).append(row)
    return [
        dict(zip((name for _, name in keys), values, strict=True))
        | {name: compute(members) for name, compute in calls}
        for values, members in groups.items()
    ]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _named(part: str) -> tuple[str, str]:
    expression, _, alias = re.sub(r"\s+as\s+", "\0", part, flags=re.IGNORECASE).partition("\0")
    return expression, alias or expression


def _call(part: str) -> tuple[str, Callable[[list[Record]], str | None]]:
    found = _CALL.fullmatch(part)
    if found is None:
        raise BadQuery(f"unexpected symbol found {part}")
    function, argument = found["function"].lower(), found["argument"].strip()
    name = (found["alias"] or f"{found['function']}({argument})").strip("`")
    if function == "count":
        return name, lambda rows: str(sum(argument in {"", "*"} or argument in r for r in rows))
    if function == "count_distinct":
        return name, lambda rows: str(len({r.get(argument) for r in rows} - {None}))
    if function in {"earliest", "latest"}:
        return name, lambda rows: _at_edge(rows, argument, function == "latest")
    if function in {"min", "max"} and argument == "@timestamp":
        edge = min if function == "min" else max
        return name, lambda rows: edge(str(r["@timestamp"]) for r in rows)
    if function not in _NUMERIC:
        raise BadQuery(f"unknown function {function}")
    return name, lambda rows: _numbers(rows, argument, _NUMERIC[function])


def _at_edge(rows: list[Record], argument: str, is_latest: bool) -> str | None:
    ordered = sorted(rows, key=lambda row: str(row["@timestamp"]))
    return ordered[-1 if is_latest else 0].get(argument)


def _numbers(
    rows: list[Record], argument: str, compute: Callable[[Sequence[float]], float]
) -> str | None:
    values = []
    for row in rows:
        try:
            values.append(float(row.get(argument) or ""))
        except ValueError:
            continue
    return f"{compute(values):g}" if values else None
