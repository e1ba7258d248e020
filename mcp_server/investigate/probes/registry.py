"""The probes by name, as playbooks.toml asks for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import Finding
from mcp_server.investigate.probes import metrics, trail
from mcp_server.investigate.probes.airflow_events import airflow_events
from mcp_server.investigate.probes.alarms import alarms
from mcp_server.investigate.probes.deploy import deploy
from mcp_server.investigate.probes.duration import duration
from mcp_server.investigate.probes.environment_update import environment_update
from mcp_server.investigate.probes.external_dag import external_dag
from mcp_server.investigate.probes.import_errors import import_errors
from mcp_server.investigate.probes.install_log import install_log
from mcp_server.investigate.probes.pools import pools
from mcp_server.investigate.probes.redshift_conflicts import redshift_conflicts
from mcp_server.investigate.probes.redshift_ddl import redshift_ddl
from mcp_server.investigate.probes.redshift_grants import redshift_grants
from mcp_server.investigate.probes.redshift_limits import redshift_disk, redshift_rule
from mcp_server.investigate.probes.redshift_loads import redshift_load_errors, redshift_loads
from mcp_server.investigate.probes.redshift_locks import redshift_locks
from mcp_server.investigate.probes.redshift_logins import redshift_connections
from mcp_server.investigate.probes.redshift_outcome import redshift_transaction
from mcp_server.investigate.probes.redshift_query import redshift_query
from mcp_server.investigate.probes.redshift_speed import redshift_regression
from mcp_server.investigate.probes.redshift_stale import redshift_stale
from mcp_server.investigate.probes.scheduler_lines import scheduler_lines
from mcp_server.investigate.probes.service_log import service_log

Ask = Callable[[Case], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Probe:
    """One check: `what` names it to a reader ("grants and users in Redshift")."""

    what: str
    ask: Ask


_OWN = {
    "airflow_events": Probe("who did what in Airflow (its event log)", airflow_events),
    "alarms": Probe("CloudWatch alarms near the failure", alarms),
    "deploy": Probe("versions of the dag", deploy),
    "duration": Probe("durations of the task in earlier runs", duration),
    "environment_update": Probe("updates of the MWAA environment", environment_update),
    "external_dag": Probe("the other dag that it waits for", external_dag),
    "import_errors": Probe("dag import errors", import_errors),
    "install_log": Probe("what was said at the last install of the workers", install_log),
    "pools": Probe("pool slots", pools),
    "redshift_conflicts": Probe("conflicting transactions in Redshift", redshift_conflicts),
    "redshift_connections": Probe("log-ins in Redshift's connection log", redshift_connections),
    "redshift_ddl": Probe("DDL in Redshift", redshift_ddl),
    "redshift_disk": Probe("disk space in Redshift", redshift_disk),
    "redshift_grants": Probe("grants and users in Redshift", redshift_grants),
    "redshift_load_errors": Probe("load errors in Redshift", redshift_load_errors),
    "redshift_loads": Probe("loads in Redshift", redshift_loads),
    "redshift_locks": Probe("locks in Redshift at that time", redshift_locks),
    "redshift_query": Probe("the failed statement in Redshift", redshift_query),
    "redshift_regression": Probe("earlier runs of the statement in Redshift", redshift_regression),
    "redshift_rule": Probe("query monitoring rules in Redshift", redshift_rule),
    "redshift_stale": Probe("statistics of the tables in Redshift", redshift_stale),
    "redshift_transaction": Probe("what became of the transaction", redshift_transaction),
    "scheduler_lines": Probe("what scheduler and workers logged about it", scheduler_lines),
    "service_log": Probe("the log of the job it started", service_log),
}


@cache
def all_probes() -> Mapping[str, Probe]:
    """Every probe there is, by the name that playbooks use."""
    by_trail = {
        name: Probe(what, partial(trail.changes, name=name))
        for name, (what, _) in trail.watches().items()
    }
    by_metric = {
        name: Probe(what, partial(metrics.around, name=name))
        for name, (what, _) in metrics.readings().items()
    }
    return {**_OWN, **by_trail, **by_metric}
