"""The web session as the way round InvokeRestApi, over real HTTPS."""

from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from reached_aws import REGION, LocalAws

from mcp_server.aws.connect import backends_from
from mcp_server.backends import Airflow, Backends
from mcp_server.errors import AccessDenied, NotFound, Unavailable
from mcp_server.settings import Settings

Serve = Callable[..., LocalAws]
LOGIN = {"2.10.5": "POST /aws_mwaa/login", "3.3.2": "POST /pluginsv2/aws_mwaa/login"}
RUN = "manual__2026-11-22T02:00:00.123456+00:00"
STORY = {
    "pools": [{"name": "default_pool", "slots": 4}],
    "dags": [{"dag_id": "orders"}],
    "dag_runs": [{"dag_id": "orders", "dag_run_id": RUN, "state": "failed"}],
}


@pytest.fixture(params=list(LOGIN))
def version(request: pytest.FixtureRequest, local_aws: LocalAws, tmp_path: Path) -> str:
    local_aws.add_airflow(STORY, request.param, web_folder=tmp_path)
    return str(request.param)


@pytest.fixture
def backends(version: str, local_aws: LocalAws) -> Iterator[Backends]:
    assert local_aws.web is not None
    settings = Settings(
        aws_region=REGION, mwaa_environments=("prod",), ca_file=str(local_aws.web.ca_file)
    )
    backends = backends_from(settings)
    yield backends
    backends.close()


@pytest.fixture
def airflow(backends: Backends) -> Airflow:
    assert backends.airflow is not None
    return backends.airflow("prod")


async def test_a_refused_api_is_gone_round_with_one_login(
    airflow: Airflow, version: str, serve: Serve
) -> None:
    aws = serve({"mwaa:InvokeRestApi": "denied"})
    assert [pool.name for pool in await airflow.pools()] == ["default_pool"]
    assert (await airflow.dag_run("orders", RUN)).state == "failed"
    assert aws.asked("airflow").count(LOGIN[version]) == 1
    assert aws.asked("mwaa").count("InvokeRestApi") == 1


async def test_a_throttled_api_is_gone_round(
    airflow: Airflow, version: str, serve: Serve, local_aws: LocalAws
) -> None:
    local_aws.mwaa_limits.per_second = -1
    serve()
    assert len(await airflow.pools()) == 1


async def test_only_paths_that_are_too_long_go_round(
    airflow: Airflow, version: str, serve: Serve, local_aws: LocalAws
) -> None:
    local_aws.mwaa_limits.path = 64
    aws = serve()
    with pytest.raises(NotFound, match="a_task_with_quite_a_long_name"):
        await airflow.tries("orders", RUN, "a_task_with_quite_a_long_name")
    before = aws.asked("mwaa").count("InvokeRestApi")
    assert len(await airflow.pools()) == 1
    assert aws.asked("mwaa").count("InvokeRestApi") == before + 1


async def test_without_knowing_the_version_both_ways_in_are_tried(
    airflow: Airflow, version: str, serve: Serve
) -> None:
    serve({"mwaa:InvokeRestApi": "denied", "mwaa:GetEnvironment": "denied"})
    assert await airflow.version() == version
    assert len(await airflow.pools()) == 1


async def test_a_session_that_ended_is_opened_again(
    airflow: Airflow, version: str, serve: Serve, local_aws: LocalAws
) -> None:
    aws = serve({"mwaa:InvokeRestApi": "denied"})
    await airflow.pools()
    assert local_aws.web is not None
    local_aws.web.sessions.end()
    assert len(await airflow.pools()) == 1
    assert aws.asked("airflow").count(LOGIN[version]) == 2


async def test_a_login_that_is_refused_names_what_is_missing(
    airflow: Airflow, version: str, serve: Serve
) -> None:
    serve({"mwaa:InvokeRestApi": "denied", f"airflow:{LOGIN[version]}": "denied"})
    with pytest.raises(AccessDenied) as caught:
        await airflow.pools()
    assert "airflow:InvokeRestApi" in str(caught.value)
    assert "does not take the web login token" in str(caught.value)


async def test_a_failing_login_is_not_tried_for_every_call(
    airflow: Airflow, version: str, serve: Serve
) -> None:
    aws = serve({"mwaa:InvokeRestApi": "denied", f"airflow:{LOGIN[version]}": "denied"})
    for _ in range(3):
        with pytest.raises(AccessDenied):
            await airflow.dag("orders")
    assert aws.asked("airflow").count(LOGIN[version]) == 1


async def test_throttling_on_the_web_server_is_waited_out(
    airflow: Airflow, version: str, serve: Serve
) -> None:
    serve({"mwaa:InvokeRestApi": "denied", "airflow:GET /pools": "throttled"})
    assert len(await airflow.pools()) == 1


async def test_a_web_server_that_hangs_is_given_up(
    airflow: Airflow, version: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcp_server.aws.mwaa_session.READ_SECONDS", 0.3)
    serve({"mwaa:InvokeRestApi": "denied", "airflow:GET /pools": "hang"})
    with pytest.raises(AccessDenied, match=r"did not answer within 0\.3 s"):
        await airflow.pools()


async def test_an_unknown_certificate_names_the_setting(
    version: str, local_aws: LocalAws, serve: Serve
) -> None:
    serve({"mwaa:InvokeRestApi": "throttled"})
    local_aws.mwaa_limits.per_second = -1
    backends = backends_from(Settings(aws_region=REGION))
    assert backends.airflow is not None
    with pytest.raises(Unavailable, match="DE_AGENT_CA_FILE"):
        await backends.airflow("prod").pools()
    backends.close()


async def test_many_calls_that_meet_the_end_of_a_session_log_in_once(
    airflow: Airflow, version: str, serve: Serve, local_aws: LocalAws
) -> None:
    aws = serve({"mwaa:InvokeRestApi": "denied"})
    await airflow.pools()
    assert local_aws.web is not None
    local_aws.web.sessions.end()

    found: list[int] = []

    async def ask() -> None:
        found.append(len(await airflow.pools()))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(ask)

    assert found == [1] * 8
    assert aws.asked("airflow").count(LOGIN[version]) == 2


async def test_when_the_way_round_closes_the_api_is_tried_again(
    airflow: Airflow, version: str, serve: Serve, local_aws: LocalAws
) -> None:
    local_aws.mwaa_limits.per_second = -1
    faults = {"logs": "denied"}
    aws = serve(faults)
    await airflow.pools()
    local_aws.mwaa_limits.per_second = None
    assert local_aws.web is not None
    local_aws.web.sessions.end()
    faults["mwaa:CreateWebLoginToken"] = "denied"

    assert len(await airflow.pools()) == 1
    assert aws.asked("mwaa")[-1] == "InvokeRestApi"


async def test_an_answer_too_large_for_the_api_comes_over_the_session(
    airflow: Airflow, version: str, serve: Serve, local_aws: LocalAws
) -> None:
    local_aws.mwaa_limits.payload = 300
    aws = serve()
    assert (await airflow.dag_run("orders", RUN)).state == "failed"
    assert aws.asked("airflow").count(LOGIN[version]) == 1
    local_aws.mwaa_limits.payload = 6_000_000
    before = aws.asked("mwaa").count("InvokeRestApi")
    assert len(await airflow.pools()) == 1
    assert aws.asked("mwaa").count("InvokeRestApi") == before + 1
