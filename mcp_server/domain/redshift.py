"""What a Redshift backend answers: rows, the cluster's state, its events. Times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Rows:
    """A result: column names and rows of plain Python values; `cut` when the limit was met."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]  # Any: a database's values
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ClusterState:
    """A cluster or workgroup as its service describes it; `status` in lower case."""

    name: str
    status: str
    is_serverless: bool = False
    nodes: int = 0
    node_type: str = ""
    base_rpu: int = 0
    max_rpu: int = 0
    maintenance_window: str = ""
    pending: str = ""


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    """What the service did to a cluster: resize, maintenance, reboot."""

    at: datetime
    message: str
    severity: str = ""
