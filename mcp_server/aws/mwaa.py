"""MWAA environments: which there are, and what GetEnvironment says of one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mcp_server.aws.remembered import Remembered
from mcp_server.aws.session import AwsClients
from mcp_server.domain.airflow import Environment, LogGroup

Json = Mapping[str, Any]  # Any: AWS's documents
# An investigation asks for the same environment many times; its state is wanted fresh, though.
FRESH_SECONDS = 30.0
NAMES_SECONDS = 300.0
PAGES = 20
_LOG_KINDS = {
    "TaskLogs": "Task",
    "SchedulerLogs": "Scheduler",
    "WorkerLogs": "Worker",
    "WebserverLogs": "WebServer",
    "DagProcessingLogs": "DAGProcessing",
}


class MwaaEnvironments:
    """The `Environments` of this account and region; those of the settings, when they name any."""

    def __init__(self, clients: AwsClients, configured: Sequence[str] = ()) -> None:
        self._clients = clients
        self._configured = tuple(configured)
        self._names: Remembered[tuple[str, ...]] = Remembered(NAMES_SECONDS)
        self._known: Remembered[Environment] = Remembered(FRESH_SECONDS)

    async def names(self) -> tuple[str, ...]:
        """Names in the settings' order, or all there are, sorted."""
        if self._configured:
            return self._configured
        return await self._names.get("", self._listed)

    async def get(self, name: str) -> Environment:
        """The environment as it was at most half a minute ago."""
        return await self._known.get(name, lambda: self._fetched(name))

    async def _fetched(self, name: str) -> Environment:
        answer = await self._clients.call(
            "mwaa", "get_environment", {"Name": name}, resource=f"environment {name}"
        )
        return environment_from(answer["Environment"])

    async def _listed(self) -> tuple[str, ...]:
        names: list[str] = []
        token = ""
        for _ in range(PAGES):
            asked = {"NextToken": token} if token else {}
            answer = await self._clients.call("mwaa", "list_environments", asked)
            names += answer.get("Environments", [])
            token = answer.get("NextToken", "")
            if not token:
                break
        return tuple(sorted(names))


def environment_from(row: Json) -> Environment:
    """GetEnvironment's document as the domain has it."""
    update = row.get("LastUpdate") or {}
    error = update.get("Error") or {}
    return Environment(
        name=row["Name"],
        status=row.get("Status", ""),
        airflow_version=row.get("AirflowVersion", ""),
        webserver_url=_https(row.get("WebserverUrl", "")),
        environment_class=row.get("EnvironmentClass", ""),
        max_workers=int(row.get("MaxWorkers") or 0),
        min_workers=int(row.get("MinWorkers") or 0),
        last_update_status=update.get("Status", ""),
        last_update_error=": ".join(
            str(error[key]) for key in ("ErrorCode", "ErrorMessage") if error.get(key)
        ),
        last_update_at=_utc(update.get("CreatedAt")),
        log_groups=_log_groups(row.get("LoggingConfiguration") or {}),
        arn=row.get("Arn", ""),
    )


def _log_groups(configuration: Json) -> tuple[LogGroup, ...]:
    return tuple(
        LogGroup(
            kind=kind,
            name=_group_name(part.get("CloudWatchLogGroupArn") or ""),
            enabled=bool(part.get("Enabled")),
            level=part.get("LogLevel") or "",
        )
        for key, kind in _LOG_KINDS.items()
        if (part := configuration.get(key))
    )


def _https(url: str) -> str:
    """The service gives the bare host, its documents a URL."""
    return url if "://" in url or not url else f"https://{url}"


def _group_name(arn: str) -> str:
    """The group's name out of `arn:aws:logs:region:account:log-group:name[:*]`."""
    return arn.partition(":log-group:")[2].removesuffix(":*")


def _utc(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
