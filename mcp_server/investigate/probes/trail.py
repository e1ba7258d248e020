"""Changes that CloudTrail recorded before the failure; `trail.toml` says which to look for."""

import asyncio
import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from importlib import resources

from mcp_server.backends import Trail
from mcp_server.domain.trail import TrailEvent
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time

PAGE = 50
MOST = 4
# With no name to compare, a change this shortly before the failure is taken for its reason.
NEAR = timedelta(minutes=15)
_IDS = re.compile(r"(?i)^(?:.*name|.*arn|.*id|.*identifier|family|bucket)$")
_DETAILS = re.compile(
    r"(?i)^(?:key|nodetype|numberofnodes|.*path|cidrip|state|status|.*version|.*class|.*size|memory"
    r"|timeout|runtime|handler|(?:max|min)\w+|desired\w+|image\w*)$"
)


@dataclass(frozen=True, slots=True)
class Watch:
    """One kind of change, as trail.toml tells it."""

    source: str
    events: tuple[str, ...]
    by: str = "name"
    about: tuple[str, ...] = ()
    strict: bool = False
    when: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    anyway: tuple[str, ...] = ()

    def is_wanted(self, case: Case, text: str) -> bool:
        if not self.when and not self.words:
            return True
        named = any(case.names.get(name) for name in self.when)
        return named or any(word in text for word in self.words)


@cache
def watches() -> dict[str, tuple[str, tuple[Watch, ...]]]:
    """For each probe its wording and its watches."""
    text = (
        resources.files("mcp_server.investigate.probes").joinpath("trail.toml").read_text("utf-8")
    )
    return {
        name: (entry["what"], tuple(_watch(one) for one in entry["watches"]))
        for name, entry in tomllib.loads(text).items()
        if name != "gives"
    }


@cache
def gives() -> dict[str, str]:
    """For event names the placeholder of playbooks.toml that the thing they change fills."""
    text = (
        resources.files("mcp_server.investigate.probes").joinpath("trail.toml").read_text("utf-8")
    )
    given: dict[str, str] = tomllib.loads(text)["gives"]
    return given


def _watch(entry: dict[str, object]) -> Watch:
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Watch(**told)  # type: ignore[arg-type] # TOML's own types; a wrong key is a TypeError


async def changes(case: Case, name: str) -> Finding:
    """What the probe `name` finds between the last success and the failure."""
    trail = case.backends.trail
    if trail is None:
        return NOTHING
    text = f"{case.question.said}\n{_cause(case)}"
    wanted = [watch for watch in watches()[name][1] if watch.is_wanted(case, text)]
    if not wanted:
        return NOTHING
    since = await case.unbroken_since()
    until = case.failed_at + timedelta(minutes=1)
    found = await asyncio.gather(*(_look(case, trail, watch, since, until) for watch in wanted))
    return _finding(case, [pair for pairs in found for pair in pairs])


def _cause(case: Case) -> str:
    diagnosis = case.log.diagnosis if case.log else None
    return f"{diagnosis.cause_line}\n{diagnosis.digest}" if diagnosis else ""


async def _look(
    case: Case, trail: Trail, watch: Watch, since: datetime, until: datetime
) -> list[tuple[TrailEvent, bool]]:
    """The watch's events, each with whether it names what the failure is about."""
    events = await _events(case, trail, watch, since, until)
    names = [case.names[name] for name in watch.about if case.names.get(name)]
    judged = [
        (event, _mentions(event, names) if names else _is_likely(case, event))
        for event in events
        if not event.error_code and _is_named(event, watch.events) and event.at <= until
    ]
    if not watch.strict or not names:
        return judged
    return [(e, about) for e, about in judged if about or _is_named(e, watch.anyway)]


