"""A small world behind the Protocols: rows in memory, faults and latency by call name."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mcp_server.backends import Backends
from mcp_server.domain.airflow import (
    Asset,
    Dag,
    DagRun,
    DagVersion,
    Environment,
    EventLog,
    ImportFailure,
    Pool,
    Task,
    TaskInstance,
)
from mcp_server.domain.logs import LogEvent
from mcp_server.domain.metrics import AlarmChange
from mcp_server.domain.trail import TrailEvent
from mcp_server.errors import AccessDenied, Unavailable
from mcp_server.investigate.diagnose import Investigations, Question
from mcp_server.settings import Settings
from tests.mcp_server.investigate.fake_airflow import FakeAirflow, FakeEnvironments
from tests.mcp_server.investigate.fake_aws import (
    FakeAlarms,
    FakeLogs,
    FakeMetrics,
    FakeRedshift,
    FakeTrail,
)
from tests.mcp_server.investigate.rows import (
    DAG,
    ENV,
    NIGHT,
    RUN,
    environment,
    instance,
    ms,
    run,
)

ACTIONS = {
    "trail.lookup": "cloudtrail:LookupEvents",
    "logs.events": "logs:GetLogEvents",
    "airflow.event_logs": "airflow:InvokeRestApi",
}


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
    runs_in: set[str] = field(default_factory=set)
    run_timeout_s: float | None = None
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

    def investigations(self, **settings: object) -> Investigations:
        names = tuple(one.name for one in self.environment())
        known = Settings(mwaa_environments=names, **settings)
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
            said = line if line.startswith("{") else f"{{task.py:1}} ERROR - {line}"
            stamp = f"[{moment:%Y-%m-%dT%H:%M:%S.000+0000}]"
            events.append(LogEvent(ms(moment), f"{stamp} {said}"))


def night(*lines: str, task: str = "load", **other: object) -> World:
    """A world in which one task of a run failed with these log lines."""
    world = World(runs=[run()], instances=[instance(task)], **other)
    world.tasks[DAG] = [Task(task, "PythonOperator", owner="data-platform")]
    if lines:
        world.log(task, *lines)
    return world


def asked(**other: object) -> Question:
    told = {"task_id": "load", "run_id": RUN, "at": NIGHT + timedelta(seconds=20)}
    return Question(dag_id=DAG, **{**told, **other})
