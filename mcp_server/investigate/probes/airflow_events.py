"""What people did in Airflow before (or by way of) the failure: states set, pauses, edits."""

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mcp_server.domain.airflow import EventLog
from mcp_server.errors import AccessDenied, DiagnosticError
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.probes.trail import changes

# Written by Airflow itself for every task, and by the command line that workers run.
SYSTEM = re.compile(
    r"(?i)^(?:running|success|failed|skipped|up_for_retry|up_for_reschedule|queued|scheduled|deferred"
    r"|cli_(?:task_run|scheduler|worker|celery|triggerer|webserver|flower|migratedb|upgradedb|check).*)$"
)
_STATE_SET = re.compile(
    r"(?i)^(?:failed|success|clear|dagrun_\w+|set_\w*state|confirm|mark_\w+|delete_dag_?run|patch_dag_?run"
    r"|(?:post_)?clear_task_instances|(?:patch|update|post)\w*(?:task_instance|dag_run)\w*)$"
)
_EDIT = re.compile(
    r"(?i)(?:variable|connection|pool)s?\b|(?:variable|connection|pool)|(?:un)?paused?|patch_dag$"
    r"|delete_dag$|trigger|import"
)
# What the scheduler writes of a task it gave up, and what that makes of a failure without a log.
_TROUBLE = {
    "airflow.task_killed": re.compile(r"(?i)heartbeat|zombie|orphan"),
    "airflow.scheduling": re.compile(r"(?i)stuck in queued|state mismatch"),
}
_READS = re.compile(
    r"(?i)^(?:(?:get|list|view|grid|graph|tree|log|logs|rendered|code|calendar|gantt)\b"
    r"|cli_\w*(?:list|show|state|details|report|render|next|test|deps|get|export))"
)
_KEY = re.compile(r"(?i)^(?:key|conn_?id|connection_id|variable_key|pool|name)$")
# Values of variables and connections are nobody's business.
_SHOWN = re.compile(
    r"(?i)^(?:key|conn(?:ection)?_id|variable_key|pool|name|slots|dag_id|task_id|is_paused|state"
    r"|new_state)$"
)
_PAIR = re.compile(r"[\"'](\w+)[\"']\s*:\s*[\"']([\w./-]+)[\"']")
NEAR = timedelta(minutes=3)
WHAT = "who did what in Airflow (its event log)"
MOST = 4


@dataclass(frozen=True, slots=True)
class _Seen:
    """An event, how it bears on the failure, and whether it explains it."""

    event: EventLog
    rank: int
    confirms: bool
    is_change: bool


async def airflow_events(case: Case) -> Finding:
    """Who set a state, cleared, paused, or edited a variable or connection before the failure."""
    if case.facts is None:
        return NOTHING
    since = max(await case.unbroken_since(), case.failed_at - timedelta(days=2))
    try:
        events = await case.facts.event_logs(since)
    except AccessDenied as refused:
        return await _by_trail(case, str(refused))
    owners = await _owners(case)
    seen = [one for event in events if (one := _judge(case, event, owners))]
    seen.sort(key=lambda one: (one.rank, -one.event.at.timestamp()))
    if not seen:
        return NOTHING
    clues = tuple(_clue(case, one) for one in seen[:MOST])
    first = seen[0]
    if not first.confirms:
        return Finding(clues)
    who = first.event.owner
    names = (("changed_by", who),) if who else ()
    category = _category(first.event) if case.category == "unknown" else ""
    return Finding(clues, explains=_said(case, first.event), names=names, category=category)


async def _by_trail(case: Case, refused: str) -> Finding:
    """Who called Airflow's REST API or web server, when its own log may not be read."""
    missed = ((WHAT, refused),)
    try:
        seen = await changes(case, "airflow_calls")
    except DiagnosticError as error:
        return Finding(missed=(*missed, ("who called Airflow (CloudTrail)", str(error))))
    return Finding(seen.clues, missed=missed)


async def _owners(case: Case) -> set[str]:
    """Names under which Airflow itself writes: those of the dag's owners."""
    if case.facts is None:
        return set()
    found = {"airflow", ""}
    try:
        found.update((await case.facts.dag()).owners)
        found.update(task.owner for task in await case.facts.tasks())
    except DiagnosticError:
        # Told by the parts that want them; here a line of Airflow's own may then look a person's.
        return found
    return found


