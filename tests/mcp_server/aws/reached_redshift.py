"""A local Redshift with the services around it, reached as the settings say."""

from collections.abc import Mapping
from datetime import UTC, datetime

from mcp_server.aws.redshift import redshift_from
from mcp_server.aws.redshift_connector_access import ConnectorRedshift
from mcp_server.aws.redshift_data_access import DataApiRedshift
from mcp_server.aws.session import AwsClients
from mcp_server.settings import Settings
from sandbox.aws.redshift import RedshiftClusters
from sandbox.aws.redshift_data import RedshiftData
from sandbox.aws.redshift_serverless import RedshiftWorkgroups
from sandbox.aws.server import AwsServer
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.redshift.server import RedshiftServer

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
NAMES = {"cluster": "REDSHIFT_CLUSTER_ID", "workgroup": "REDSHIFT_WORKGROUP"}


class ReachedRedshift:
    """Serve a script; `redshift(...)` is the product's way in; `close` it."""

    def __init__(
        self,
        script: str = "",
        faults: Mapping[str, str] | None = None,
        certificate_hosts: tuple[str, ...] = ("localhost",),
    ) -> None:
        self.calls = CallLog()
        self.faults = Faults(faults or {})
        users = {"etl": "right"}
        self.server = RedshiftServer(
            script,
            Clock(NOW),
            self.faults,
            self.calls,
            users=users,
            certificate_hosts=certificate_hosts,
        )
        self.clusters = RedshiftClusters(self.server, "lab")
        services = [
            self.clusters.service,
            RedshiftWorkgroups(self.server, "nightly").service,
            RedshiftData(self.server, ["lab", "nightly"]).service,
        ]
        self.aws = AwsServer(services, self.faults, self.calls)
        self.aws.start()
        self.clients = AwsClients("eu-west-1")
        self._opened: list[ConnectorRedshift | DataApiRedshift] = []

    def redshift(
        self, access: str = "connector", **settings: str
    ) -> ConnectorRedshift | DataApiRedshift:
        said = {
            "REDSHIFT_ACCESS": access,
            "REDSHIFT_DATABASE": "dev",
            "DE_AGENT_REDSHIFT_CA_FILE": str(self.server.ca_file),
            **settings,
        }
        if "REDSHIFT_WORKGROUP" not in said:
            said["REDSHIFT_CLUSTER_ID"] = said.get("REDSHIFT_CLUSTER_ID", "lab")
        made = redshift_from(Settings.from_environment(said), self.clients)
        assert made is not None
        self._opened.append(made)
        return made

    def statements(self) -> list[str]:
        return [call.operation for call in self.calls.all() if call.service == "redshift"]

    def close(self) -> None:
        for redshift in self._opened:
            redshift.close()
        self.clients.close()
        self.faults.closing.set()
        self.aws.close()
        self.server.close()
