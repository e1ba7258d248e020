"""What Redshift tells, typed. Times are aware UTC, durations seconds, texts redacted and short.

An empty string or None means that Redshift did not say.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")
UNFINISHED = ("planning", "queued", "running", "returning")


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that could not be read, and why (a missing grant is named)."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Rows, and the parts of the question that stayed open; no rows and no gaps: nothing there."""

    rows: tuple[T, ...] = ()
    gaps: tuple[Gap, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class QueryRun:
    """One row of SYS_QUERY_HISTORY; `text` is the statement, its literals hidden."""

    query_id: int
    user: str = ""
    session_id: int = 0
    transaction_id: int = 0
    status: str = ""
    query_type: str = ""
    start: datetime | None = None
    end: datetime | None = None
    elapsed_s: float = 0.0
    queue_s: float = 0.0
    lock_wait_s: float = 0.0
    execution_s: float = 0.0
    compile_s: float = 0.0
    planning_s: float = 0.0
    error: str = ""
    text: str = ""
    label: str = ""
    generic_query_hash: str = ""
    returned_rows: int = 0
    service_class: str = ""
    priority: str = ""
    compute_type: str = ""
    usage_limit: str = ""
    from_cache: bool = False

    @property
    def failed(self) -> bool:
        """Whether it ended badly: failed or canceled."""
        return self.status in {"failed", "canceled"}

    @property
    def is_open(self) -> bool:
        """Whether it is not over: it waits for its turn, is planned, runs or sends its rows."""
        return self.status in UNFINISHED


@dataclass(frozen=True, slots=True)
class FailedQueries:
    """Failed queries of a window with one error; `error` is the last one's own."""

    error: str
    runs: int
    users: tuple[str, ...] = ()
    last_query_id: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed what: a DDL or GRANT statement, or a row of SYS_USERLOG.

    `kind` is the verb in lower case: "drop table", "alter table", "rename", "create view", "grant",
    "truncate", "drop user" ...; `target` the object as the statement names it.
    """

    at: datetime | None
    user: str
    kind: str
    target: str = ""
    statement: str = ""
    status: str = ""
    query_id: int = 0
    session_id: int = 0
    transaction_id: int = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """A transaction that holds a lock; `statement` is its last one on the table, if found.

    `is_open`: it still holds the lock now. `since` is when the transaction began.
    """

    user: str
    session_id: int
    transaction_id: int = 0
    since: datetime | None = None
    lock_mode: str = ""
    table: str = ""
    table_id: int = 0
    statement: str = ""
    statement_at: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Waiter:
    """A statement that waits (or waited) for a lock, and who held it; `holders` may be empty.

    `root` waits for nobody and holds up a holder; None where the holders wait for nobody.
    """

    user: str
    session_id: int
    transaction_id: int = 0
    query_id: int = 0
    since: datetime | None = None
    waited_s: float = 0.0
    lock_mode: str = ""
    table: str = ""
    statement: str = ""
    status: str = ""
    holders: tuple[Holder, ...] = ()
    root: Holder | None = None
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Locks:
    """Who waits for whom, now (`is_waiting`) and in the window.

    `holders` are all open transactions with a lock that blocks writers, the oldest first, also
    those that nobody waits for.
    """

    waiters: tuple[Waiter, ...] = ()
    holders: tuple[Holder, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadError:
    """A value that COPY refused; the value itself is never read."""

    at: datetime | None
    query_id: int
    file: str = ""
    line: int = 0
    column: str = ""
    column_type: str = ""
    column_length: str = ""
    position: int = 0
    code: int = 0
    reason: str = ""
    table: str = ""
    table_id: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """A COPY as SYS_LOAD_HISTORY tells it."""

    at: datetime | None
    query_id: int
    table: str = ""
    status: str = ""
    source: str = ""
    file_format: str = ""
    loaded_rows: int = 0
    loaded_bytes: int = 0
    files: int = 0
    errors: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RuleAction:
    """A query monitoring rule acted on a query; `is_limit`: a usage limit, in its own words."""

    at: datetime | None
    query_id: int
    rule: str
    action: str
    service_class: str = ""
    value: str = ""
    user: str = ""
    statement: str = ""
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """Error 1023: a transaction was undone because another wrote the same table at that time."""

    at: datetime | None
    table: str
    table_id: int = 0
    transaction_id: int = 0
    session_id: int = 0
    query_id: int = 0
    user: str = ""
    statement: str = ""
    error: str = ""
    others: tuple[QueryRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """A line of the connection log; `event` as Redshift words it ("authentication failure")."""

    at: datetime | None
    event: str
    user: str = ""
    remote_host: str = ""
    auth_method: str = ""
    database: str = ""
    application: str = ""
    session_id: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether somebody was turned away."""
        return "fail" in self.event or "not allow" in self.event or "reject" in self.event


@dataclass(frozen=True, slots=True)
class Regression:
    """A run of a statement against its earlier ones; `factor` 0 when there are none."""

    this: QueryRun | None = None
    earlier: tuple[QueryRun, ...] = ()
    usual_s: float = 0.0
    factor: float = 0.0
    reasons: tuple[str, ...] = ()
    spilled_mb: float = 0.0
    alerts: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a transaction; `state`: "rolled back", "committed", "open", "unknown".

    `writes` are its statements that would have changed data, in order.
    """

    state: str
    transaction_id: int = 0
    at: datetime | None = None
    writes: tuple[QueryRun, ...] = ()
    gaps: tuple[Gap, ...] = ()
