"""The night of night.sql on a local Redshift, reached by the product's own connector."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcp_server.aws.redshift_connector_access import ConnectorRedshift
from mcp_server.domain.redshift import ClusterEvent, ClusterState
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.redshift.server import RedshiftServer

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
NIGHT = (Path(__file__).parent / "night.sql").read_text()


@dataclass
class FixedTarget:
    """A cluster whose endpoint and password are known; it was resized at ten to three."""

    server: RedshiftServer
    user: str = "oncall"
    name: str = "lab"
    is_serverless: bool = False

    async def endpoint(self) -> tuple[str, int]:
        return self.server.host, self.server.port

    async def credentials(self) -> tuple[str, str]:
        return self.user, self.server.accounts.issue(self.user)[0]

    async def state(self) -> ClusterState:
        return ClusterState("lab", "available", nodes=2, node_type="ra3.xlplus")

    async def events(self, since: datetime, until: datetime) -> Sequence[ClusterEvent]:
        return [ClusterEvent(datetime(2026, 11, 22, 2, 50, tzinfo=UTC), "Resize completed.")]

    def data_api_arguments(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="session")
def served() -> Iterator[RedshiftServer]:
    server = RedshiftServer(NIGHT, Clock(NOW), Faults(), CallLog())
    assert server.notes == []
    yield server
    server.close()


@pytest.fixture(scope="session")
def night(served: RedshiftServer) -> Iterator[ConnectorRedshift]:
    redshift = ConnectorRedshift(FixedTarget(served), "dev", str(served.ca_file))
    yield redshift
    redshift.close()


@pytest.fixture
def shut_out(served: RedshiftServer) -> Iterator[ConnectorRedshift]:
    """A user from whom the system views of superusers are withheld, as in a real cluster."""
    views = (
        "sys_userlog, sys_connection_log, sys_transaction_history, stv_locks, stl_tr_conflict,"
        " stv_partitions, svv_table_info, svv_transactions"
    )
    served.run(f"revoke select on {views} from public")  # noqa: S608 - our own names
    redshift = ConnectorRedshift(FixedTarget(served, "plain"), "dev", str(served.ca_file))
    yield redshift
    redshift.close()
    served.run(f"grant select on {views} to public")
