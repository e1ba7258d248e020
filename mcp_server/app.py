"""What every tool can reach: the lifespan context of the server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from mcp.server.mcpserver import Context

from mcp_server.backends import Airflow, Backends, Logs, Redshift
from mcp_server.errors import NotConfigured
from mcp_server.times import parse_time

if TYPE_CHECKING:
    from mcp_server.investigate.diagnose import Investigations
    from mcp_server.settings import Settings

REFERENCE_TIME = "de-agent/reference_time"


@dataclass(frozen=True)
class App:
    """One server's parts; tools get it as `ctx.request_context.lifespan_context`.

    `clock` gives aware UTC: the setting DE_AGENT_NOW where it is set, else the real time.
    """

    backends: Backends
    settings: "Settings"
    clock: Callable[[], datetime]

    @cached_property
    def investigations(self) -> "Investigations":
        """The running investigations, shared by all who ask; imported when first asked for."""
        from mcp_server.investigate.diagnose import Investigations

        return Investigations(self.backends, self.settings, self.clock)

    def check_files(self) -> None:
        """Raise NotConfigured when a team's signals, playbooks or runbooks are wrong."""
        if self.settings.categories:
            from mcp_server.diagnostics.signals import load_signals

            try:
                load_signals()
            except ValueError as wrong:
                raise NotConfigured(
                    f"{wrong}\nCorrect that file, or unset the variable."
                ) from wrong
        self.investigations  # noqa: B018 - its making reads the files

    async def close(self) -> None:
        """End what still runs."""
        if "investigations" in self.__dict__:
            await self.investigations.close()

    def logs(self) -> Logs:
        """CloudWatch Logs, or NotConfigured."""
        if self.backends.logs is None:
            raise NotConfigured("CloudWatch Logs is not configured: set AWS_REGION.")
        return self.backends.logs

    def airflow(self, environment: str) -> Airflow:
        """One environment's Airflow, or NotConfigured."""
        if self.backends.airflow is None:
            raise NotConfigured("MWAA is not configured: set AWS_REGION and MWAA_ENVIRONMENT_NAME.")
        return self.backends.airflow(environment)

    def redshift(self) -> Redshift:
        """The cluster or workgroup, or NotConfigured."""
        if self.backends.redshift is None:
            raise NotConfigured(
                "Redshift is not configured: set REDSHIFT_CLUSTER_ID or REDSHIFT_WORKGROUP, and "
                "REDSHIFT_DATABASE."
            )
        return self.backends.redshift

    @property
    def redshift_name(self) -> str:
        """How the cluster or workgroup is called."""
        return self.settings.redshift_cluster_id or self.settings.redshift_workgroup or "Redshift"


def reference_time(ctx: Context[App]) -> datetime:
    """The moment that relative times count from.

    It is the request's `_meta["de-agent/reference_time"]` (an alert's own time), else the clock's.
    """
    request = ctx.request_context
    said = (request.meta or {}).get(REFERENCE_TIME)
    if isinstance(said, str) and said:
        return parse_time(said, request.lifespan_context.clock())
    return request.lifespan_context.clock()
