"""The Redshift that a tool asks, or why there is none."""

from mcp_server.app import App
from mcp_server.backends import Redshift
from mcp_server.errors import NotConfigured


def redshift_of(app: App) -> Redshift:
    """The configured Redshift; NotConfigured names the settings."""
    if app.backends.redshift is None:
        raise NotConfigured(
            "Redshift is not configured: set REDSHIFT_CLUSTER_ID or REDSHIFT_WORKGROUP, and "
            "REDSHIFT_DATABASE."
        )
    return app.backends.redshift


def name_of(app: App) -> str:
    """How the cluster or workgroup is called."""
    return app.settings.redshift_cluster_id or app.settings.redshift_workgroup or "Redshift"
