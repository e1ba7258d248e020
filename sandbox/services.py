"""Which of the world's services stand behind the AWS endpoint: one row each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.airflow.gateway import AirflowGateway
from sandbox.airflow.web import AirflowWeb
from sandbox.aws.cloudtrail import CloudTrail
from sandbox.aws.cloudwatch import CloudWatch
from sandbox.aws.logs import LogLimits, Logs
from sandbox.aws.mwaa import Mwaa, MwaaLimits
from sandbox.aws.mwaa_environment import REGION
from sandbox.aws.redshift import RedshiftClusters
from sandbox.aws.redshift_data import RedshiftData
from sandbox.aws.redshift_serverless import RedshiftWorkgroups
from sandbox.aws.service import Service
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.incident import Incident
from sandbox.logs.store import LogStore
from sandbox.redshift.server import RedshiftServer

# The one Redshift of a world is reached as a cluster and as a workgroup of this name.
REDSHIFT = "analytics"


@dataclass(frozen=True)
class Parts:
    """What services are made of.

    `environment` is the object of GetEnvironment, {} in a world without Airflow; `redshift` is
    None in a world without one.
    """

    incident: Incident
    clock: Clock
    faults: Faults
    calls: CallLog
    logs: LogStore
    environment: Mapping[str, Any]  # Any: JSON of a story
    airflow: AirflowGateway
    web: AirflowWeb
    redshift: RedshiftServer | None

    @property
    def region(self) -> str:
        return str(self.environment["Arn"]).split(":")[3] if self.environment else REGION


def aws_services(parts: Parts) -> Iterator[Service]:
    """Every service of the table, made for this world."""
    for make in SERVICES:
        yield from make(parts)


def _logs(parts: Parts) -> Iterator[Service]:
    yield Logs(parts.logs, parts.clock, LogLimits()).service


def _mwaa(parts: Parts) -> Iterator[Service]:
    about = parts.environment
    gateways = {str(about["Name"]): parts.airflow} if about else {}
    yield Mwaa(
        [about] if about else [],
        gateways,
        MwaaLimits(),
        web_host=parts.web.host,
        issue_token=parts.web.sessions.issue_token,
    )


def _cloudwatch(parts: Parts) -> Iterator[Service]:
    yield CloudWatch(parts.incident.metrics, parts.incident.alarms, parts.clock).service


def _cloudtrail(parts: Parts) -> Iterator[Service]:
    yield CloudTrail(parts.incident.cloudtrail, parts.clock, region=parts.region).service


def _redshift(parts: Parts) -> Iterator[Service]:
    yield RedshiftClusters(parts.redshift, REDSHIFT).service
    yield RedshiftWorkgroups(parts.redshift, REDSHIFT).service
    yield RedshiftData(parts.redshift, (REDSHIFT,)).service


SERVICES: tuple[Callable[[Parts], Iterator[Service]], ...] = (
    _logs,
    _mwaa,
    _cloudwatch,
    _cloudtrail,
    _redshift,
)
