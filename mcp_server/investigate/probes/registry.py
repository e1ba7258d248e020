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
from mcp_server.investigate.probes.pools import pools
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
    "pools": Probe("pool slots", pools),
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
