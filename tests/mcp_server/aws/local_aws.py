"""A local AWS that real boto3 talks to, with what it holds and what it was asked."""

from collections.abc import Mapping

from mcp_server.aws.session import AwsClients
from sandbox.aws.logs import LogLimits, Logs
from sandbox.aws.server import AwsServer
from sandbox.aws.service import Service
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.logs.store import LogStore

REGION = "eu-west-1"


class LocalAws:
    """A running local AWS: what it holds, what it was asked, and clients that reach it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.logs = LogStore()
        self.log_limits = LogLimits()
        self.calls = CallLog()
        self.clients = AwsClients(REGION)
        self._servers: list[AwsServer] = []
        self._faults: list[Faults] = []

    def start(
        self, faults: Mapping[str, str] | None = None, services: tuple[Service, ...] = ()
    ) -> str:
        """Serve; the address that AWS_ENDPOINT_URL must hold."""
        faulty = Faults(faults or {})
        logs = Logs(self.logs, self.clock, self.log_limits).service
        server = AwsServer([logs, *services], faulty, self.calls)
        server.start()
        self._servers.append(server)
        self._faults.append(faulty)
        return server.url

    def asked(self) -> list[str]:
        return [call.operation for call in self.calls.all()]

    def close(self) -> None:
        self.clients.close()
        for faults in self._faults:
            faults.closing.set()
        for server in self._servers:
            server.close()
