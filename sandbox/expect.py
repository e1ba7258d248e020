"""Whether a played story ended as its `[expect]` says (docs/nights.md, "What is expected")."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]  # Any: a diagnosis as JSON


@dataclass(frozen=True)
class Outcome:
    """What there is to judge: the diagnosis (None when nothing was diagnosed), threads answered."""

    diagnosis: Json | None
    threads: int


def shortfalls(expect: Json, outcome: Outcome) -> list[str]:
    """What fell short, one line each; empty when everything is as expected."""
    found: list[str] = []
    if "alerts" in expect and outcome.threads != expect["alerts"]:
        found.append(f"alerts: {outcome.threads} threads answered, {expect['alerts']} expected")
    wanted = {key: value for key, value in expect.items() if key in _CHECKS}
    if wanted and outcome.diagnosis is None:
        return [*found, f"nothing was diagnosed; {', '.join(wanted)} could not be judged"]
    for key, value in wanted.items():
        found += _checked(key, value, outcome.diagnosis or {})
    return found


def _checked(key: str, wanted: object, diagnosis: Json) -> list[str]:
    try:
        return [f"{key}: {wrong}" for wrong in _CHECKS[key](wanted, diagnosis)]
    except re.error as error:
        return [f"{key}: the story's regular expression is wrong: {error}"]
    except TypeError:
        return [f"{key}: the story's value has the wrong type: {wanted!r}"]


def _category(wanted: object, diagnosis: Json) -> Iterator[str]:
    if diagnosis.get("category") != wanted:
        yield f"{diagnosis.get('category')} found, {wanted} expected"


def _cause(wanted: Any, diagnosis: Json) -> Iterator[str]:  # noqa: ANN401 - a story's value
    for pattern in [wanted] if isinstance(wanted, str) else wanted:
        if not re.search(pattern, diagnosis.get("cause", "")):
            yield f"/{pattern}/ is not in {diagnosis.get('cause', '')!r}"


def _recurring(wanted: object, diagnosis: Json) -> Iterator[str]:
    if bool(diagnosis.get("recurring")) is not wanted:
        said = "recurring" if diagnosis.get("recurring") else "not recurring"
        yield f"called {said} ({diagnosis.get('before') or 'nothing is said of earlier runs'})"


def _blocked(wanted: Any, diagnosis: Json) -> Iterator[str]:  # noqa: ANN401 - a story's value
    named = list(diagnosis.get("blocked", ()))
    for one in wanted:
        if one not in named:
            yield f"{one} is not among {', '.join(named) or 'none'}"


def _searched(*sections: str) -> Callable[[Any, Json], Iterator[str]]:
    """A check that finds each pattern in the lines of these sections."""

    def check(wanted: Any, diagnosis: Json) -> Iterator[str]:  # noqa: ANN401 - a story's value
        lines = [line for name in sections for line in _lines(diagnosis.get(name, ()))]
        for pattern in [wanted] if isinstance(wanted, str) else wanted:
            if not any(re.search(pattern, line) for line in lines):
                yield f"/{pattern}/ is in none of {len(lines)} lines of {' and '.join(sections)}"

    return check


def _lines(entries: Iterable[Json]) -> Iterator[str]:
    """A quote as it is; what was not checked with its reason."""
    for entry in entries:
        if "quote" in entry:
            yield str(entry["quote"])
        else:
            yield f"{entry.get('what', '')}: {entry.get('why', '')}"


_CHECKS: Mapping[str, Callable[[Any, Json], Iterator[str]]] = {
    "category": _category,
    "cause": _cause,
    "evidence": _searched("evidence", "changes"),
    "changes": _searched("changes"),
    "not_checked": _searched("not_checked"),
    "recurring": _recurring,
    "blocked": _blocked,
}
