"""A local AWS that real boto3 talks to, with what it holds and what it was asked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcp_server.aws.session import AwsClients
from sandbox.airflow.gateway import AirflowGateway
from sandbox.airflow.rest import AirflowRest
from sandbox.airflow.web import AirflowWeb
from sandbox.aws.logs import LogLimits, Logs
from sandbox.aws.mwaa import Mwaa, MwaaLimits
from sandbox.aws.mwaa_environment import environment_object, task_log_group
from sandbox.aws.server import AwsServer
from sandbox.aws.service import Service
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.logs.store import LogStore

REGION = "eu-west-1"
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)


class LocalAws:
    """Fill it, `start` it, reach it by `clients`, see what was `asked`, `close` it."""

    def __init__(self) -> None:
        self.clock = Clock(NOW)
        self.logs = LogStore()
        self.log_limits = LogLimits()
        self.mwaa_limits = MwaaLimits()
        self.calls = CallLog()
        self.faults = Faults()
        self.clients = AwsClients(REGION)
        self.services: list[Service] = []
        self.web: AirflowWeb | None = None
        self._server: AwsServer | None = None

    def add_airflow(
        self,
        story: Mapping[str, Any],
        version: str = "2.10.5",
        environment: Mapping[str, Any] | None = None,
        web_folder: Path | None = None,
    ) -> None:
        """One environment named `prod` over these rows of airflow.json.

        With a folder for its certificate there is a web server too.
        """
        about = environment_object(
            environment or {}, name="prod", airflow=version, log_groups=tuple(self.logs.groups)
        )
        rest = AirflowRest(story, version, self.clock, self.logs, task_log_group(about))
        gateway = AirflowGateway(rest, self.faults, self.calls)
        airflow = {"prod": gateway}
        host, issue_token = "", None
        if web_folder is not None:
            self.web = AirflowWeb(airflow, web_folder, self.clock, self.faults, self.calls)
            self.web.start()
            host, issue_token = self.web.host, self.web.sessions.issue_token
        mwaa = Mwaa([about], airflow, self.mwaa_limits, web_host=host, issue_token=issue_token)
        self.services.append(mwaa.service)

    def start(self, faults: Mapping[str, str]) -> str:
        """Serve; the address that AWS_ENDPOINT_URL must hold."""
        self.faults.rules = Faults(faults).rules
        logs = Logs(self.logs, self.clock, self.log_limits).service
        self._server = AwsServer([logs, *self.services], self.faults, self.calls)
        self._server.start()
        return self._server.url

    def asked(self, service: str = "") -> list[str]:
        """Operations in order of their end, of one service or of all."""
        return [c.operation for c in self.calls.all() if service in ("", c.service)]

    def close(self) -> None:
        self.clients.close()
        self.faults.closing.set()
        for server in (self._server, self.web):
            if server is not None:
                server.close()
