"""Which of several environments a dag is in, and how a refusal of Airflow is told."""

from dataclasses import replace

import pytest

from mcp_server.backends import Airflow, Backends
from mcp_server.domain.airflow import Dag
from mcp_server.errors import AccessDenied, BadRequest, NotFound, Unavailable
from mcp_server.reading.environments import environment_of, rest_of
from tests.mcp_server.fakes import KnownEnvironments, environment
from tests.mcp_server.investigate.fake_airflow import FakeAirflow
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio


def backends(**dags: str) -> Backends:
    """An environment for each name; its value names the dags there, or is a fault."""
    faults = ("denied", "throttled")

    def airflow(name: str) -> Airflow:
        said = dags[name]
        world = World(
            dags=[Dag(one) for one in said.split()],
            faults={"airflow.dag": said} if said in faults else {},
        )
        return FakeAirflow(world, name)

    known = KnownEnvironments(*(environment(name) for name in dags))
    return Backends(environments=known, airflow=airflow)


async def test_the_only_environment_with_the_dag_is_meant() -> None:
    both = backends(prod="orders billing", stage="orders")
    assert (await environment_of(both, "", "billing")).name == "prod"
    assert (await environment_of(both, "stage", "billing")).name == "stage"
    assert (await environment_of(backends(prod="x"), "", "billing")).name == "prod"


@pytest.mark.parametrize(
    ("stage", "dag_id", "said"),
    [
        ("orders", "orders", "orders is in prod, stage. Give environment= one of: prod, stage."),
        ("billing", "nothing", "None of them has nothing. Give environment="),
        ("denied", "orders", "orders is in prod. stage gave no answer. Give environment="),
        ("throttled", "nothing", "stage gave no answer. Give environment="),
    ],
)
async def test_what_stays_open_is_asked_with_what_is_known(
    stage: str, dag_id: str, said: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        await environment_of(backends(prod="orders", stage=stage), "", dag_id)
    assert said in str(caught.value)


@pytest.mark.parametrize("kind", [AccessDenied, Unavailable])
def test_a_refusal_tells_the_environments_state_and_what_goes_on(
    kind: type[AccessDenied | Unavailable],
) -> None:
    with pytest.raises(kind) as caught, rest_of(replace(environment("prod"), status="CREATING")):
        raise kind("This role lacks airflow:InvokeRestApi.")
    said = str(caught.value)
    assert said.startswith("prod is CREATING. This role lacks airflow:InvokeRestApi. get_task_log")


def test_what_is_not_there_is_told_as_it_is() -> None:
    with pytest.raises(NotFound) as caught, rest_of(environment("prod")):
        raise NotFound("No dag named 'x'.")
    assert str(caught.value) == "No dag named 'x'."
