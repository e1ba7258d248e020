"""Gemini over the real google-genai, against the sandbox's server: honest, wrong, slow and gone."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tools_support import AT, RULES, Heard, World

from sandbox.calls import CallLog
from sandbox.faults import Faults
from sandbox.gemini.server import API_KEY, GeminiServer
from slack_bridge import gemini as adapter
from slack_bridge.diagnosis import Found
from slack_bridge.reasoning.answering import Answerer
from slack_bridge.settings import Settings

pytestmark = pytest.mark.anyio
ALERT = {"dag_id": "orders", "task_id": "load_stage", "exception": "password=hunter2 boom"}


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    server = GeminiServer()
    server.start()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(adapter, "MOST_DELAY", 0.02)


@asynccontextmanager
async def answering(url: str, world: World, key: str = API_KEY) -> AsyncIterator[Answerer]:
    settings = replace(Settings(), gemini_api_key=key, gemini_api_url=url)
    answerer = await Answerer.from_settings(settings, world.server())
    yield answerer
    await answerer.close()


async def deepened(server: GeminiServer, world: World | None = None, key: str = API_KEY) -> Found:
    async with answering(server.url, world or World(), key) as answerer:
        return await answerer.case(ALERT, AT).deepen(Heard())


async def test_an_honest_gemini_calls_tools_and_its_quotes_stand(server: GeminiServer) -> None:
    found = await deepened(server)

    assert (found.by, found.note) == ("model", "")
    assert found.diagnosis.category == "database.missing_object"
    assert 'relation "stg.orders" does not exist' in found.diagnosis.cause
    assert found.model_turns >= 3
    assert found.tokens > 0


async def test_schemas_go_out_whole_and_the_last_call_has_no_tools(server: GeminiServer) -> None:
    await deepened(server)

    first, last = server.requests[0], server.requests[-1]
    declared = first["tools"][0]["functionDeclarations"]
    assert {"diagnose_failure", "get_task_log"} <= {tool["name"] for tool in declared}
    assert declared[0]["parameters_json_schema"]["properties"]["dag_id"]
    assert "tools" not in last
    assert last["generationConfig"]["responseJsonSchema"]["properties"]["evidence"]
    assert first["systemInstruction"] == last["systemInstruction"]


async def test_a_prompt_holds_no_secret_and_fences_what_others_wrote(server: GeminiServer) -> None:
    await deepened(server)

    sent = json.dumps(server.requests)
    assert "hunter2" not in sent
    said = server.requests[0]["contents"][0]["parts"][0]["text"]
    mark = said.split("<<<")[1].split()[0]
    assert f"{mark}>>>" in said
    assert said.index("<<<") < said.index("boom") < said.index(f"{mark}>>>")


async def test_a_question_is_answered_with_quoted_lines(server: GeminiServer) -> None:
    async with answering(server.url, World()) as answerer:
        answer = await answerer.ask("why did dag_id: orders fail?", (), AT, Heard())

    assert "AI-generated" in json.dumps(answer.blocks)
    assert "stg.orders" in answer.text


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("blocked", "Gemini blocked the request (PROHIBITED_CONTENT)"),
        ("empty", "Gemini gave no answer (SAFETY)"),
        ("max_tokens", "Gemini's answer was cut off before its end"),
        ("says_prose", "Gemini's answer was not in the form asked for"),
        ("invents_quotes", "none of its quotes stands in what was read"),
    ],
)
async def test_a_gemini_that_misbehaves_leaves_the_rules_diagnosis(
    server: GeminiServer, script: str, why: str
) -> None:
    server.script = script
    found = await deepened(server)

    assert found.by == "rules"
    assert found.diagnosis == RULES
    assert why in found.note


@pytest.mark.parametrize("script", ["unknown_tool", "wrong_arguments"])
async def test_a_gemini_that_calls_wrongly_is_told_and_goes_on(
    server: GeminiServer, script: str
) -> None:
    server.script = script
    found = await deepened(server)

    assert found.by == "model"
    assert any(step.failed for step in found.steps)


async def test_an_endless_gemini_is_ended_by_its_budget_and_answers_with_what_it_has(
    server: GeminiServer,
) -> None:
    server.script = "endless"
    found = await deepened(server)

    assert found.by == "model"
    assert found.model_turns <= 10


async def faulty(fault: str) -> Found:
    server = GeminiServer(Faults({"gemini": fault}), CallLog())
    server.start()
    try:
        return await deepened(server)
    finally:
        server.close()


async def test_a_gemini_that_refuses_is_named_as_the_reason() -> None:
    found = await faulty("denied")

    assert found.note == "Gemini refused the key or the model (403 PERMISSION_DENIED)"
    assert found.diagnosis == RULES


async def test_a_throttled_gemini_is_asked_again_until_it_answers() -> None:
    assert (await faulty("throttled")).by == "model"


async def test_a_gemini_without_quota_is_named_as_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "ATTEMPTS", 2)
    found = await faulty("throttled")

    assert found.note == "Gemini's quota is used up (429 RESOURCE_EXHAUSTED)"


async def test_a_gemini_that_hangs_costs_its_own_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "REQUEST_SECONDS", 0.2)
    faults = Faults({"gemini": "hang"})
    server = GeminiServer(faults, CallLog())
    server.start()
    try:
        found = await deepened(server)
    finally:
        faults.closing.set()
        server.close()

    assert "did not answer" in found.note
    assert found.diagnosis == RULES


async def test_a_wrong_key_and_a_server_that_is_gone_are_told_apart(server: GeminiServer) -> None:
    refused = await deepened(server, key="wrong")
    async with answering("http://127.0.0.1:9", World()) as answerer:
        gone = await answerer.case(ALERT, AT).deepen(Heard())

    assert refused.note == "Gemini refused the request (400 INVALID_ARGUMENT)"
    assert gone.note == "Gemini could not be reached"
