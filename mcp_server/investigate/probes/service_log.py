"""The log of the job that the task started elsewhere: Lambda, Glue, ECS ... (`services.toml`)."""

import asyncio
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib import resources

from mcp_server.backends import Logs
from mcp_server.diagnostics.cause import LogDiagnosis, diagnose_log
from mcp_server.diagnostics.redact import redact
from mcp_server.domain.logs import FoundEvent, LogEvent
from mcp_server.errors import DiagnosticError, NotFound
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.plain import plain
from mcp_server.investigate.probes.external_dag import named_near
from mcp_server.investigate.reason import words_of
from mcp_server.times import at_ms, ms

ERRORS = (
    "?ERROR ?Error ?error ?Exception ?exception ?Traceback ?FATAL ?denied ?Denied ?failed ?FAILED"
    ' ?"timed out" ?OutOfMemory ?Killed ?errorMessage'
)
KEYWORDS = {
    "function": r"function_name",
    "glue_job": r"job_name",
    "state_machine": r"state_machine_arn",
}
# What Lambda's runtime puts before an error that a program raised.
_PREFIX = re.compile(r"^\[(?:ERROR|CRITICAL|FATAL)\]\s+(?:\d{4}-\S+\s+[\w-]{8,}\s+)?")
# Glue, Step Functions and Lambda tell an exception as JSON, which is cut where the log is.
_REASON = re.compile(r'"(?:Failure Reason|cause|errorMessage)"\s*:\s*"((?:[^"\\]|\\.){1,4000})"')
_TYPE = re.compile(r'"(?:error|errorType)"\s*:\s*"([\w.]{1,200})"')
_TELLING = re.compile(r"(?i)\berror\b|exception|timed out|killed|denied|failed|fatal")
BEFORE, AFTER = timedelta(minutes=5), timedelta(minutes=3)
GROUPS_READ = 5


@dataclass(frozen=True, slots=True)
class Service:
    """A service's log, as services.toml tells it."""

    title: str
    needs: str
    groups: tuple[str, ...]
    stream: str = ""


@cache
def services() -> tuple[Service, ...]:
    """All services whose logs are known."""
    text = (
        resources.files("mcp_server.investigate.probes")
        .joinpath("services.toml")
        .read_text("utf-8")
    )
    entries = tomllib.loads(text)["service"]
    return tuple(Service(**{**one, "groups": tuple(one["groups"])}) for one in entries)


async def service_log(case: Case) -> Finding:
    """The cause line of the job's own log, with its place there."""
    logs = case.backends.logs
    if logs is None:
        return NOTHING
    names = {**await _from_source(case), **case.names}
    for service in services():
        if names.get(service.needs):
            finding = await _of_service(case, logs, service, names)
            if finding is not NOTHING:
                return finding
    return NOTHING


async def _from_source(case: Case) -> dict[str, str]:
    """Names that the dag's source gives the task, where its log names none."""
    if case.facts is None or any(case.names.get(name) for name in KEYWORDS):
        return {}
    try:
        source = await case.facts.source()
    except DiagnosticError:
        # The source is only a second chance to learn a name.
        return {}
    task = case.target.root_task_id
    found = {name: named_near(source, task, word) for name, word in KEYWORDS.items()}
    return {name: value.rpartition(":")[2] for name, value in found.items() if value}


async def _of_service(case: Case, logs: Logs, service: Service, names: dict[str, str]) -> Finding:
    groups = await _groups(logs, service, names)
    stream = service.stream.format_map(names)
    read = await asyncio.gather(*(_errors(case, logs, group, stream) for group in groups))
    for group, events in zip(groups, read, strict=True):
        diagnosis = _diagnosed(events)
        if diagnosis is not None:
            return _finding(service, names, group, events, diagnosis)
    return NOTHING


async def _groups(logs: Logs, service: Service, names: dict[str, str]) -> list[str]:
    found: list[str] = []
    for wanted in service.groups:
        group = wanted.format_map(names)
        if group.endswith("*"):
            found += await logs.groups(group[:-1], GROUPS_READ)
        else:
            found.append(group)
    return found[:GROUPS_READ]


async def _errors(case: Case, logs: Logs, group: str, stream: str) -> Sequence[FoundEvent]:
    try:
        events, _ = await logs.search(
            group,
            ERRORS,
            stream_prefix=stream,
            start_ms=ms(case.started_at - BEFORE),
            end_ms=ms(case.failed_at + AFTER),
            limit=200,
            pages=3,
        )
    except NotFound:
        # This service does not log there in this account.
        return ()
    return events


def _diagnosed(events: Sequence[FoundEvent]) -> LogDiagnosis | None:
    if not events:
        return None
    bare = [LogEvent(one.timestamp_ms, _bare(one.message)) for one in events]
    diagnosis = diagnose_log(bare, budget_tokens=300)
    if diagnosis.confidence != "inconclusive":
        return diagnosis
    lines = [(e.timestamp_ms, row) for e in bare for row in plain(e.message).splitlines()]
    telling = [(at, row) for at, row in lines if _TELLING.search(row)]
    if not telling:
        return None
    at, row = telling[-1]
    return replace(diagnosis, cause_line=redact(row.strip())[:400], cause_timestamp_ms=at)


def _bare(message: str) -> str:
    """The event as its program said it; of an exception told as JSON its class and its words."""
    found = _REASON.search(message)
    if found is None:
        return _PREFIX.sub("", message)
    said = found[1].replace('\\"', '"')
    if inner := _REASON.search(said):
        said, message = inner[1], said
    said = said.partition("\\n")[0]
    kind = _TYPE.search(message)
    return f"{kind[1]}: {said}" if kind and kind[1] not in said else said


def _finding(
    service: Service,
    names: dict[str, str],
    group: str,
    events: Sequence[FoundEvent],
    diagnosis: LogDiagnosis,
) -> Finding:
    line = words_of(diagnosis)
    stream = next(
        (e.log_stream for e in events if e.timestamp_ms == diagnosis.cause_timestamp_ms), ""
    )
    when = ""
    if diagnosis.cause_timestamp_ms is not None:
        when = f", {at_ms(diagnosis.cause_timestamp_ms):%H:%M:%S}Z"
    place = f"{group} {stream}{when}"
    others = [q.text for q in diagnosis.evidence if q.text != line][:2]
    clues = [Clue("log", line, place, confirms=True, rank=5)]
    clues += [Clue("log", text, place, rank=32) for text in others]
    title = service.title.format_map(names)
    return Finding(
        tuple(clues),
        explains=f"the log of {title} says: {line}",
        names=((service.needs, names[service.needs]), ("service", title)),
    )
