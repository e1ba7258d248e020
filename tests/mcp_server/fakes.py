"""CloudWatch Logs behind its Protocol, over the sandbox's streams: filters and pages are real."""

from collections.abc import Mapping, Sequence

from mcp_server.backends import Backends
from mcp_server.domain.airflow import Environment, LogGroup
from mcp_server.domain.logs import FoundEvent, LogEvent, LogPage
from mcp_server.errors import AccessDenied, DiagnosticError, NotFound
from sandbox.logs.filter_pattern import compile_pattern
from sandbox.logs.pages import Search, read_page, search_page
from sandbox.logs.streams import Event, ListStream, Stream

KINDS = ("Task", "Scheduler", "Worker", "DAGProcessing", "WebServer")


class StoredLogs:
    """Groups of streams. `calls` holds what was asked; `denied` names operations refused."""

    def __init__(
        self, groups: Mapping[str, Mapping[str, Stream]], denied: Sequence[str] = ()
    ) -> None:
        self.groups_held = {name: dict(streams) for name, streams in groups.items()}
        self.denied = set(denied)
        self.calls: list[str] = []

    def _asked(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.denied:
            raise AccessDenied(f"This role lacks logs:{operation}.")

    def _group(self, name: str) -> dict[str, Stream]:
        if name not in self.groups_held:
            raise NotFound(f"There is no log group {name}.")
        return self.groups_held[name]

    async def events(
        self,
        log_group: str,
        log_stream: str,
        *,
        from_head: bool = False,
        token: str = "",
        start_ms: int = 0,
        end_ms: int = 0,
        limit: int = 10_000,
    ) -> LogPage:
        self._asked("GetLogEvents")
        stream = self._group(log_group).get(log_stream)
        if stream is None:
            raise NotFound(f"There is no log stream {log_stream}.")
        page = read_page(
            stream,
            token=token,
            from_head=from_head,
            start_ms=start_ms or None,
            end_ms=end_ms or None,
            limit=limit,
        )
        following = page.forward if from_head else page.backward
        return LogPage(tuple(LogEvent(*event) for event in page.events), following)

    async def search(
        self,
        log_group: str,
        pattern: str,
        *,
        log_streams: Sequence[str] = (),
        stream_prefix: str = "",
        start_ms: int = 0,
        end_ms: int = 0,
        limit: int = 200,
        pages: int = 10,
    ) -> tuple[Sequence[FoundEvent], bool]:
        self._asked("FilterLogEvents")
        streams = {
            name: stream
            for name, stream in self._group(log_group).items()
            if name.startswith(stream_prefix) and (not log_streams or name in log_streams)
        }
        search = Search(compile_pattern(pattern), start_ms or None, end_ms or None, limit)
        found, token = search_page(streams, search)
        return [FoundEvent(name, ms, text) for ms, name, _, text in found], bool(token)

    async def streams(self, log_group: str, prefix: str = "", limit: int = 50) -> Sequence[str]:
        self._asked("DescribeLogStreams")
        return sorted(n for n in self._group(log_group) if n.startswith(prefix))[:limit]

    async def groups(self, prefix: str = "", limit: int = 50) -> Sequence[str]:
        self._asked("DescribeLogGroups")
        return sorted(n for n in self.groups_held if n.startswith(prefix))[:limit]

    async def insights(
        self, log_groups: Sequence[str], query: str, start_ms: int, end_ms: int, limit: int = 100
    ) -> Sequence[Mapping[str, str]]:
        self._asked("StartQuery")
        return [{"@timestamp": "2026-11-22 03:04:00.000", "@message": query}]


class KnownEnvironments:
    """MWAA environments by name; one whose value is an error raises it."""

    def __init__(self, *known: Environment, refused: DiagnosticError | None = None) -> None:
        self._known = {one.name: one for one in known}
        self._refused = refused

    async def names(self) -> tuple[str, ...]:
        return tuple(self._known)

    async def get(self, name: str) -> Environment:
        if self._refused:
            raise self._refused
        if name not in self._known:
            raise NotFound(f"There is no environment {name}.")
        return self._known[name]


def environment(name: str = "prod", level: str = "INFO", *, enabled: bool = True) -> Environment:
    """An environment with the log groups MWAA gives it."""
    groups = tuple(LogGroup(kind, f"airflow-{name}-{kind}", enabled, level) for kind in KINDS)
    arn = f"arn:aws:airflow:eu-west-1:123456789012:environment/{name}"
    return Environment(
        name, "AVAILABLE", "2.10.3", f"{name}.airflow.example", log_groups=groups, arn=arn
    )


def with_logs(logs: StoredLogs, *known: Environment) -> Backends:
    """Backends that hold MWAA's names and CloudWatch Logs, and no Airflow."""
    return Backends(environments=KnownEnvironments(*(known or (environment(),))), logs=logs)


def stream(*lines: str, start_ms: int = 1_795_316_640_000, step_ms: int = 1_000) -> ListStream:
    """A stream with one event a line."""
    events: list[Event] = [(start_ms + at * step_ms, line) for at, line in enumerate(lines)]
    return ListStream(events)
