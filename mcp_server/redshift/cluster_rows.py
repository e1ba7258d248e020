"""What Redshift tells about itself: disk, queues, capacity, tables, the steps of a query, audits.

As in `mcp_server.redshift.rows`: times are aware UTC, durations seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from mcp_server.redshift.rows import Gap


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A row of SVV_TABLE_INFO; percentages 0-100, `skew_rows` largest over smallest slice."""

    schema: str
    table: str
    table_id: int = 0
    size_mb: int = 0
    rows: int = 0
    stats_off: float = 0.0
    unsorted: float = 0.0
    skew_rows: float = 0.0
    pct_used: float = 0.0
    diststyle: str = ""
    sortkey: str = ""

    @property
    def name(self) -> str:
        """schema.table."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True)
class Spill:
    """A query that wrote its intermediate results to disk."""

    query_id: int
    mb: float
    table: str = ""
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """How full the disks are; `percent` -1 when unknown (RA3 and Serverless: CloudWatch tells)."""

    percent: float = -1.0
    fullest_node_percent: float = -1.0
    used_gb: float = 0.0
    capacity_gb: float = 0.0
    largest_tables: tuple[TableInfo, ...] = ()
    spills: tuple[Spill, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """A WLM service class at this moment: how many queries are in a state, and for how long."""

    service_class: int
    state: str
    queries: int
    longest_queue_s: float = 0.0
    longest_run_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """What Serverless used: the highest RPU of a minute, when, and seconds charged."""

    peak_rpu: float = 0.0
    peak_at: datetime | None = None
    charged_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """Where a query's time went; `mb_spilled` of a segment, rows and skew of a step."""

    level: str
    segment: int
    name: str = ""
    table: str = ""
    seconds: float = 0.0
    rows: int = 0
    mb_spilled: float = 0.0
    skew: float = 0.0
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table as SVV_COLUMNS tells it; `type` with its length or precision."""

    name: str
    type: str
    nullable: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class DbtResult:
    """A line of dbt's run results: `model` is the node's name or unique id."""

    at: datetime | None
    model: str
    status: str
    message: str = ""
    seconds: float = 0.0
    rows: int = 0
    invocation: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line of an audit log in CloudWatch, its literals hidden."""

    at: datetime
    log_group: str
    user: str
    text: str
