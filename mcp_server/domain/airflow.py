"""Airflow's nouns, the same for versions 2 and 3. All times are aware UTC datetimes."""

from dataclasses import dataclass
from datetime import datetime

FAILED_STATES = frozenset({"failed", "upstream_failed", "up_for_retry"})
UNFINISHED_STATES = frozenset(
    {"running", "queued", "scheduled", "deferred", "restarting", "up_for_reschedule"}
)


@dataclass(frozen=True, slots=True)
class Environment:
    """An MWAA environment as GetEnvironment describes it; groups are "" where logging is off."""

    name: str
    status: str = ""
    airflow_version: str = ""
    webserver_url: str = ""
    environment_class: str = ""
    max_workers: int = 0
    min_workers: int = 0
    last_update_status: str = ""
    last_update_error: str = ""
    last_update_at: datetime | None = None
    log_groups: tuple["LogGroup", ...] = ()
    arn: str = ""


@dataclass(frozen=True, slots=True)
class LogGroup:
    """One of LoggingConfiguration's parts: Task, Scheduler, Worker, WebServer, DAGProcessing."""

    kind: str
    name: str
    enabled: bool
    level: str


@dataclass(frozen=True, slots=True)
class DagRun:
    """One DagRun; `logical_date` may be None in Airflow 3, then `run_after` orders runs."""

    dag_id: str
    run_id: str
    state: str
    run_type: str = ""
    logical_date: datetime | None = None
    run_after: datetime | None = None
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    triggered_by: str = ""
    note: str = ""

    @property
    def order(self) -> datetime | None:
        """The time that orders runs of one dag."""
        return self.run_after or self.logical_date or self.start_date or self.queued_at


@dataclass(frozen=True, slots=True)
class TaskInstance:
    """A task of a run at one try (`/taskInstances` gives the last one, `/tries` each).

    `duration` in seconds; `map_index` -1 when not mapped; `try_number` 0: never started.
    """

    dag_id: str
    run_id: str
    task_id: str
    state: str
    try_number: int = 0
    map_index: int = -1
    max_tries: int = 0
    operator: str = ""
    start_date: datetime | None = None
    end_date: datetime | None = None
    queued_when: datetime | None = None
    duration: float | None = None
    pool: str = ""
    queue: str = ""
    hostname: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the dag defines it; `grows_delay`: each retry waits longer than the one before."""

    task_id: str
    operator: str = ""
    downstream_task_ids: tuple[str, ...] = ()
    trigger_rule: str = "all_success"
    retries: int = 0
    pool: str = ""
    owner: str = ""
    is_mapped: bool = False
    execution_timeout_s: float | None = None
    depends_on_past: bool = False
    retry_delay_s: float | None = None
    grows_delay: bool = False


@dataclass(frozen=True, slots=True)
class Dag:
    """A dag; `schedule` in words as Airflow gives them ("@daily", cron, "Dataset", "").

    `relative_fileloc` is the file within its bundle (Airflow 3), "" where it is not told.
    """

    dag_id: str
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    schedule: str = ""
    is_paused: bool = False
    fileloc: str = ""
    relative_fileloc: str = ""
    file_token: str = ""
    last_parsed: datetime | None = None
    next_run_after: datetime | None = None
    max_active_runs: int = 0
    has_import_errors: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A file that does not parse (REST calls it an import error)."""

    filename: str
    stack_trace: str
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool's slots now; `scheduled` tasks wait for one of them, `queued` ones for a worker."""

    name: str
    slots: int
    running: int
    queued: int
    open: int
    deferred: int = 0
    scheduled: int = 0


@dataclass(frozen=True, slots=True)
class EventLog:
    """A line of Airflow's audit log."""

    at: datetime
    event: str
    owner: str = ""
    dag_id: str = ""
    task_id: str = ""
    run_id: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class DagVersion:
    """Airflow 3: a version of a dag."""

    version_number: int
    created_at: datetime | None
    bundle_version: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """A dataset (2) or asset (3) with the tasks that produce it and the dags that wait for it."""

    uri: str
    producing: tuple[tuple[str, str], ...] = ()
    consuming_dags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """Component states as /health or /monitor/health tells them: "healthy", "unhealthy" or ""."""

    metadatabase: str = ""
    scheduler: str = ""
    scheduler_heartbeat: datetime | None = None
    triggerer: str = ""
    dag_processor: str = ""
