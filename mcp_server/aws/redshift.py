"""Redshift as the settings name it: cluster or workgroup, over the wire or the Data API."""

from mcp_server.aws.redshift_connector_access import ConnectorRedshift
from mcp_server.aws.redshift_data_access import DataApiRedshift
from mcp_server.aws.redshift_target import target_from
from mcp_server.aws.session import AwsClients
from mcp_server.settings import Settings


def redshift_from(
    settings: Settings, clients: AwsClients | None = None
) -> ConnectorRedshift | DataApiRedshift | None:
    """The way in, or None where no cluster is named. Nothing is asked before the first call."""
    if not settings.has_redshift:
        return None
    clients = clients or AwsClients(settings.aws_region)
    target = target_from(settings, clients)
    if settings.redshift_access == "data-api":
        return DataApiRedshift(target, settings.redshift_database, clients)
    return ConnectorRedshift(target, settings.redshift_database, settings.redshift_ca_file)
