"""Where a reader opens a failure: its log in the CloudWatch console, its task in Airflow."""

from mcp_server.domain.airflow import Environment
from mcp_server.investigate.target import Target
from mcp_server.investigate.tries import wanted_try
from mcp_server.links import log_url, region_of, task_url
from mcp_server.reading.task_log import TaskLog


def log_link(environment: Environment | None, region: str, log: TaskLog | None) -> str:
    """The console's page at the cause line; "" when there is no stream."""
    if environment is None or log is None or not log.log_streams:
        return ""
    at = log.diagnosis.cause_timestamp_ms if log.diagnosis else None
    return log_url(region_of(environment, region), log.log_group, log.log_streams[0], at)


def run_link(environment: Environment | None, target: Target) -> str:
    """Airflow's page of the failed task; "" when the web server is not known."""
    if environment is None:
        return ""
    one = wanted_try(target)
    return task_url(environment, one.dag_id, one.run_id, one.task_id, one.map_index, one.try_number)