async def _events(
    case: Case, trail: Trail, watch: Watch, since: datetime, until: datetime
) -> Sequence[TrailEvent]:
    if watch.by == "source":
        look = partial(_lookup, case, trail, since=since, until=until)
        events = await look("EventSource", watch.source)
        if len(events) < PAGE:
            return events
    pages = await asyncio.gather(
        *(
            _lookup(case, trail, "EventName", name, since=since, until=until)
            for name in watch.events
        )
    )
    return [event for page in pages for event in page if event.source == watch.source]


async def _lookup(
    case: Case, trail: Trail, attribute: str, value: str, *, since: datetime, until: datetime
) -> Sequence[TrailEvent]:
    ask = partial(trail.lookup, attribute, value, since=since, until=until, limit=PAGE)
    return await case.shared.once(f"trail/{attribute}/{value}/{since}/{until}", ask)


def _is_likely(case: Case, event: TrailEvent) -> bool:
    """With no name in the log: it is about the configured cluster, or came right before."""
    configured = case.names.get("configured_cluster", "")
    named = bool(configured) and _mentions(event, [configured])
    return named or event.at >= case.failed_at - NEAR


def _is_named(event: TrailEvent, names: Iterable[str]) -> bool:
    plain = re.sub(r"\d{8}(?:v\d+)?$", "", event.name)
    return any(plain == re.sub(r"\d{8}(?:v\d+)?$", "", name) for name in names)


def _mentions(event: TrailEvent, names: Sequence[str]) -> bool:
    told = json.dumps(event.request or {}, default=str) + " ".join(event.resources)
    return any(name.lower() in told.lower() for name in names)


def _finding(case: Case, found: list[tuple[TrailEvent, bool]]) -> Finding:
    if not found:
        return NOTHING
    found.sort(key=lambda pair: (pair[1], pair[0].at), reverse=True)
    clues = tuple(_clue(case, event, about) for event, about in found[:MOST])
    event, about = found[0]
    if not about and len(found) > 1:
        return Finding(clues)
    explains = f"{event.user} called {event.name} at {clock_time(event.at, case.failed_at)}"
    explains = f"{explains}{'' if about else ', before it'}"
    return Finding(clues, explains=explains, names=_names(event))


def _names(event: TrailEvent) -> tuple[tuple[str, str], ...]:
    """Who changed it, and the thing that was changed under the name that steps know."""
    kind = next((kind for name, kind in gives().items() if _is_named(event, (name,))), "")
    thing = next((value for key, value in _told(event) if _IDS.match(key)), "")
    thing = thing.rpartition(":")[2] if thing.startswith("arn:") else thing
    changed = ((kind, thing),) if kind and thing else ()
    return (("changed_by", event.user), *changed)


def _clue(case: Case, event: TrailEvent, about: bool) -> Clue:
    detail = details(event)
    quote = f"{event.name} by {event.user} at {clock_time(event.at, case.failed_at)}Z"
    return Clue(
        "change",
        f"{quote}{f': {detail}' if detail else ''}",
        f"CloudTrail event {event.event_id}" if event.event_id else "CloudTrail",
        at=event.at,
        is_change=True,
        confirms=about,
        rank=10 if about else 60,
    )


def details(event: TrailEvent) -> str:
    """What the call names, ids first: "roleName mwaa-exec, policyName etl"."""
    told = _told(event)
    ids = [f"{key} {value}" for key, value in told if _IDS.match(key)]
    others = [f"{key} {value}" for key, value in told if _DETAILS.match(key)]
    said = list(dict.fromkeys([*ids[:3], *others]))
    return ", ".join(said[:5]) or ", ".join(event.resources[:3])


def _told(event: TrailEvent) -> list[tuple[str, str]]:
    """The plain values of a request, those of its nested objects behind its own."""
    request = event.request or {}
    nested = [
        pair for value in request.values() if isinstance(value, dict) for pair in value.items()
    ]
    plain = [(k, v) for k, v in [*request.items(), *nested] if isinstance(v, str | int | bool)]
    return [(key, str(value)) for key, value in plain if str(value)]
