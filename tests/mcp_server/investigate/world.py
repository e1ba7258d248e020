"""A small world behind the Protocols: rows in memory, faults and latency by call name."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mcp_server.backends import Alarm, AlarmChange, Backends, Rows, Series, TrailEvent
from mcp_server.domain.airflow import (
    Asset,
    Dag,
    DagRun,
    DagVersion,
    Environment,
    EventLog,
    Health,
    ImportFailure,
    LogGroup,
    Pool,
    Task,
    TaskInstance,
)
from mcp_server.domain.logs import FoundEvent, LogEvent, LogPage
from mcp_server.errors import AccessDenied, NotFound, Unavailable
from mcp_server.investigate.diagnose import Investigations, Question
from mcp_server.redshift.statements import all_statements
from mcp_server.settings import Settings

NIGHT = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
RUN = "scheduled__2026-11-21T03:00:00+00:00"
DAG = "orders"
ENV = "de-prod"


def at(text: str) -> datetime:
    """ "03:04" of the night, or a whole ISO time without zone."""
    if len(text) <= 8:
        return datetime.fromisoformat(f"2026-11-22T{text}").replace(tzinfo=UTC)
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@dataclass
class World:
    """All rows there are. `faults` maps a call ("airflow.tasks", "trail.lookup") to its fault."""

    dags: list[Dag] = field(default_factory=lambda: [Dag(DAG, owners=("data-platform",))])
    tasks: dict[str, list[Task]] = field(default_factory=dict)
    runs: list[DagRun] = field(default_factory=list)
    instances: list[TaskInstance] = field(default_factory=list)
    tries: list[TaskInstance] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    event_logs: list[EventLog] = field(default_factory=list)
    versions: list[DagVersion] = field(default_factory=list)
    import_failures: list[ImportFailure] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    streams: dict[str, dict[str, list[LogEvent]]] = field(default_factory=dict)
    trail: list[TrailEvent] = field(default_factory=list)
    metrics: dict[tuple[str, str, str], list[tuple[datetime, float]]] = field(default_factory=dict)
    alarm_changes: list[AlarmChange] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    redshift: dict[str, list[dict[str, Any]]] | None = None
    faults: dict[str, str] = field(default_factory=dict)
    latency_s: float = 0.0
    calls: list[str] = field(default_factory=list)

    async def call(self, name: str) -> None:
        self.calls.append(name)
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        fault = self.faults.get(name) or self.faults.get(name.partition(".")[0], "")
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "denied":
            raise AccessDenied(f"{name} was refused: allow the action {ACTIONS.get(name, name)}.")
        if fault == "throttled":
            raise Unavailable(f"{name} was throttled: try again later.")
        if fault == "broken":
            raise RuntimeError("a bug")

    def environment(self) -> list[Environment]:
        return self.environments or [environment()]

    def backends(self) -> Backends:
        clients: dict[str, FakeAirflow] = {}

        def airflow(name: str) -> FakeAirflow:
            return clients.setdefault(name, FakeAirflow(self, name))

        return Backends(
            environments=FakeEnvironments(self),
            airflow=airflow,
            logs=FakeLogs(self),
            metrics=FakeMetrics(self),
            redshift=FakeRedshift(self) if self.redshift is not None else None,
            trail=FakeTrail(self),
            alarms=FakeAlarms(self),
        )

    def investigations(self, **settings: Any) -> Investigations:
        known = Settings(mwaa_environments=(ENV,), **settings)
        return Investigations(self.backends(), known, lambda: NIGHT)

    def log(
        self, task: str, *lines: str, run: str = RUN, attempt: int = 1, when: datetime = NIGHT
    ) -> None:
        """A task's log stream in Airflow 2's form, one event a line."""
        stream = f"dag_id={DAG}/run_id={run}/task_id={task}/attempt={attempt}.log".replace(":", "_")
        self.say("Task", stream, *lines, when=when)

    def say(self, kind: str, stream: str, *lines: str, when: datetime = NIGHT) -> None:
        events = self.streams.setdefault(f"airflow-{ENV}-{kind}", {}).setdefault(stream, [])
        for at_line, line in enumerate(lines):
            moment = when - timedelta(seconds=len(lines) - at_line)
            text = (
                line
                if line.startswith(("[", "{"))
                else f"[{moment:%Y-%m-%dT%H:%M:%S.000+0000}] {line}"
            )
            events.append(LogEvent(ms(moment), text))


ACTIONS = {
    "trail.lookup": "cloudtrail:LookupEvents",
    "logs.events": "logs:GetLogEvents",
    "airflow.event_logs": "airflow:InvokeRestApi",
}


def environment(name: str = ENV, **other: Any) -> Environment:
    groups = tuple(
        LogGroup(kind, f"airflow-{name}-{kind}", True, "INFO")
        for kind in ("Task", "Scheduler", "Worker", "DAGProcessing", "WebServer")
    )
    told = {"status": "AVAILABLE", "airflow_version": "2.10.3", "log_groups": groups}
    return Environment(name, **{**told, **other})


@dataclass
class FakeEnvironments:
    world: World

    async def names(self) -> tuple[str, ...]:
        await self.world.call("environments.names")
        return tuple(one.name for one in self.world.environment())

    async def get(self, name: str) -> Environment:
        await self.world.call("environments.get")
        for one in self.world.environment():
            if one.name == name:
                return one
        raise NotFound(f"No environment {name}.")


@dataclass
class FakeAirflow:
    world: World
    environment: str

    async def _call(self, name: str) -> None:
        await self.world.call(f"airflow.{name}")

    async def version(self) -> str:
        await self._call("version")
        return "2.10.3"

    async def health(self) -> Health:
        await self._call("health")
        return Health("healthy", "healthy")

    async def dags(self, *, search: str = "", limit: int = 100) -> Sequence[Dag]:
        await self._call("dags")
        return [one for one in self.world.dags if search in one.dag_id][:limit]

    async def dag(self, dag_id: str) -> Dag:
        await self._call("dag")
        return _one([one for one in self.world.dags if one.dag_id == dag_id], dag_id)

    async def tasks(self, dag_id: str) -> Sequence[Task]:
        await self._call("tasks")
        return self.world.tasks.get(dag_id, [])

    async def dag_runs(
        self,
        dag_id: str,
        *,
        state: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 25,
    ) -> Sequence[DagRun]:
        await self._call("dag_runs")
        found = [
            run
            for run in self.world.runs
            if dag_id in ("~", run.dag_id)
            and state in ("", run.state)
            and _inside(run.start_date, since, until)
        ]
        return sorted(found, key=lambda run: run.start_date or NIGHT, reverse=True)[:limit]

    async def dag_run(self, dag_id: str, run_id: str) -> DagRun:
        await self._call("dag_run")
        runs = self.world.runs
        return _one([r for r in runs if (r.dag_id, r.run_id) == (dag_id, run_id)], run_id)

    async def task_instances(
        self,
        dag_id: str,
        run_id: str,
        *,
        states: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[TaskInstance]:
        await self._call("task_instances")
        found = [
            one
            for one in self.world.instances
            if dag_id in ("~", one.dag_id)
            and run_id in ("~", one.run_id)
            and (not states or one.state in states)
            and _inside(one.end_date or one.start_date, since, until)
        ]
        return found[:limit]

    async def tries(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1
    ) -> Sequence[TaskInstance]:
        await self._call("tries")
        key = (dag_id, run_id, task_id, map_index)
        rows = self.world.tries + self.world.instances
        found = [r for r in rows if (r.dag_id, r.run_id, r.task_id, r.map_index) == key]
        by_number = {one.try_number: one for one in reversed(found)}
        return [by_number[number] for number in sorted(by_number)]

    async def task_log(self, instance: TaskInstance) -> str:
        await self._call("task_log")
        raise NotFound("No log over REST.")

    async def import_failures(self) -> Sequence[ImportFailure]:
        await self._call("import_failures")
        return self.world.import_failures

    async def source(self, dag_id: str) -> str:
        await self._call("source")
        if dag_id not in self.world.sources:
            raise NotFound(f"No source of {dag_id}.")
        return self.world.sources[dag_id]

    async def event_logs(
        self, *, dag_id: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[EventLog]:
        await self._call("event_logs")
        found = [e for e in self.world.event_logs if dag_id in ("", e.dag_id)]
        return [e for e in found if _inside(e.at, since, until)]

    async def dag_versions(self, dag_id: str) -> Sequence[DagVersion]:
        await self._call("dag_versions")
        return self.world.versions

    async def pools(self) -> Sequence[Pool]:
        await self._call("pools")
        return self.world.pools

    async def assets(self) -> Sequence[Asset]:
        await self._call("assets")
        return self.world.assets


@dataclass
class FakeLogs:
    world: World

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
        await self.world.call("logs.events")
        events = self.world.streams.get(log_group, {}).get(log_stream)
        if events is None:
            raise NotFound(f"No stream {log_stream}.")
        return LogPage(tuple(events) if not token else (), "")

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
        await self.world.call("logs.search")
        if log_group not in self.world.streams:
            raise NotFound(f"No group {log_group}.")
        found = [
            FoundEvent(stream, event.timestamp_ms or 0, event.message)
            for stream, events in self.world.streams[log_group].items()
            if stream.startswith(stream_prefix) and (not log_streams or stream in log_streams)
            for event in events
            if _matches(pattern, event.message)
            and start_ms <= (event.timestamp_ms or 0) <= (end_ms or 1 << 60)
        ]
        return sorted(found, key=lambda one: one.timestamp_ms)[:limit], False

    async def streams(self, log_group: str, prefix: str = "", limit: int = 50) -> Sequence[str]:
        await self.world.call("logs.streams")
        names = self.world.streams.get(log_group, {})
        return [name for name in names if name.startswith(prefix)][:limit]

    async def groups(self, prefix: str = "", limit: int = 50) -> Sequence[str]:
        await self.world.call("logs.groups")
        return [name for name in self.world.streams if name.startswith(prefix)][:limit]

    async def insights(
        self, log_groups: Sequence[str], query: str, start_ms: int, end_ms: int, limit: int = 100
    ) -> Sequence[Mapping[str, str]]:
        await self.world.call("logs.insights")
        return []


@dataclass
class FakeTrail:
    world: World

    async def lookup(
        self, attribute: str, value: str, *, since: datetime, until: datetime, limit: int = 50
    ) -> Sequence[TrailEvent]:
        await self.world.call("trail.lookup")
        told: dict[str, Callable[[TrailEvent], Sequence[str]]] = {
            "EventName": lambda event: [event.name],
            "EventSource": lambda event: [event.source],
            "Username": lambda event: [event.user],
            "ResourceName": lambda event: event.resources,
        }
        found = [e for e in self.world.trail if value in told[attribute](e)]
        return [e for e in found if _inside(e.at, since, until)][:limit]


@dataclass
class FakeMetrics:
    world: World

    async def series(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        *,
        statistic: str,
        start: datetime,
        end: datetime,
        period_s: int = 60,
    ) -> Series:
        await self.world.call("metrics.series")
        points = self.world.metrics.get((namespace, name, _dimensions(dimensions)), [])
        return Series(name, "", tuple(p for p in points if start <= p[0] <= end))

    async def list_metrics(
        self, namespace: str, name: str = "", dimensions: Mapping[str, str] | None = None
    ) -> Sequence[tuple[str, Mapping[str, str]]]:
        await self.world.call("metrics.list_metrics")
        wanted = set((dimensions or {}).items())
        found = []
        for space, metric, said in self.world.metrics:
            told = dict(part.split("=", 1) for part in said.split(",") if part)
            if space == namespace and name in ("", metric) and wanted <= set(told.items()):
                found.append((metric, told))
        return found


@dataclass
class FakeAlarms:
    world: World

    async def alarms(
        self, *, prefix: str = "", state: str = "", limit: int = 200
    ) -> Sequence[Alarm]:
        await self.world.call("alarms.alarms")
        return []

    async def changes(
        self, *, since: datetime, until: datetime, name: str = "", limit: int = 100
    ) -> Sequence[AlarmChange]:
        await self.world.call("alarms.changes")
        return [one for one in self.world.alarm_changes if _inside(one.at, since, until)]


@dataclass(eq=False)
class FakeRedshift:
    world: World
    is_serverless: bool = False

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        await self.world.call("redshift.run")
        name = next(name for name, one in all_statements().items() if one.text() == sql)
        rows = (self.world.redshift or {}).get(name, [])
        columns = tuple(dict.fromkeys(key for row in rows for key in row))
        return Rows(columns, tuple(tuple(row.get(c) for c in columns) for row in rows))


def _one(found: Sequence[Any], name: str) -> Any:
    if not found:
        raise NotFound(f"Nothing named {name}.")
    return found[0]


def _inside(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if moment is None:
        return since is None
    return (since is None or moment >= since) and (until is None or moment <= until)


def _dimensions(said: Mapping[str, str]) -> str:
    return ",".join(f"{key}={said[key]}" for key in sorted(said))


def _matches(pattern: str, message: str) -> bool:
    """CloudWatch's plain terms: all of them, or any of those with a question mark."""
    terms = re.findall(r'(\??)(?:"([^"]*)"|(\S+))', pattern)
    any_of = [quoted or word for mark, quoted, word in terms if mark]
    all_of = [quoted or word for mark, quoted, word in terms if not mark]
    return all(term in message for term in all_of) and (
        not any_of or any(term in message for term in any_of)
    )


