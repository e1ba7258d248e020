"""The published tools: one row each, in the order that clients list them."""

import importlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from mcp.types import CallToolResult

from mcp_server.backends import Backends
from mcp_server.deferred import DeferredTool, deferred

Toolset = Literal["airflow", "cloudwatch", "redshift", "all"]
NEEDS: dict[Toolset, str] = {
    "all": "set AWS_REGION and MWAA_ENVIRONMENT_NAME (and let DE_AGENT_TOOLSETS hold airflow).",
    "airflow": "set AWS_REGION and MWAA_ENVIRONMENT_NAME (and let DE_AGENT_TOOLSETS hold airflow).",
    "cloudwatch": "set AWS_REGION (and let DE_AGENT_TOOLSETS hold cloudwatch).",
    "redshift": "set REDSHIFT_CLUSTER_ID or REDSHIFT_WORKGROUP, and REDSHIFT_DATABASE"
    " (and let DE_AGENT_TOOLSETS hold redshift).",
}


def _airflow(backends: Backends) -> bool:
    return backends.airflow is not None and backends.environments is not None


def _logs(backends: Backends) -> bool:
    return backends.logs is not None


def _redshift(backends: Backends) -> bool:
    return backends.redshift is not None


def _airflow_or_logs(backends: Backends) -> bool:
    return backends.environments is not None and (_airflow(backends) or _logs(backends))


@dataclass(frozen=True, slots=True)
class Entry:
    """A tool: module and function `mcp_server.tools.<name>.<name>`, title, toolset, condition."""

    name: str
    title: str
    toolset: Toolset
    available: Callable[[Backends], bool]

    def function(self) -> Callable[..., Awaitable[CallToolResult]]:
        """The tool itself; its module is imported here and not before."""
        found: Callable[..., Awaitable[CallToolResult]] = getattr(
            importlib.import_module(f"mcp_server.tools.{self.name}"), self.name
        )
        return found


CATALOGUE: tuple[Entry, ...] = (
    Entry("diagnose_failure", "Why it failed", "all", _airflow_or_logs),
    Entry("find_failures", "Failures by cause", "airflow", _airflow),
    Entry("get_dag_run", "One DagRun", "airflow", _airflow),
    Entry("get_dag", "One dag", "airflow", _airflow),
    Entry("get_task_log", "Task log", "airflow", _airflow_or_logs),
    Entry("check_airflow", "Airflow health", "airflow", _airflow),
    Entry("search_logs", "Search logs", "cloudwatch", _logs),
    Entry("check_redshift", "Redshift health", "redshift", _redshift),
    Entry("find_redshift_queries", "Redshift queries", "redshift", _redshift),
    Entry("get_redshift_query", "One Redshift query", "redshift", _redshift),
    Entry("audit_redshift", "Redshift audit", "redshift", _redshift),
    Entry("describe_redshift_table", "Redshift table", "redshift", _redshift),
    Entry("query_redshift", "Query Redshift", "redshift", _redshift),
)


def offered(backends: Backends, toolsets: Collection[str] = ()) -> tuple[Entry, ...]:
    """The tools whose backend is configured, of the toolsets asked for (none: all)."""
    return tuple(
        entry
        for entry in CATALOGUE
        if entry.available(backends)
        and (not toolsets or entry.toolset == "all" or entry.toolset in toolsets)
    )


def build(entries: Iterable[Entry]) -> list[DeferredTool]:
    """The tools as the SDK serves them."""
    return [deferred(entry.name, entry.title, entry.function) for entry in entries]
