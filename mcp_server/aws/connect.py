"""The one place where the backends are put together over AWS."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from mcp_server.aws.airflow_rest import AirflowRest
from mcp_server.aws.cloudtrail import CloudTrail
from mcp_server.aws.cloudwatch_alarms import CloudWatchAlarms
from mcp_server.aws.cloudwatch_logs import CloudWatchLogs
from mcp_server.aws.cloudwatch_metrics import CloudWatchMetrics
from mcp_server.aws.mwaa import MwaaEnvironments
from mcp_server.aws.mwaa_rest import MwaaRest
from mcp_server.aws.session import AwsClients
from mcp_server.backends import Backends, Environments
from mcp_server.errors import DiagnosticError
from mcp_server.settings import Settings

if TYPE_CHECKING:
    from mcp_server.aws.redshift_connector_access import ConnectorRedshift
    from mcp_server.aws.redshift_data_access import DataApiRedshift


def backends_from(settings: Settings) -> Backends:
    """All backends that the settings name. Nothing is asked of AWS before the first call."""
    clients = AwsClients(settings.aws_region)
    environments = MwaaEnvironments(clients, settings.mwaa_environments)
    airflow = _Airflows(clients, environments, settings.ca_file)

    def now() -> datetime:
        return settings.now or datetime.now(UTC)

    redshift = _redshift(settings, clients)

    def close() -> None:
        for part in (airflow, redshift, clients):
            if part is not None:
                part.close()

    return Backends(
        environments=environments,
        airflow=airflow.of,
        logs=CloudWatchLogs(clients),
        metrics=CloudWatchMetrics(clients, now),
        redshift=redshift,
        trail=CloudTrail(clients),
        alarms=CloudWatchAlarms(clients),
        close=close,
    )


class _Airflows:
    """One Airflow client an environment, made when first asked for."""

    def __init__(self, clients: AwsClients, environments: Environments, ca_file: str) -> None:
        self._clients = clients
        self._environments = environments
        self._ca_file = ca_file
        self._rests: list[MwaaRest] = []
        self.of = lru_cache(maxsize=None)(self._made)

    def _made(self, name: str) -> AirflowRest:
        async def version() -> str:
            try:
                return (await self._environments.get(name)).airflow_version
            except DiagnosticError:
                # The session then tries both versions' ways in.
                return ""

        rest = MwaaRest(self._clients, name, version, self._ca_file)
        self._rests.append(rest)
        return AirflowRest(name, self._environments, rest)

    def close(self) -> None:
        for rest in self._rests:
            rest.close()


def _redshift(
    settings: Settings, clients: AwsClients
) -> "ConnectorRedshift | DataApiRedshift | None":
    if not settings.has_redshift:
        return None
    from mcp_server.aws.redshift import redshift_from  # late: only where Redshift is configured

    return redshift_from(settings, clients)