def _judge(case: Case, event: EventLog, owners: set[str]) -> _Seen | None:
    """None for what Airflow writes of itself, what only reads, and what is about other dags."""
    if event.at > case.question.at + NEAR or _READS.match(event.event):
        return None
    if event.dag_id not in ("", case.target.dag_id, case.names.get("external_dag", "")):
        return None
    if trouble := _trouble(event):
        rank = 4 if trouble == "airflow.task_killed" else 5
        return _Seen(event, rank, True, False) if _is_mine(case, event) else None
    if SYSTEM.match(event.event) and (event.owner in owners or "full_command" in event.extra):
        return None
    return _by_a_person(case, event)


def _trouble(event: EventLog) -> str:
    return next((c for c, words in _TROUBLE.items() if words.search(event.event)), "")


def _category(event: EventLog) -> str:
    """What an event that explains a failure makes of it, where nothing else says."""
    if _STATE_SET.match(event.event):
        return "airflow.task_killed"
    return _trouble(event)


def _by_a_person(case: Case, event: EventLog) -> _Seen | None:
    if _EDIT.search(event.event):
        about = _names_it(case, event)
        if not about and re.search(r"(?i)variable|connection|pool", event.event):
            return _Seen(event, 62, False, True)
        if re.search(r"(?i)trigger|unpause", event.event):
            return _Seen(event, 61, False, True)  # it set something going, which holds nothing up
        is_paused = bool(re.search(r"(?i)paused?", event.event))
        waits = case.category in ("timeout.sensor", "upstream.failed", "airflow.scheduling")
        return _Seen(event, 8 if about else 61, about or (is_paused and waits), True)
    if _STATE_SET.match(event.event):
        near = abs(event.at - case.failed_at) <= NEAR
        mine = _is_mine(case, event) and near and not re.search(r"(?i)clear", event.event)
        killed = case.category in ("airflow.task_killed", "unknown", "airflow.scheduling")
        return _Seen(event, 6 if mine else 63, mine and killed, True)
    return None


def _is_mine(case: Case, event: EventLog) -> bool:
    """Whether it is about this run and task, as far as it says."""
    target = case.target
    told = f"{event.extra} {event.run_id} {event.task_id}"
    run_fits = not event.run_id or event.run_id == target.run_id
    task_fits = not event.task_id or event.task_id == target.root_task_id
    named = event.dag_id == target.dag_id or target.dag_id in told
    return run_fits and task_fits and named


def _names_it(case: Case, event: EventLog) -> bool:
    """Whether an edit concerns the variable, connection or pool that the failure names."""
    names = [case.names.get(kind, "") for kind in ("variable", "conn_id", "pool", "external_dag")]
    told = f"{event.extra} {event.dag_id}"
    if any(name and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", told) for name in names):
        return True
    keys = [value for key, value in named_in(event.extra) if _KEY.match(key)]
    return any(len(key) > 3 and key in case.log_text for key in keys)


def _clue(case: Case, one: _Seen) -> Clue:
    return Clue(
        "airflow",
        _said(case, one.event),
        "Airflow audit log (event log)",
        at=one.event.at,
        is_change=one.is_change,
        confirms=one.confirms,
        rank=one.rank,
    )


def _said(case: Case, event: EventLog) -> str:
    """`user l.brandt: variable.edit at 02:40 (key api_url)`."""
    who = f"user {event.owner}: " if event.owner else ""
    about = ", ".join(_about(event))
    what = f"{who}{event.event} at {clock_time(event.at, case.failed_at)}Z"
    what = f"{what} ({about})" if about else what
    return f"{what}: {event.extra.partition('. ')[0]}" if _trouble(event) and event.extra else what


def _about(event: EventLog) -> Sequence[str]:
    """The object of an event: its own ids, else what `extra` names; never a value."""
    if event.task_id:
        return [f"{event.dag_id}.{event.task_id}"]
    said = [f"{key} {value}" for key, value in named_in(event.extra) if _SHOWN.match(key)]
    return said[:4] or [event.dag_id][: bool(event.dag_id)]


def named_in(extra: str) -> list[tuple[str, str]]:
    """The plain pairs of an event's extra, which is JSON, Python's own notation, or neither."""
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(extra)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        pairs = found.items() if isinstance(found, dict) else found
        if isinstance(found, dict | list | tuple):
            return [(str(p[0]), str(p[1])) for p in pairs if _is_pair(p)]
    return _PAIR.findall(extra)


def _is_pair(one: object) -> bool:
    return isinstance(one, list | tuple) and len(one) == 2 and isinstance(one[1], str | int | bool)
