"""What one environment's Airflow says about one dag; every question goes over REST once."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from mcp_server.backends import Airflow
from mcp_server.domain.airflow import (
    Asset,
    Dag,
    DagRun,
    DagVersion,
    EventLog,
    ImportFailure,
    Pool,
    Task,
    TaskInstance,
)
from mcp_server.errors import NotFound
from mcp_server.investigate.shared import Shared
from mcp_server.investigate.silence import Silence
from mcp_server.reading.runs import unknown_dag

T = TypeVar("T")
RUNS_READ = 25
SKEW = timedelta(minutes=2)
FAILED = ("failed", "up_for_retry")


class Facts:
    """Airflow's answers about one dag as of `at`. Each method raises DiagnosticError as REST does.

    Asking twice costs one call.
    """

    def __init__(
        self,
        airflow: Airflow,
        dag_id: str,
        at: datetime,
        shared: Shared,
        silence: Silence | None = None,
    ) -> None:
        self.airflow = airflow
        self.dag_id = dag_id
        self.at = at
        self._shared = shared
        self._silence = silence or Silence()

    async def _once(self, what: str, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return await self._any(f"{self.dag_id}/{what}", call)

    async def _any(self, what: str, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        key = f"{self.airflow.environment}/{what}"
        return await self._shared.once(key, partial(self._silence.guard, call))

    def other(self, dag_id: str) -> "Facts":
        """The same for another dag of this environment."""
        return Facts(self.airflow, dag_id, self.at, self._shared, self._silence)

    async def dag(self) -> Dag:
        return await self._once("dag", partial(self.airflow.dag, self.dag_id))

    async def dags(self) -> Sequence[Dag]:
        """The dags of the environment, a hundred at most."""
        return await self._any("dags", partial(self.airflow.dags, limit=100))

    async def tasks(self) -> Sequence[Task]:
        return await self._once("tasks", partial(self.airflow.tasks, self.dag_id))

    async def runs(self) -> Sequence[DagRun]:
        """Runs begun until now, the newest first."""
        return await self._once("runs", self._runs)

    async def _runs(self) -> Sequence[DagRun]:
        until = self.at + SKEW
        try:
            return await self.airflow.dag_runs(self.dag_id, until=until, limit=RUNS_READ)
        except NotFound as missing:
            raise await unknown_dag(self.airflow, self.dag_id) from missing

    async def run(self, run_id: str) -> DagRun:
        return await self._once(f"run/{run_id}", partial(self.airflow.dag_run, self.dag_id, run_id))

    async def instances(self, run_id: str) -> Sequence[TaskInstance]:
        ask = partial(self.airflow.task_instances, self.dag_id, run_id, limit=500)
        return await self._once(f"instances/{run_id}", ask)

    async def tries(self, run_id: str, task_id: str, map_index: int) -> Sequence[TaskInstance]:
        ask = partial(self.airflow.tries, self.dag_id, run_id, task_id, map_index)
        return await self._once(f"tries/{run_id}/{task_id}/{map_index}", ask)

    async def failures(self, since: datetime) -> Sequence[TaskInstance]:
        """Task instances of any run of this dag that failed since then and still stand so."""
        bounds = {"since": since, "until": self.at + SKEW}
        ask = partial(
            self.airflow.task_instances, self.dag_id, "~", states=FAILED, limit=200, **bounds
        )
        return await self._once(f"failures/{since.isoformat()}", ask)

    async def succeeded(self, since: datetime) -> Sequence[TaskInstance]:
        """Task instances of any run of this dag that ended well since then."""
        ask = partial(
            self.airflow.task_instances,
            self.dag_id,
            "~",
            states=("success",),
            since=since,
            until=self.at + SKEW,
            limit=500,
        )
        return await self._once(f"succeeded/{since.isoformat()}", ask)

    async def later_runs(self, since: datetime) -> Sequence[DagRun]:
        """Runs begun since then, up to this very moment."""
        ask = partial(self.airflow.dag_runs, self.dag_id, since=since, limit=RUNS_READ)
        return await self._once(f"later/{since.isoformat()}", ask)

    async def ended_well(self, since: datetime) -> Sequence[TaskInstance]:
        """Task instances of any run of this dag that ended well since then, up to this moment."""
        ask = partial(
            self.airflow.task_instances,
            self.dag_id,
            "~",
            states=("success",),
            since=since,
            limit=500,
        )
        return await self._once(f"ended_well/{since.isoformat()}", ask)

    async def event_logs(self, since: datetime) -> Sequence[EventLog]:
        """The audit log: lines about this dag, and the latest about anything (variables ...)."""
        until = self.at + SKEW
        asked = [
            partial(self.airflow.event_logs, dag_id=dag_id, since=since, until=until)
            for dag_id in (self.dag_id, "")
        ]
        mine, every = await asyncio.gather(
            self._once(f"events/{since.isoformat()}", asked[0]),
            self._any(f"events/{since.isoformat()}", asked[1]),
        )
        return list(dict.fromkeys([*mine, *every]))

    async def versions(self) -> Sequence[DagVersion]:
        return await self._once("versions", partial(self.airflow.dag_versions, self.dag_id))

    async def source(self) -> str:
        return await self._once("source", partial(self.airflow.source, self.dag_id))

    async def import_failures(self) -> Sequence[ImportFailure]:
        return await self._once("import_failures", self.airflow.import_failures)

    async def pools(self) -> Sequence[Pool]:
        return await self._once("pools", self.airflow.pools)

    async def assets(self) -> Sequence[Asset]:
        return await self._once("assets", self.airflow.assets)
