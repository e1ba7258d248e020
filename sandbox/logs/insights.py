"""A useful part of the Logs Insights language, really carried out.

fields, display, filter, parse, stats ... by, sort, dedup and limit; conditions with = != < > like
=~ in, and, or, not, ispresent().
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.logs.insights_conditions import BadQuery, Record, compile_condition, value_of
from sandbox.logs.insights_stats import aggregate
from sandbox.logs.store import Group

__all__ = ["BadQuery", "Result", "run_query"]


@dataclass
class Result:
    """Rows as field -> text, and what was looked at."""

    rows: list[dict[str, str]]
    matched: int
    scanned: int
    scanned_bytes: int


@dataclass
class _Plan:
    shown: list[str] = field(default_factory=lambda: ["@timestamp", "@message"])
    limit: int = 1000
    is_sorted: bool = False
    has_stats: bool = False
    steps: list[Callable[[Iterable[Record]], Iterable[Record]]] = field(default_factory=list)


def run_query(
    query: str, groups: Sequence[Group], *, start_ms: int, end_ms: int, limit: int
) -> Result:
    """Carry a query out over the groups' events between two times, both included."""
    plan = _plan(query, limit)
    records = list(_records(groups, start_ms, end_ms))
    if not plan.has_stats and not plan.is_sorted:
        records.sort(key=lambda record: str(record["@timestamp"]), reverse=True)
    rows: Iterable[Record] = records
    for step in plan.steps:
        rows = step(rows)
    kept = list(rows)
    size = sum(len(str(record["@message"])) for record in records)
    shown = [_shown(row, plan) for row in kept[: plan.limit]]
    return Result(shown, len(kept), len(records), size)


def _records(groups: Sequence[Group], start_ms: int, end_ms: int) -> Iterator[Record]:
    for group in groups:
        for name, stream in group.streams.items():
            for index in range(stream.first_at(start_ms), len(stream)):
                timestamp, message = stream.at(index)
                if timestamp > end_ms:
                    break
                yield _record(group.name, name, index, timestamp, message)


def _record(group: str, stream: str, index: int, timestamp: int, message: str) -> Record:
    at = _stamp(timestamp)
    record: Record = {
        "@timestamp": at,
        "@ingestionTime": at,
        "@message": message,
        "@logStream": stream,
        "@log": f"123456789012:{group}",
        "@ptr": f"{stream}#{index}",
    }
    if message.startswith("{"):
        record |= _discovered(message)
    return record


def _discovered(message: str) -> Record:
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    return dict(_flat("", document)) if isinstance(document, dict) else {}


def _flat(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _flat(f"{prefix}.{index}", inner)
    elif value is not None:
        yield prefix, str(value).lower() if isinstance(value, bool) else str(value)


def _stamp(ms: int) -> str:
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}"


def _shown(row: Record, plan: _Plan) -> dict[str, str]:
    names = list(row) if plan.has_stats else [*plan.shown, "@ptr"]
    return {name: str(row[name]) for name in names if row.get(name) is not None}


def _plan(query: str, limit: int) -> _Plan:
    plan = _Plan(limit=limit)
    lines = [line for line in query.splitlines() if not line.lstrip().startswith("#")]
    for command in _commands("\n".join(lines)):
        word, _, rest = command.partition(" ")
        if word.lower() not in _STEPS:
            raise BadQuery(f"unexpected symbol found {word} at line 1 and position 1")
        _STEPS[word.lower()](plan, rest.strip())
    return plan


def _commands(query: str) -> list[str]:
    """Split at pipes outside quotes and regular expressions."""
    found = re.findall(r"""(?:"[^"]*"|'[^']*'|/(?:[^/\\\n]|\\.)*/|[^|])+""", query)
    commands = [" ".join(command.split()) for command in found if command.strip()]
    if not commands:
        raise BadQuery("the query is empty")
    return commands


def _fields(plan: _Plan, rest: str) -> None:
    names = []
    for part in re.split(r",(?![^(]*\))", rest):
        marked = re.sub(r"\s+as\s+", "\0", part.strip(), flags=re.IGNORECASE)
        expression, _, alias = marked.partition("\0")
        names.append(alias or expression)
        if alias or "(" in expression:
            plan.steps.append(_computed(alias or expression, expression))
    plan.shown = names


def _computed(name: str, expression: str) -> Callable[[Iterable[Record]], Iterable[Record]]:
    return lambda rows: ({**row, name: value_of(row, expression)} for row in rows)


def _filter(plan: _Plan, rest: str) -> None:
    test = compile_condition(rest)
    plan.steps.append(lambda rows: (row for row in rows if test(row)))


def _sort(plan: _Plan, rest: str) -> None:
    plan.is_sorted = True
    for part in reversed(rest.split(",")):
        name, _, order = part.strip().partition(" ")
        plan.steps.append(_sorting(name, descending=order.strip().lower() == "desc"))


def _sorting(name: str, *, descending: bool) -> Callable[[Iterable[Record]], Iterable[Record]]:
    def key(row: Record) -> tuple[int, float, str]:
        text = str(row.get(name) or "")
        try:
            return 1, float(text), ""
        except ValueError:
            return 0, 0.0, text

    return lambda rows: sorted(rows, key=key, reverse=descending)


def _limit(plan: _Plan, rest: str) -> None:
    if not rest.isdigit() or not 1 <= int(rest) <= 10_000:
        raise BadQuery(f"limit {rest!r} is not between 1 and 10000")
    plan.limit = int(rest)


def _stats(plan: _Plan, rest: str) -> None:
    plan.has_stats = True
    plan.steps.append(lambda rows: aggregate(rows, rest))


def _dedup(plan: _Plan, rest: str) -> None:
    names = [name.strip() for name in rest.split(",")]

    def step(rows: Iterable[Record]) -> Iterator[Record]:
        seen = set()
        for row in rows:
            key = tuple(row.get(name) for name in names)
            if key not in seen:
                seen.add(key)
                yield row

    plan.steps.append(step)


_PARSE = re.compile(
    r"""(?P<field>@?[\w.]+)\s+(?:/(?P<regex>(?:[^/\\]|\\.)+)/|(?P<q>["'])(?P<glob>.*?)(?P=q)"""
    r"""\s+as\s+(?P<names>.+))$""",
    re.IGNORECASE,
)


def _parse(plan: _Plan, rest: str) -> None:
    found = _PARSE.match(rest)
    if found is None:
        raise BadQuery(f"parse {rest!r} is neither a glob with names nor a regular expression")
    names = [name.strip() for name in (found["names"] or "").split(",")]
    if found["regex"]:
        pattern = re.compile(re.sub(r"\(\?<(?=\w)", "(?P<", found["regex"]))
    else:
        parts = [re.escape(part) for part in found["glob"].split("*")]
        pattern = re.compile("(.*?)".join(parts) + ("$" if found["glob"].endswith("*") else ""))
    source = found["field"]

    def extract(row: Record) -> Record:
        match = pattern.search(str(row.get(source) or ""))
        if match is None:
            return row
        groups = match.groupdict() or dict(zip(names, match.groups(), strict=False))
        return {**row, **groups}

    plan.steps.append(lambda rows: map(extract, rows))


_STEPS: dict[str, Callable[[_Plan, str], None]] = {
    "fields": _fields,
    "display": _fields,
    "filter": _filter,
    "sort": _sort,
    "limit": _limit,
    "stats": _stats,
    "dedup": _dedup,
    "parse": _parse,
}
