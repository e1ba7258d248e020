"""Airflow and MWAA behind their Protocols, from rows in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from mcp_server.domain.airflow import (
    Asset,
    Dag,
    DagRun,
    DagVersion,
    Environment,
    EventLog,
    Health,
    ImportFailure,
    Pool,
    Task,
    TaskInstance,
)
from mcp_server.errors import NotFound
from tests.mcp_server.investigate.rows import NIGHT

if TYPE_CHECKING:
    from tests.mcp_server.investigate.world import World

T = TypeVar("T")


@dataclass
class FakeEnvironments:
    world: "World"

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
    world: "World"
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

    async def run_timeout_s(self, dag_id: str) -> float | None:
        await self._call("run_timeout_s")
        return self.world.run_timeout_s

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
        known = {one.dag_id for one in self.world.dags} | {run.dag_id for run in self.world.runs}
        if dag_id != "~" and dag_id not in known:
            raise NotFound(f"No {dag_id}.")
        found = [
            run
            for run in self.world.runs
            if dag_id in ("~", run.dag_id)
            and state in ("", run.state)
            and inside(run.start_date, since, until)
        ]
        return sorted(found, key=lambda run: run.start_date or NIGHT, reverse=True)[:limit]

    async def dag_runs_of(self, dag_id: str, since: datetime, until: datetime) -> Sequence[DagRun]:
        await self._call("dag_runs_of")
        if dag_id not in {one.dag_id for one in self.world.dags}:
            raise NotFound(f"No {dag_id}.")
        return [
            run
            for run in self.world.runs
            if run.dag_id == dag_id
            and any(at and since <= at <= until for at in (run.logical_date, run.run_after))
        ]

    async def dag_run(self, dag_id: str, run_id: str) -> DagRun:
        await self._call("dag_run")
        is_here = not self.world.runs_in or self.environment in self.world.runs_in
        runs = self.world.runs if is_here else []
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
            and inside(one.end_date or one.start_date, since, until)
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
        return [e for e in found if inside(e.at, since, until)]

    async def dag_versions(self, dag_id: str) -> Sequence[DagVersion]:
        await self._call("dag_versions")
        return self.world.versions

    async def pools(self) -> Sequence[Pool]:
        await self._call("pools")
        return self.world.pools

    async def assets(self) -> Sequence[Asset]:
        await self._call("assets")
        return self.world.assets


def _one(found: Sequence[T], name: str) -> T:
    if not found:
        raise NotFound(f"Nothing named {name}.")
    return found[0]


def inside(moment: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if moment is None:
        return since is None
    return (since is None or moment >= since) and (until is None or moment <= until)
