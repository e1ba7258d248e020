"""The session route of the sandbox's Airflow, by a real HTTPS client."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from local_aws import NOW, LocalAws, local_aws

from sandbox.airflow.gateway import AirflowGateway
from sandbox.airflow.rest import AirflowRest
from sandbox.airflow.web import LOGINS, TOKEN_MS, AirflowWeb
from sandbox.aws.mwaa import Mwaa, MwaaLimits
from sandbox.aws.mwaa_environment import environment_object
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults

VERSIONS = [("2.10.5", 1), ("3.3.2", 2)]


class HandClock(Clock):
    """A clock that can be moved on."""

    ahead = 0

    def ms(self) -> int:
        return super().ms() + self.ahead


@contextmanager
def session_route(
    folder: Path, version: str, faults: dict[str, str] | None = None
) -> Iterator[tuple[LocalAws, AirflowWeb, httpx2.Client, HandClock]]:
    failing, calls, clock = Faults(faults or {}), CallLog(), HandClock(NOW)
    rest = AirflowRest({"dags": [{"dag_id": "orders"}]}, version, clock)
    airflow = {"prod": AirflowGateway(rest, failing, calls)}
    web = AirflowWeb(airflow, folder, clock, failing, calls)
    about = environment_object({}, name="prod", airflow=version)
    mwaa = Mwaa(
        [about], airflow, MwaaLimits(), web_host=web.host, issue_token=web.sessions.issue_token
    )
    web.start()
    trust = ssl.create_default_context(cafile=str(web.ca_file))
    try:
        with (
            local_aws(mwaa.service, faults=failing, calls=calls) as aws,
            httpx2.Client(verify=trust, trust_env=False) as client,
        ):
            yield aws, web, client, clock
    finally:
        web.close()


def log_in(aws: LocalAws, client: httpx2.Client, api: int) -> httpx2.Response:
    said = aws.client("mwaa").create_web_login_token(Name="prod")
    url = f"https://{said['WebServerHostname']}{LOGINS[api][0]}"
    return client.post(url, data={"token": said["WebToken"]})


@pytest.mark.parametrize(("version", "api"), VERSIONS)
def test_a_token_opens_a_session_that_reads_the_rest_api(
    tmp_path: Path, version: str, api: int
) -> None:
    with session_route(tmp_path, version) as (aws, web, client, _):
        assert log_in(aws, client, api).status_code == 200
        headers = {}
        if api == 2:
            headers = {"Authorization": f"Bearer {client.cookies['_token']}"}
            client.cookies.clear()
        said = client.get(f"https://{web.host}/api/v{api}/dags/orders", headers=headers)
        assert said.json()["dag_id"] == "orders"
        assert ("airflow", f"POST {LOGINS[api][0]}") in aws.called()
        assert ("airflow", "GET /dags/orders") in aws.called()


@pytest.mark.parametrize(("version", "api"), VERSIONS)
def test_without_a_session_only_health_is_answered(tmp_path: Path, version: str, api: int) -> None:
    with session_route(tmp_path, version) as (_, web, client, _):
        base = f"https://{web.host}/api/v{api}"
        assert client.get(f"{base}/dags").status_code == 401
        health = "/health" if api == 1 else "/monitor/health"
        assert client.get(base + health).status_code == 200


def test_a_token_serves_once_and_for_a_minute(tmp_path: Path) -> None:
    with session_route(tmp_path, "2.10.5") as (_, web, client, clock):
        url = f"https://{web.host}/aws_mwaa/login"
        token = web.sessions.issue_token("prod")
        statuses = [client.post(url, data={"token": token}).status_code for _ in range(2)]
        late = web.sessions.issue_token("prod")
        clock.ahead = TOKEN_MS
        assert [*statuses, client.post(url, data={"token": late}).status_code] == [200, 401, 401]


def test_a_session_that_ended_is_refused(tmp_path: Path) -> None:
    with session_route(tmp_path, "2.10.5") as (aws, web, client, _):
        log_in(aws, client, 1)
        url = f"https://{web.host}/api/v1/dags"
        before = client.get(url).status_code
        web.sessions.end()
        assert (before, client.get(url).status_code) == (200, 401)


def test_the_other_versions_login_and_paths_are_not_there(tmp_path: Path) -> None:
    with session_route(tmp_path, "2.10.5") as (aws, web, client, _):
        assert log_in(aws, client, 2).status_code == 401
        log_in(aws, client, 1)
        assert client.get(f"https://{web.host}/api/v2/dags").status_code == 404
        assert client.get(f"https://{web.host}/home").status_code == 404


@pytest.mark.parametrize(("kind", "status"), [("denied", 403), ("throttled", 429)])
def test_a_faulty_path_is_refused_over_this_way_too(tmp_path: Path, kind: str, status: int) -> None:
    with session_route(tmp_path, "3.3.2", {"airflow:GET /eventLogs": kind}) as (
        aws, web, client, _,
    ):  # fmt: skip
        log_in(aws, client, 2)
        assert client.get(f"https://{web.host}/api/v2/eventLogs").status_code == status
        assert client.get(f"https://{web.host}/api/v2/dags").status_code == 200


def test_a_denied_login_gives_no_session(tmp_path: Path) -> None:
    faults = {"airflow:POST /aws_mwaa/login": "denied"}
    with session_route(tmp_path, "2.10.5", faults) as (aws, _, client, _):
        assert log_in(aws, client, 1).status_code == 401


def test_a_client_that_does_not_trust_the_certificate_gets_nowhere(tmp_path: Path) -> None:
    with (
        session_route(tmp_path, "2.10.5") as (_, web, _, _),
        httpx2.Client(trust_env=False) as stranger,
        pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        stranger.get(f"https://{web.host}/api/v1/health")
