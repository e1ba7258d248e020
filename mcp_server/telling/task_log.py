"""How a try's log is told."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from mcp_server.domain.airflow import Environment, TaskInstance
from mcp_server.links import log_url, region_of, task_url
from mcp_server.reading.missing import NEVER_RAN
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.task_log import TaskLog
from mcp_server.reading.trouble import is_trouble
from mcp_server.reading.views import View
from mcp_server.telling.log_lines import LogLine, of_event, place_of, quoted, shown, typed
from mcp_server.text import clipped, count
from mcp_server.times import iso_ms, span

MOST_COMPONENT_LINES = 12


class TaskLogAnswer(BaseModel):
    """A try's log. Times: ISO 8601 UTC."""

    environment: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 0
    state: str = Field(default="", description="Empty when Airflow was not asked.")
    source: str = Field(default="", description='"cloudwatch", "rest", or "" when there is no log.')
    log_group: str = ""
    log_streams: list[str] = Field(default_factory=list)
    is_whole: bool = Field(default=False, description="False: the middle was only searched.")
    line_count: int = 0
    category: str = ""
    confidence: str = ""
    cause_line: str = ""
    cause_line_number: int = Field(
        default=0, description="0 when not known; then cause_time is the place."
    )
    cause_time: str = ""
    chain: list[str] = Field(default_factory=list, description="Exceptions, in the log's order.")
    evidence: list[LogLine] = Field(default_factory=list)
    lines: list[LogLine] = Field(default_factory=list, description="Of tail, around and grep.")
    missing: str = Field(default="", description="Why there is no log.")
    component_lines: list[LogLine] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    next_cursor: str = ""
    log_url: str = ""
    task_url: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A try, its log, and where both can be opened."""

    environment: Environment
    region: str
    wanted: TaskTry
    instance: TaskInstance | None
    log: TaskLog

    def data(self, view: View | None = None) -> TaskLogAnswer:
        """The facts; with a view its lines."""
        log, wanted, found = self.log, self.wanted, self.log.diagnosis
        data = TaskLogAnswer(
            environment=self.environment.name,
            dag_id=wanted.dag_id,
            run_id=wanted.run_id,
            task_id=wanted.task_id,
            map_index=wanted.map_index,
            try_number=log.try_number,
            state=self.instance.state if self.instance else "",
            source=log.source,
            log_group=log.log_group,
            log_streams=list(log.log_streams),
            is_whole=log.is_whole,
            missing=log.missing,
            component_lines=[of_event(one) for one in log.component_lines],
            notes=list(log.notes),
            log_url=self._log_url(),
            task_url=self._task_url(),
            lines=[typed(line) for line in view.lines] if view else [],
            next_cursor=view.next_cursor if view else "",
        )
        if found is None:
            return data
        return data.model_copy(
            update={
                "line_count": found.line_count if log.source else 0,
                "category": found.category,
                "confidence": found.confidence,
                "cause_line": found.cause_line,
                "cause_line_number": found.cause_line_number or 0,
                "cause_time": iso_ms(found.cause_timestamp_ms),
                "chain": list(found.chain),
                "evidence": [quoted(one) for one in found.evidence],
            }
        )

    def digest(self) -> str:
        """The cause in its context, or why there is no log and what others say."""
        if not self.log.source:
            return self._without_a_log()
        found = self.log.diagnosis
        digest = found.digest if found else ""
        rest = digest.partition("\n")[2]
        lines = [self._head(str(self._named())), f"source: {self._source()}", rest, *self._notes()]
        if found and found.category != "unknown":
            place = place_of(found.cause_line_number, found.cause_timestamp_ms)
            lines.append(f"[1] {place}: {self._log_url() or self._task_url()}".rstrip(": "))
        return "\n".join([*lines, *self._components()])

    def view(self, view: View) -> str:
        """The lines of a view under a head that says what they are."""
        lines = [self._head(str(self._named())), f"source: {self._source()}", f"{view.said}:"]
        lines += shown(typed(line) for line in view.lines) or ["(none)"]
        if view.next_cursor:
            lines.append(f"more: cursor={view.next_cursor}")
        return "\n".join([*lines, *self._notes()])

    def _named(self) -> TaskTry:
        wanted = self.wanted
        return TaskTry(
            wanted.dag_id, wanted.run_id, wanted.task_id, self.log.try_number, wanted.map_index
        )

    def _head(self, head: str) -> str:
        if self.instance is None:
            return head
        tries = f" of {self.instance.max_tries + 1}" if self.instance.max_tries else ""
        after = f" after {span(self.instance.duration)}" if self.instance.duration else ""
        state = f", {self.instance.state}{after}" if self.instance.state else ""
        return f"{head}{tries}{state}"

    def _source(self) -> str:
        if self.log.source == "rest":
            return "Airflow REST, not CloudWatch"
        whole = "" if self.log.is_whole else ", ends read and middle searched: places are times"
        more = len(self.log.log_streams) - 1
        joined = f" and {count(more, 'trigger stream')}" if more > 0 else ""
        return f"{self.log.log_group} {self.log.log_streams[0]}{joined}{whole}"

    def _without_a_log(self) -> str:
        lines = [self._head(str(self._named())), self.log.missing]
        said = self._components()
        if not said and not (self.instance and self.instance.state in NEVER_RAN):
            said = ["Scheduler, Worker and DAGProcessing say nothing of it."]
        return "\n".join([*lines, *said, *self._notes()])

    def _components(self) -> list[str]:
        """What other components say of the task; of many lines those that tell of trouble."""
        events = self.log.component_lines
        if len(events) > MOST_COMPONENT_LINES:
            events = tuple(filter(is_trouble, events)) or events
        lines = [of_event(one) for one in events[-MOST_COMPONENT_LINES:]]
        rows = [
            f"{row} ({line.log_stream.partition('_')[0]})"
            for line, row in zip(lines, shown(lines), strict=True)
        ]
        head = "its log names no cause; " if self.log.source else ""
        return [f"{head}what the other components say of it:", *rows] if rows else []

    def _notes(self) -> list[str]:
        return [f"note: {clipped(note, 300)}" for note in self.log.notes]

    def _log_url(self) -> str:
        if not self.log.log_streams:
            return ""
        found = self.log.diagnosis
        region = region_of(self.environment, self.region)
        at = found.cause_timestamp_ms if found else None
        stream = self.log.cause_stream or self.log.log_streams[0]
        return log_url(region, self.log.log_group, stream, at)

    def _task_url(self) -> str:
        named = self._named()
        return task_url(
            self.environment,
            named.dag_id,
            named.run_id,
            named.task_id,
            named.map_index,
            named.try_number,
        )
