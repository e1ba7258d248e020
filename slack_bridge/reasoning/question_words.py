"""What a colleague's words ask for: a table, a time, a dag or task, a row of questions.toml."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

# What may be a dag or dag.task: a code span, or a word with a joint in it.
_CODE = re.compile(r"`([\w.\-]{2,250})`")
_AFTER = re.compile(
    r"\b(?:dag|pipeline|task|of|run|did|does|why|job)\s+(?=([A-Za-z][\w.\-]{2,249}))", re.IGNORECASE
)
_JOINED = re.compile(r"\b([A-Za-z]\w*(?:[_.\-]\w+)+)\b")
_TABLE = re.compile(r"\b(?:table\s+`?|on\s+`?)?\b([A-Za-z_]\w*\.[A-Za-z_]\w*)\b")
_SAID_TABLE = (
    re.compile(r"\btable\s+`?(\w{2,127})", re.IGNORECASE),
    re.compile(r"\b(\w{2,127})`?\s+table\b", re.IGNORECASE),
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{2,}")


@dataclass(frozen=True)
class Row:
    """One row of questions.toml that fits: what to ask, and which lines to say first."""

    tool: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    field: str = ""
    leads: Sequence[str] = ()


@dataclass(frozen=True)
class Name:
    """A dag, or a task of it."""

    dag_id: str
    task_id: str = ""


def rows(question: str, at: datetime, name: Name | None) -> Iterator[Row]:
    """The rows that the question fits, the likeliest first; `name` is the failure it is about."""
    known = _understood(question, at, name)
    for row in _data()["question"]:
        found = re.search(row["pattern"], question, re.IGNORECASE)
        hindered = "never" in row and re.search(row["never"], question, re.IGNORECASE)
        fits = all(known.get(need) for need in row.get("needs", ())) and not any(
            known.get(one) for one in row.get("unless", ())
        )
        if found and not hindered and fits:
            yield Row(
                row.get("tool", ""),
                _filled(row.get("arguments", {}), known),
                row.get("field", ""),
                row.get("lead", ()),
            )


def names_in(question: str, thread: Sequence[str] = ()) -> list[str]:
    """What may name a dag or task: the question's own words first, the thread's code after."""
    own = [*_CODE.findall(question), *_JOINED.findall(question), *_AFTER.findall(question)]
    told = [*own, *(name for text in thread for name in _CODE.findall(text))]
    fit = dict.fromkeys(name.strip(".-") for name in told)
    return [name for name in fit if name and name.lower() not in _never()]


def meant(question: str, names: Sequence[str], known: Sequence[Name]) -> Name | None:
    """The known failure that the names, or else the question's words, mean; None when unclear."""
    for said in names:
        if named := _by_name(said, known):
            return named
    asked = _stems(question)
    scores = {one: len(asked & _stems(f"{one.dag_id} {one.task_id}")) for one in known}
    best = max(scores.values(), default=0)
    fits = [one for one, score in scores.items() if score == best]
    dags = {one.dag_id for one in fits}
    if not best or len(dags) != 1:
        return None
    return fits[0] if len(fits) == 1 else Name(dags.pop())


def read_as(name: str) -> list[Name]:
    """A name with a dot is dag.task, or a dag with a dot in its id."""
    dag_id, _, task_id = name.partition(".")
    return [Name(dag_id, task_id), Name(name)] if task_id else [Name(name)]


def _by_name(said: str, known: Sequence[Name]) -> Name | None:
    low = said.lower()
    for one in known:
        if low in (f"{one.dag_id}.{one.task_id}".lower(), one.task_id.lower()):
            return one
        # The task of a group without its group.
        if one.task_id and low == one.task_id.rpartition(".")[2].lower():
            return one
    of_dag = [one for one in known if one.dag_id.lower() == low]
    return of_dag[0] if len(of_dag) == 1 else Name(of_dag[0].dag_id) if of_dag else None


def _stems(text: str) -> set[str]:
    """Words that could tell one name from another, without a plural's s."""
    parts = (word.lower() for word in _WORD.findall(text.replace("_", " ")))
    return {word.rstrip("s") for word in parts if word not in _never()}


def _understood(question: str, at: datetime, name: Name | None) -> dict[str, str]:
    known = {"table": _table(question), "since": _since(question, at)}
    return known | ({"dag": name.dag_id, "task": name.task_id} if name else {})


def _table(question: str) -> str:
    if found := _TABLE.search(question.replace("`", "")):
        return found[1]
    words = (str(found[1]) for form in _SAID_TABLE for found in form.finditer(question))
    return next((word for word in words if word.lower() not in _never()), "")


def _since(question: str, at: datetime) -> str:
    midnight = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    days = {
        "midnight": midnight,
        "yesterday": midnight - timedelta(days=1),
        "evening": midnight - timedelta(hours=6),
    }
    said = {name: f"{day:%Y-%m-%dT%H:%M:%SZ}" for name, day in days.items()}
    for row in _data()["since"]:
        if found := re.search(row["pattern"], question, re.IGNORECASE):
            groups = {k: v.lower() for k, v in found.groupdict().items() if v}
            if "clock" in groups:
                return _clock(groups["clock"], at)
            return str(row["value"]).format(**said, **groups)
    return ""


def _clock(said: str, at: datetime) -> str:
    """Today at this time, or yesterday where it is still to come; hours beyond 23 are no time."""
    hour, minute = (int(part) for part in said.split(":"))
    moment = at.astimezone(UTC).replace(hour=min(hour, 23), minute=minute, second=0, microsecond=0)
    moment -= timedelta(days=1) if moment > at else timedelta()
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _filled(arguments: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """The arguments whose names are known; `{since:6h}` has a value for when nothing was said."""
    filled = {name: _value(wording, known) for name, wording in arguments.items()}
    return {name: said for name, said in filled.items() if said}


def _value(wording: str, known: Mapping[str, str]) -> str:
    parts = []
    for text, name, default, _ in Formatter().parse(wording):
        said = known.get(name or "", "") or default or ""
        if name and not said:
            return ""
        parts.append(text + said)
    return "".join(parts)


def _never() -> frozenset[str]:
    return frozenset(_data()["names"]["never"])


@cache
def _data() -> dict[str, Any]:  # Any: TOML values
    return tomllib.loads(Path(__file__).with_name("questions.toml").read_text("utf-8"))
