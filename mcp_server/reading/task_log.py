"""The log of one try, wherever it is: CloudWatch, REST, or what other components say of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcp_server.backends import Backends
from mcp_server.diagnostics.cause import LogDiagnosis, diagnose_log
from mcp_server.domain.airflow import Environment, LogGroup, TaskInstance
from mcp_server.domain.logs import FoundEvent, LogEvent
from mcp_server.errors import DiagnosticError, NotConfigured, NotFound
from mcp_server.reading import search_terms
from mcp_server.reading.cause_stream import cause_stream
from mcp_server.reading.counted import CountedLogs
from mcp_server.reading.environments import log_group
from mcp_server.reading.long_log import Part, Reading, read_stream
from mcp_server.reading.missing import NEVER_RAN, component_lines, is_quiet, why_missing
from mcp_server.reading.streams import (
    TaskTry,
    attempt_of,
    expected,
    folder,
    index_of,
    is_trigger,
    of_try,
    old_folder,
)
from mcp_server.reading.together import Ask, both, every

__all__ = ["TaskLog", "TaskTry", "read_task_log"]

MOST_TRIGGERS = 4
_NOTHING = re.compile(
    r"^\s*(?:\*\*\*.*|.*::(?:end)?group::.*"
    r"|.*(?:Could not read (?:remote|served) logs?|No logs? (?:stream )?(?:found|available)"
    r"|Reading remote log from"
    r"|log stream does not exist|logs not found).*|)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TaskLog:
    """What there is of one try's log.

    `diagnosis` is None when nothing was found anywhere; `source` is "cloudwatch", "rest" or "".
    `missing` says why there is no log, "" when there is one. `events` is what was read, oldest
    first, and all there is when `is_whole`; `parts` is the same with its gaps. `cause_stream` is
    that of the streams in which the cause stands.
    """

    diagnosis: LogDiagnosis | None
    log_group: str
    log_streams: tuple[str, ...]
    source: str
    is_whole: bool
    calls: int
    try_number: int = 0
    missing: str = ""
    notes: tuple[str, ...] = ()
    component_lines: tuple[FoundEvent, ...] = ()
    events: tuple[LogEvent, ...] = ()
    parts: tuple[Part, ...] = ()
    cause_stream: str = ""


async def read_task_log(
    backends: Backends,
    environment: Environment,
    wanted: TaskTry,
    *,
    instance: TaskInstance | None = None,
    budget_tokens: int = 900,
) -> TaskLog:
    """Read a try's log and diagnose it; a missing log is an answer, not an error.

    Works with CloudWatch alone. Raises DiagnosticError only when no way in was open.
    """
    if backends.logs is None and backends.airflow is None:
        raise NotConfigured("No logs can be read: set AWS_REGION and MWAA_ENVIRONMENT_NAME.")
    return await _reader(backends, environment, wanted, instance, budget_tokens).read()


async def read_stored_log(
    backends: Backends, environment: Environment, wanted: TaskTry, *, budget_tokens: int = 900
) -> TaskLog | None:
    """The log in CloudWatch under exactly these names, None when there is no such stream."""
    found, _ = await _reader(backends, environment, wanted, None, budget_tokens).stored()
    return found


def _reader(
    backends: Backends,
    environment: Environment,
    wanted: TaskTry,
    instance: TaskInstance | None,
    budget_tokens: int,
) -> "_Reader":
    if instance is not None and wanted.map_index < 0 <= instance.map_index:
        wanted = replace(wanted, map_index=instance.map_index)
    logs = CountedLogs(backends.logs) if backends.logs is not None else None
    group = log_group(environment, "Task")
    return _Reader(backends, environment, wanted, instance, group, budget_tokens, logs)


@dataclass(frozen=True, slots=True)
class _Reader:
    backends: Backends
    environment: Environment
    wanted: TaskTry
    instance: TaskInstance | None
    group: LogGroup | None
    budget_tokens: int
    logs: CountedLogs | None

    async def read(self) -> TaskLog:
        seen: Sequence[str] = ()
        refused: DiagnosticError | None = None
        try:
            found, seen = await self.stored()
            if found is not None:
                return found
        except NotFound:
            # The group has never been written to: there is no log, and the state says why.
            seen = ()
        except DiagnosticError as wrong:
            refused = wrong
        return await self._elsewhere(seen, refused)

    async def stored(self) -> tuple[TaskLog | None, Sequence[str]]:
        """The log in CloudWatch, and the streams that the task has there."""
        if self.logs is None or self.group is None or not self.group.name:
            return None, ()
        seen, found = await self._streams(self.logs, self.group.name)
        return await self._of_streams(self.logs, self.group.name, found) if found else None, seen

    async def _streams(
        self, logs: CountedLogs, group: str
    ) -> tuple[Sequence[str], dict[str, Reading | None]]:
        """The task's streams, and those of the try with what is already read of them."""
        name = expected(replace(self.wanted, try_number=self._number()))
        listed, read = await both(
            lambda: self._listed(logs, group), lambda: self._guessed(logs, group, name)
        )
        known = {one: read for one in [name] if isinstance(read, Reading)}
        if isinstance(listed, DiagnosticError):
            if not known:
                raise listed
            return (name,), dict(known)
        chosen = of_try(await self._index(logs, group, listed), listed)
        if not chosen and not known:
            listed = listed or await self._old(logs, group)
            chosen = of_try(replace(self.wanted, map_index=-1), listed)
        return listed, {one: known.get(one) for one in _few(chosen) or known}

    async def _guessed(self, logs: CountedLogs, group: str, name: str) -> Reading | None:
        """The stream that the try must have, read at once where its number is known."""
        return await read_stream(logs, group, name) if self._number() else None

    async def _listed(self, logs: CountedLogs, group: str) -> Sequence[str]:
        prefix = folder(self.wanted)
        if self.wanted.map_index >= 0:
            mine = await logs.streams(group, f"{prefix}map_index={self.wanted.map_index}/")
            if mine:
                return mine
        return await logs.streams(group, prefix)

    async def _index(self, logs: CountedLogs, group: str, listed: Sequence[str]) -> TaskTry:
        """The wanted try; of a mapped task without an index the first instance that complains."""
        if self.wanted.map_index >= 0 or not listed or any(index_of(s) < 0 for s in listed):
            return self.wanted
        found, _ = await logs.search(
            group, search_terms.strong(), stream_prefix=folder(self.wanted), limit=20, pages=3
        )
        stream = found[0].log_stream if found else listed[0]
        return replace(self.wanted, map_index=index_of(stream))

    async def _old(self, logs: CountedLogs, group: str) -> Sequence[str]:
        prefix = old_folder(self.wanted)
        return await logs.streams(group, prefix) if prefix else ()

    async def _of_streams(
        self, logs: CountedLogs, group: str, found: dict[str, Reading | None]
    ) -> TaskLog:
        unread = [name for name, reading in found.items() if reading is None]
        asks: list[Ask[Reading]] = [_reading(logs, group, name) for name in unread]
        answers = dict(zip(unread, await every(asks), strict=True))
        readings: dict[str, Reading] = {}
        for name in found:
            reading = found[name] or answers[name]
            if isinstance(reading, Reading):
                readings[name] = reading
            elif not is_trigger(name):
                raise reading
        parts = _together(list(readings.values()))
        number = max(map(attempt_of, found))
        diagnosis = self._diagnosed(parts, number)
        return TaskLog(
            diagnosis,
            group,
            tuple(found),
            "cloudwatch",
            is_whole=all(reading.is_whole for reading in readings.values()),
            calls=logs.calls,
            try_number=number,
            notes=(*self._notes(), *(note for r in readings.values() for note in r.notes)),
            events=tuple(part for part in parts if isinstance(part, LogEvent)),
            parts=parts,
            cause_stream=cause_stream(readings, diagnosis),
        )

    def _diagnosed(self, parts: tuple[Part, ...], number: int) -> LogDiagnosis:
        header = str(replace(self.wanted, try_number=number))
        return diagnose_log(parts, budget_tokens=self.budget_tokens, header=header)

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if self.group is not None and is_quiet(self.group):
            notes.append(
                f"task logging is set to {self.group.level}: INFO lines, where dbt and bash say the"
                " cause, are missing"
            )
        if not self.environment.status:
            notes.append(
                "GetEnvironment could not be read (airflow:GetEnvironment): log groups were found"
                " by the environment's name, their level is not known"
            )
        return tuple(notes)

    async def _elsewhere(self, seen: Sequence[str], refused: DiagnosticError | None) -> TaskLog:
        text, lines = await both(self._rest, self._components)
        said = text if isinstance(text, str) else ""
        found = lines if isinstance(lines, tuple) else ()
        if refused is not None and not said and not found:
            raise refused
        parts: tuple[Part, ...] = tuple(LogEvent(f.timestamp_ms, f.message) for f in found)
        if said:
            parts = (LogEvent(None, said),)
        missing = why_missing(self.group, self.wanted, self.instance, seen)
        return TaskLog(
            self._diagnosed(parts, self._number()) if parts else None,
            self.group.name if self.group else "",
            (),
            "rest" if said else "",
            is_whole=bool(said),
            calls=(self.logs.calls if self.logs else 0) + 1,
            try_number=self._number(),
            missing="" if said else str(refused or missing),
            notes=(*self._notes(), *([f"CloudWatch: {refused}"] if refused and said else [])),
            component_lines=found,
            events=tuple(part for part in parts if isinstance(part, LogEvent)) if said else (),
            parts=parts if said else (),
        )

    def _number(self) -> int:
        return self.wanted.try_number or (self.instance.try_number if self.instance else 0)

    async def _rest(self) -> str:
        """The log over REST, "" when that says nothing but that there is none."""
        if self.backends.airflow is None or (self.instance and not self._number()):
            return ""
        asked = self.instance or TaskInstance(
            self.wanted.dag_id, self.wanted.run_id, self.wanted.task_id, ""
        )
        asked = replace(asked, try_number=self._number() or 1, map_index=self.wanted.map_index)
        text = await self.backends.airflow(self.environment.name).task_log(asked)
        return "" if all(_NOTHING.match(line) for line in text.split("\n")) else text

    async def _components(self) -> tuple[FoundEvent, ...]:
        if self.logs is None or (self.instance and self.instance.state in NEVER_RAN):
            return ()
        return await component_lines(self.logs, self.environment, self.wanted, self.instance)


def _reading(logs: CountedLogs, group: str, name: str) -> Ask[Reading]:
    return lambda: read_stream(logs, group, name)


def _few(streams: Sequence[str]) -> list[str]:
    """The try's own streams and the last of its triggers'."""
    own = [s for s in streams if not is_trigger(s)]
    return [*own, *[s for s in streams if is_trigger(s)][-MOST_TRIGGERS:]]


def _together(readings: Sequence[Reading]) -> tuple[Part, ...]:
    """Several streams of one try in order of time; a gap stays behind the event before it."""
    if len(readings) == 1:
        return readings[0].parts
    timed: list[tuple[int, Part]] = []
    for reading in readings:
        at = 0
        for part in reading.parts:
            at = (part.timestamp_ms or at) if isinstance(part, LogEvent) else at
            timed.append((at, part))
    return tuple(part for _, part in sorted(timed, key=lambda one: one[0]))
