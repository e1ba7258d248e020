"""What an investigation may ask of Redshift, in one place.

Each function is async, takes a `Redshift` and aware UTC times, and answers with dataclasses of
`mcp_server.redshift.rows`. A source that is denied or missing becomes a `Gap` beside what the
others told; a function with one source raises the DiagnosticError itself.
"""

from mcp_server.redshift.changes import connections, ddl_on, grants_and_users, transaction_outcome
from mcp_server.redshift.cluster_rows import Disk, Spill, TableInfo
from mcp_server.redshift.conflicts import conflicts
from mcp_server.redshift.health import aborted_by_rule, disk, table_health, unhealthy_tables
from mcp_server.redshift.loads import load_errors, loads
from mcp_server.redshift.locks import locks_at
from mcp_server.redshift.queries import (
    QueryFilter,
    find_queries,
    queries_of_task,
    query_by_id,
    regression,
)
from mcp_server.redshift.rows import (
    Change,
    Conflict,
    Connection,
    Found,
    Gap,
    Holder,
    Load,
    LoadError,
    Locks,
    Outcome,
    QueryRun,
    Regression,
    RuleAction,
    Waiter,
)

__all__ = [
    "Change",
    "Conflict",
    "Connection",
    "Disk",
    "Found",
    "Gap",
    "Holder",
    "Load",
    "LoadError",
    "Locks",
    "Outcome",
    "QueryFilter",
    "QueryRun",
    "Regression",
    "RuleAction",
    "Spill",
    "TableInfo",
    "Waiter",
    "aborted_by_rule",
    "conflicts",
    "connections",
    "ddl_on",
    "disk",
    "find_queries",
    "grants_and_users",
    "load_errors",
    "loads",
    "locks_at",
    "queries_of_task",
    "query_by_id",
    "regression",
    "table_health",
    "transaction_outcome",
    "unhealthy_tables",
]
