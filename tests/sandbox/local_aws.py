"""A running local AWS and real boto3 clients for it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config

from sandbox.airflow.gateway import AirflowGateway
from sandbox.airflow.rest import AirflowRest
from sandbox.aws.mwaa import Mwaa, MwaaLimits
from sandbox.aws.mwaa_environment import environment_object, task_log_group
from sandbox.aws.server import AwsServer
from sandbox.aws.service import Service
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.logs.store import LogStore

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
REGION = "eu-west-1"


@dataclass
class LocalAws:
    url: str
    calls: CallLog
    faults: Faults
    clients: list[Any] = field(default_factory=list)

    def client(self, service: str, region: str = REGION, read_timeout: float = 10) -> Any:  # noqa: ANN401 - boto3
        client = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(
                retries={"max_attempts": 0}, inject_host_prefix=False, read_timeout=read_timeout
            ),
        )
        self.clients.append(client)
        return client

    def called(self) -> list[tuple[str, str]]:
        return [(call.service, call.operation) for call in self.calls.all()]


@contextmanager
def local_aws(
    *services: Service, faults: Faults | None = None, calls: CallLog | None = None
) -> Iterator[LocalAws]:
    faults, calls = faults or Faults(), calls or CallLog()
    server = AwsServer(services, faults, calls)
    server.start()
    aws = LocalAws(server.url, calls, faults)
    try:
        yield aws
    finally:
        faults.closing.set()
        for client in aws.clients:
            client.close()
        server.close()


@contextmanager
def local_mwaa(
    story: Mapping[str, Any],
    version: str = "2.10.5",
    *,
    faults: Mapping[str, str] | None = None,
    limits: MwaaLimits | None = None,
    environment: Mapping[str, Any] | None = None,
    logs: Mapping[str, Mapping[str, list[tuple[int, str]]]] | None = None,
) -> Iterator[LocalAws]:
    """One environment named `prod` over these rows of airflow.json."""
    failing, calls = Faults(dict(faults or {})), CallLog()
    about = environment_object(
        environment or {}, name="prod", airflow=version, log_groups=logs or ()
    )
    rest = AirflowRest(story, version, Clock(NOW), LogStore(logs), task_log_group(about))
    mwaa = Mwaa([about], {"prod": AirflowGateway(rest, failing, calls)}, limits or MwaaLimits())
    with local_aws(mwaa.service, faults=failing, calls=calls) as aws:
        yield aws