def run(run_id: str = RUN, state: str = "failed", **other: Any) -> DagRun:
    day = re.search(r"\d{4}-\d\d-\d\d", run_id)
    logical = datetime.fromisoformat(f"{day[0]}T03:00:00").replace(tzinfo=UTC) if day else None
    start = logical + timedelta(days=1) if logical else NIGHT - timedelta(minutes=10)
    told = {
        "run_type": "scheduled",
        "logical_date": logical,
        "start_date": start,
        "end_date": start + timedelta(minutes=5),
    }
    return DagRun(DAG, run_id, state, **{**told, **other})


def instance(task: str, state: str = "failed", **other: Any) -> TaskInstance:
    told = {
        "try_number": 1,
        "max_tries": 0,
        "operator": "PythonOperator",
        "start_date": NIGHT - timedelta(minutes=2),
        "end_date": NIGHT,
    }
    return TaskInstance(DAG, other.pop("run_id", RUN), task, state, **{**told, **other})


def query(query_id: int, text: str, **other: Any) -> dict[str, Any]:
    """A row of SYS_QUERY_HISTORY."""
    told = {
        "query_id": query_id,
        "user_id": 107,
        "username": "airflow_etl",
        "session_id": 5000 + query_id % 100,
        "transaction_id": 9000 + query_id % 100,
        "status": "success",
        "query_type": "DDL",
        "start_time": at("02:41"),
        "end_time": at("02:41:02"),
        "elapsed_time": 2_000_000,
        "queue_time": 0,
        "execution_time": 2_000_000,
        "compile_time": 0,
        "planning_time": 0,
        "lock_wait_time": 0,
        "error_message": "",
        "query_text": text,
        "query_label": "default",
        "generic_query_hash": "h",
        "returned_rows": 0,
        "service_class_name": "default",
        "query_priority": "normal",
        "compute_type": "primary",
        "usage_limit": "",
        "result_cache_hit": False,
    }
    return {**told, **other}


def night(*lines: str, task: str = "load", **other: Any) -> World:
    """A world in which one task of a run failed with these log lines."""
    world = World(runs=[run()], instances=[instance(task)], **other)
    world.tasks[DAG] = [Task(task, "PythonOperator", owner="data-platform")]
    if lines:
        world.log(task, *lines)
    return world


def asked(task: str = "load", **other: Any) -> Question:
    told = {"run_id": RUN, "at": NIGHT + timedelta(seconds=20)}
    return Question(dag_id=DAG, task_id=task, **{**told, **other})
