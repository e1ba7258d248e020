"""Where a reader can open what is cited: the CloudWatch console and Airflow's own pages."""

from urllib.parse import quote

from mcp_server.domain.airflow import Environment


def region_of(environment: Environment, otherwise: str = "") -> str:
    """The region in the environment's ARN, else the one given."""
    parts = environment.arn.split(":")
    return parts[3] if len(parts) > 3 and parts[3] else otherwise


def log_url(region: str, log_group: str, log_stream: str, timestamp_ms: int | None = None) -> str:
    """The console's page of a stream, from a time on; "" when the region is not known."""
    if not region or not log_group or not log_stream:
        return ""
    page = f"log-groups/log-group/{_twice(log_group)}/log-events/{_twice(log_stream)}"
    start = f"$3Fstart$3D{timestamp_ms}" if timestamp_ms else ""
    return f"{_console(region)}#logsV2:{page}{start}"


def group_url(region: str, log_group: str) -> str:
    """The console's page of a group; "" when the region is not known."""
    return f"{_console(region)}#logsV2:log-groups/log-group/{_twice(log_group)}" if region else ""


def run_url(environment: Environment, dag_id: str, run_id: str) -> str:
    """Airflow's page of a run; "" when the web server is not known."""
    base = _base(environment)
    if not base or not run_id:
        return ""
    if _major(environment) >= 3:
        return f"{base}/dags/{_once(dag_id)}/runs/{_once(run_id)}"
    return f"{base}/dags/{_once(dag_id)}/grid?dag_run_id={_once(run_id)}"


def task_url(
    environment: Environment,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: int = -1,
    try_number: int = 0,
) -> str:
    """Airflow's page of a task's log; "" when the web server is not known."""
    run = run_url(environment, dag_id, run_id)
    if not run or not task_id:
        return run
    if _major(environment) >= 3:
        mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
        number = f"?try_number={try_number}" if try_number else ""
        return f"{run}/tasks/{_once(task_id)}{mapped}{number}"
    mapped = f"&map_index={map_index}" if map_index >= 0 else ""
    return f"{run}&task_id={_once(task_id)}{mapped}&tab=logs"


def dag_url(environment: Environment, dag_id: str) -> str:
    """Airflow's page of a dag; "" when the web server is not known."""
    base = _base(environment)
    page = "" if _major(environment) >= 3 else "/grid"
    return f"{base}/dags/{_once(dag_id)}{page}" if base else ""


def _console(region: str) -> str:
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"


def _base(environment: Environment) -> str:
    host = environment.webserver_url.removeprefix("https://").rstrip("/")
    return f"https://{host}" if host else ""


def _major(environment: Environment) -> int:
    head = environment.airflow_version.partition(".")[0]
    return int(head) if head.isdigit() else 2


def _once(text: str) -> str:
    return quote(text, safe="")


def _twice(name: str) -> str:
    """The console's own escaping: percent-encoded twice, with $ in place of the outer %."""
    return quote(quote(name, safe=""), safe="").replace("%", "$")
