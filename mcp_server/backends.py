"""What the tools ask of the outside world. `mcp_server.aws` implements it, tests bring fakes.

Every method is async, raises only `mcp_server.errors.DiagnosticError`, and is read-only.
Times are aware UTC datetimes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

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
from mcp_server.domain.logs import FoundEvent, LogPage
from mcp_server.domain.metrics import Alarm, AlarmChange, Series
from mcp_server.domain.redshift import ClusterEvent, ClusterState, Rows
from mcp_server.domain.trail import TrailEvent


class Environments(Protocol):
    """MWAA environments that this role may see."""

    async def names(self) -> tuple[str, ...]: ...

    async def get(self, name: str) -> Environment: ...


class Airflow(Protocol):
    """One environment's Airflow over REST, version 2 or 3 alike. Unknown ids raise NotFound."""

    environment: str

    async def version(self) -> str: ...

    async def health(self) -> Health: ...

    async def dags(self, *, search: str = "", limit: int = 100) -> Sequence[Dag]: ...

    async def dag(self, dag_id: str) -> Dag: ...

    async def run_timeout_s(self, dag_id: str) -> float | None:
        """The dag's dagrun_timeout in seconds; None without one."""
        ...

    async def tasks(self, dag_id: str) -> Sequence[Task]: ...

    async def dag_runs(
        self,
        dag_id: str,
        *,
        state: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 25,
    ) -> Sequence[DagRun]:
        """Newest first; dag_id "~" means all dags.

        `since` and `until` bound when a run began (Airflow 2) or was due (3, where a run that
        waits has no other time).
        """
        ...

    async def dag_runs_of(self, dag_id: str, since: datetime, until: datetime) -> Sequence[DagRun]:
        """Runs (at most 100) whose logical date, or the time they were due, lies between."""
        ...

    async def dag_run(self, dag_id: str, run_id: str) -> DagRun: ...

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
        """All tasks of a run (mapped ones each); "~" stands for any dag or any run.

        `since` and `until` bound when a finished task ended, or when an unfinished one began.
        """
        ...

    async def tries(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1
    ) -> Sequence[TaskInstance]:
        """Each try, oldest first; where Airflow keeps none (before 2.10) the last one alone."""
        ...

    async def task_log(self, instance: TaskInstance) -> str:
        """The log over REST, the fallback when CloudWatch has none."""
        ...

    async def import_failures(self) -> Sequence[ImportFailure]: ...

    async def source(self, dag_id: str) -> str: ...

    async def event_logs(
        self, *, dag_id: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[EventLog]: ...

    async def dag_versions(self, dag_id: str) -> Sequence[DagVersion]: ...

    async def pools(self) -> Sequence[Pool]: ...

    async def assets(self) -> Sequence[Asset]: ...


class Logs(Protocol):
    """CloudWatch Logs."""

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
        """One GetLogEvents page; a missing stream raises NotFound."""
        ...

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
        """FilterLogEvents over empty pages, `pages` calls at most; True when more may exist.

        Oldest first within what was searched. A missing group or stream raises NotFound.
        """
        ...

    async def streams(self, log_group: str, prefix: str = "", limit: int = 50) -> Sequence[str]: ...

    async def groups(self, prefix: str = "", limit: int = 50) -> Sequence[str]: ...

    async def insights(
        self, log_groups: Sequence[str], query: str, start_ms: int, end_ms: int, limit: int = 100
    ) -> Sequence[Mapping[str, str]]: ...


class Metrics(Protocol):
    """CloudWatch metrics; a query is namespace, name, dimensions and a statistic."""

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
    ) -> Series: ...

    async def chart(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        *,
        statistic: str,
        start: datetime,
        end: datetime,
        period_s: int = 60,
    ) -> bytes:
        """The same series drawn as a PNG."""
        ...

    async def list_metrics(
        self, namespace: str, name: str = "", dimensions: Mapping[str, str] | None = None
    ) -> Sequence[tuple[str, Mapping[str, str]]]: ...


class Alarms(Protocol):
    """CloudWatch alarms, metric and composite alike."""

    async def alarms(
        self, *, prefix: str = "", state: str = "", limit: int = 200
    ) -> Sequence[Alarm]:
        """As they stand now, those in ALARM first, then the newest change first."""
        ...

    async def changes(
        self, *, since: datetime, until: datetime, name: str = "", limit: int = 100
    ) -> Sequence[AlarmChange]:
        """Changes of state in a window, newest first; `name` is one alarm's whole name."""
        ...


class Redshift(Protocol):
    """One cluster or workgroup, by either way in."""

    is_serverless: bool

    async def state(self) -> ClusterState: ...

    async def events(self, since: datetime, until: datetime) -> Sequence[ClusterEvent]:
        """The service's events, newest first; Serverless tells none."""
        ...

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        """One read-only statement with `:name` parameters (text, numbers, aware times).

        `limit` is applied in SQL. Raises MissingColumn, MissingRelation or NotPermitted where one
        part of an answer can do without.
        """
        ...


class Trail(Protocol):
    """CloudTrail LookupEvents, newest first; global services are read in us-east-1."""

    async def lookup(
        self, attribute: str, value: str, *, since: datetime, until: datetime, limit: int = 50
    ) -> Sequence[TrailEvent]: ...


@dataclass(frozen=True)
class Backends:
    """All that a server was configured with; None where a backend is not.

    `airflow(name)` gives one environment's client, always the same one for the same name.
    `close()` ends what is still open to the network; the backends are of no use after it.
    """

    environments: Environments | None = None
    airflow: Callable[[str], Airflow] | None = None
    logs: Logs | None = None
    metrics: Metrics | None = None
    redshift: Redshift | None = None
    trail: Trail | None = None
    alarms: Alarms | None = None
    close: Callable[[], None] = lambda: None
