"""Prompts, playbooks, runbooks and completions, in both eras."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from mcp import Client, MCPError
from mcp.types import PromptReference, ResourceTemplateReference, TextContent, TextResourceContents

from mcp_server.domain.airflow import Dag
from mcp_server.server import build_server
from mcp_server.settings import Settings
from tests.mcp_server.investigate.world import World

pytestmark = pytest.mark.anyio
MODES = ["auto", "legacy"]
RUNBOOKS = """
[[runbook]]
name = "orders"
url = "https://wiki.example/orders"
dag = "orders_*"
"""


def client(mode: str = "auto", faults: dict[str, str] | None = None, **settings: str) -> Client:
    world = World(dags=[Dag("orders"), Dag("orders_hourly"), Dag("billing")], faults=faults or {})
    return Client(build_server(world.backends(), Settings(**settings)), mode=mode)  # type: ignore[arg-type] # names of settings


@pytest.mark.parametrize("mode", MODES)
async def test_prompts_are_listed_and_filled_in(mode: str) -> None:
    async with client(mode) as opened:
        listed = {one.name: one for one in (await opened.list_prompts()).prompts}
        asked = {"dag_id": "orders", "run_id": "manual__1"}
        triage = await opened.get_prompt("triage_failure", asked)
        handover = await opened.get_prompt("shift_handover", {})
    assert set(listed) == {"triage_failure", "shift_handover"}
    assert all(one.description for one in listed.values())
    [message] = triage.messages
    assert isinstance(message.content, TextContent)
    assert "dag_id=orders and run_id=manual__1" in message.content.text
    assert "since=12h" in str(handover.messages[0].content)


async def read(opened: Client, uri: str) -> str:
    [content] = (await opened.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


@pytest.mark.parametrize("mode", MODES)
async def test_a_playbook_says_what_is_checked_and_what_to_do(mode: str) -> None:
    async with client(mode) as opened:
        text = await read(opened, "playbook://timeout.sensor")
    assert text.startswith("# timeout.sensor\n\nWhat the sensor waits for did not come in time.")
    assert "1. Check whether what the sensor waits for" in text
    assert "{" not in text


async def test_an_unknown_playbook_names_the_near_one() -> None:
    async with client() as opened:
        with pytest.raises(MCPError, match=r"Near: timeout\.sensor"):
            await opened.read_resource("playbook://timeout.sensors")


async def test_a_teams_runbook_tells_where_its_page_is(tmp_path: Path) -> None:
    (tmp_path / "runbooks.toml").write_text(RUNBOOKS)
    async with client(runbooks=str(tmp_path / "runbooks.toml")) as opened:
        assert "<https://wiki.example/orders>" in await read(opened, "runbook://orders")
        with pytest.raises(MCPError, match=r"Near: orders"):
            await opened.read_resource("runbook://order")


async def completed(
    argument: str, value: str, faults: dict[str, str] | None = None
) -> Sequence[str]:
    ref = PromptReference(type="ref/prompt", name="triage_failure")
    async with client(faults=faults) as opened:
        answer = await opened.complete(ref, {"name": argument, "value": value})
    return answer.completion.values


async def test_dag_ids_are_completed_from_airflow() -> None:
    assert await completed("dag_id", "ord") == ["orders", "orders_hourly"]
    assert await completed("dag_id", "hourly") == ["orders_hourly"]
    assert await completed("environment", "") == ["de-prod"]
    assert await completed("run_id", "latest_") == ["latest_failed"]


async def test_a_completion_without_its_backend_is_empty() -> None:
    assert await completed("dag_id", "ord", {"airflow": "denied"}) == []


async def test_categories_are_completed_for_playbooks() -> None:
    ref = ResourceTemplateReference(type="ref/resource", uri="playbook://{category}")
    async with client() as opened:
        answer = await opened.complete(ref, {"name": "category", "value": "timeout."})
    assert "timeout.sensor" in answer.completion.values
