"""The Environment object of GetEnvironment, from `mwaa.json` or from nothing but a name."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.errors import ACCOUNT
from sandbox.aws.service import Document

REGION = "eu-west-1"
_REGION = re.compile(r"\b[a-z]{2}(?:-gov)?-(?:north|south|east|west|central)+-\d\b")
# LoggingConfiguration's member -> the end of the log group's name.
MODULES = {
    "DagProcessingLogs": "DAGProcessing",
    "SchedulerLogs": "Scheduler",
    "TaskLogs": "Task",
    "WebserverLogs": "WebServer",
    "WorkerLogs": "Worker",
}


def environment_object(
    said: Mapping[str, Any],  # Any: JSON of a story
    *,
    name: str = "",
    airflow: str = "",
    log_groups: Iterable[str] = (),
) -> Document:
    """`said` completed: a story may leave out all that a reader does not look at.

    Log groups that the story has files for are enabled at INFO unless `said` speaks of them.
    """
    inner = said.get("Environment", said)
    name = str(inner.get("Name") or name)
    arn = str(inner.get("Arn") or f"arn:aws:airflow:{_region(inner)}:{ACCOUNT}:environment/{name}")
    region = arn.split(":")[3]
    logging = inner.get("LoggingConfiguration") or {}
    return {
        "Status": "AVAILABLE",
        "AirflowVersion": airflow,
        "EnvironmentClass": "mw1.small",
        "MinWorkers": 1,
        "MaxWorkers": 10,
        "Schedulers": 2,
        "WebserverAccessMode": "PUBLIC_ONLY",
        "WebserverUrl": f"{name.lower()}.c2.{region}.airflow.amazonaws.com",
        **inner,
        "LoggingConfiguration": {
            module: default | dict(logging.get(module) or {})
            for module, default in _logging(name, arn, log_groups).items()
        },
        "Name": name,
        "Arn": arn,
    }


def _region(said: Mapping[str, Any]) -> str:  # Any: JSON of a story
    """The region that a story without an Arn shows elsewhere: other ARNs, the web server."""
    found = _REGION.search(json.dumps(said, default=str))
    return found[0] if found else REGION


def _logging(name: str, arn: str, log_groups: Iterable[str]) -> Document:
    place = ":".join(arn.split(":")[3:5])
    groups = list(log_groups)
    found = {}
    for module, end in MODULES.items():
        group = next((g for g in groups if g.endswith(f"-{end}")), f"airflow-{name}-{end}")
        found[module] = {
            "Enabled": not groups or group in groups,
            "LogLevel": "INFO",
            "CloudWatchLogGroupArn": f"arn:aws:logs:{place}:log-group:{group}:*",
        }
    return found


def task_log_group(environment: Mapping[str, Any]) -> str:  # Any: JSON of a story
    """The Task log group's name that an environment writes to, "" when it says none."""
    logs = (environment.get("LoggingConfiguration") or {}).get("TaskLogs") or {}
    arn = str(logs.get("CloudWatchLogGroupArn") or "")
    return arn.partition(":log-group:")[2].removesuffix(":*")


def on_the_wire(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON
    """ISO 8601 times become the epoch seconds that botocore's parser expects."""
    if isinstance(value, Mapping):
        return {key: on_the_wire(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [on_the_wire(inner) for inner in value]
    if name.endswith("At") and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return value
