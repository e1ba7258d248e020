"""Which of the world's services stand behind the AWS endpoint: one row each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.airflow.gateway import AirflowGateway
from sandbox.aws.logs import LogLimits, Logs
from sandbox.aws.mwaa import Mwaa, MwaaLimits
from sandbox.aws.service import Service
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.incident import Incident
from sandbox.logs.store import LogStore
from sandbox.redshift.server import RedshiftServer


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
    redshift: RedshiftServer | None


def aws_services(parts: Parts) -> Iterator[Service]:
    """Every service of the table, made for this world."""
    for make in SERVICES:
        yield from make(parts)


def _logs(parts: Parts) -> Iterator[Service]:
    yield Logs(parts.logs, parts.clock, LogLimits()).service


def _mwaa(parts: Parts) -> Iterator[Service]:
    about = parts.environment
    gateways = {str(about["Name"]): parts.airflow} if about else {}
    yield Mwaa([about] if about else [], gateways, MwaaLimits())


SERVICES: tuple[Callable[[Parts], Iterator[Service]], ...] = (_logs, _mwaa)
