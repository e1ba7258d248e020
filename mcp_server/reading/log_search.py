"""Search any log group: by a kind of MWAA component or by name, by words or a filter pattern."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mcp_server.backends import Backends, Logs
from mcp_server.diagnostics.lines import Numbering, lines_of
from mcp_server.diagnostics.pattern import pattern_of
from mcp_server.domain.logs import FoundEvent, LogEvent
from mcp_server.errors import NotFound
from mcp_server.near import said_near
from mcp_server.reading.environments import KINDS, find_environment, log_group
from mcp_server.reading.missing import is_quiet
from mcp_server.reading.search_terms import quoted
from mcp_server.text import clipped

_TERM = re.compile(r'(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>\S+))')
_KINDS = {kind.lower(): kind for kind in KINDS}
MOST_GROUPS = 400


@dataclass(frozen=True, slots=True)
class Place:
    """A log group to search, and what is to be said about it."""

    log_group: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PatternCount:
    """Messages that differ only in numbers, ids and times."""

    pattern: str
    count: int
    example: FoundEvent
    last: FoundEvent


async def place_of(backends: Backends, name: str, environment: str) -> Place:
    """The group of a component kind ("Scheduler"), or the name itself.

    Raises NotFound where the environment does not log that kind.
    """
    kind = _KINDS.get(name.strip().lower())
    if kind is None:
        return Place(name.strip())
    where = await find_environment(backends, environment)
    group = log_group(where, kind)
    if group is None or not group.name:
        known = [one.kind for one in where.log_groups if one.name]
        raise NotFound(
            f"{where.name} has no {kind} log group. It has: {', '.join(known) or 'none'}."
        )
    if not group.enabled:
        return Place(group.name, f"{kind} logging is disabled in {where.name}: old lines at most")
    quiet = f"{kind} logging is set to {group.level}: INFO lines are missing"
    return Place(group.name, quiet if is_quiet(group) else "")


async def unknown_group(logs: Logs, name: str) -> NotFound:
    """The error for a group that does not exist, with the near ones."""
    groups = await logs.groups(limit=MOST_GROUPS)
    kinds = f"Or a kind of MWAA component: {', '.join(KINDS)}."
    return NotFound(f"No log group {name!r}. {said_near(name, groups, noun='groups')} {kinds}")


def filter_pattern(said: str) -> str:
    """Words as a CloudWatch filter pattern: all of them, `?word` any, `-word` none.

    A JSON selector, a column pattern and a %regular expression% stay as they are.
    """
    said = said.strip()
    if said[:1] in ("{", "[") or said.count("%") >= 2:
        return said
    terms = [
        found["sign"] + (f'"{found["phrase"]}"' if found["word"] is None else quoted(found["word"]))
        for found in _TERM.finditer(said)
    ]
    return " ".join(terms)


def message_of(event: FoundEvent) -> str:
    """An event as one line: what a JSON event says, without a logger's prefix."""
    lines = lines_of([LogEvent(event.timestamp_ms, event.message)], Numbering())
    return clipped(" | ".join(line.text.strip() for line in lines if line.text.strip()), 400)


def patterns(events: Iterable[FoundEvent]) -> Sequence[PatternCount]:
    """Events by message pattern, most frequent first."""
    counts: dict[str, PatternCount] = {}
    for event in events:
        pattern = pattern_of(message_of(event))
        known = counts.get(pattern)
        first, number = (known.example, known.count) if known else (event, 0)
        counts[pattern] = PatternCount(pattern, number + 1, first, event)
    return sorted(counts.values(), key=lambda one: -one.count)
