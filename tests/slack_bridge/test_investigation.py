"""The loop's budgets: whatever runs out, the model answers with what it has."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tools_support import Heard, ScriptedModel, answers, asks

from slack_bridge.investigation import (
    Budget,
    Conclusion,
    ModelFailed,
    Reply,
    Returned,
    Said,
    Turn,
    investigate,
)
from slack_bridge.toolbox import Declared, ToolText

pytestmark = pytest.mark.anyio
ROOMY = Budget()
READ = ("get_task_log", {"task_id": "load", "try_number": 2})


class Tools:
    """Tools that always answer."""

    def __init__(self) -> None:
        self.called: list[str] = []

    async def declared(self) -> Sequence[Declared]:
        return [Declared("get_task_log", "Read a log.", {"type": "object"})]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolText:
        self.called.append(name)
        return ToolText("line 1", raw="line 1")


async def run(
    model: ScriptedModel, budget: Budget = ROOMY, tools: Tools | None = None
) -> tuple[Conclusion, Heard]:
    heard = Heard()
    concluded = await investigate(model, tools or Tools(), "why?", {}, budget, heard)
    return concluded, heard


async def test_calls_are_answered_in_one_turn_and_told_as_one_step() -> None:
    model = ScriptedModel([asks(READ, ("check_redshift", {}))], answers())
    concluded, heard = await run(model)

    assert heard.steps == [
        "Reading the log of load, try 2; checking Redshift: status, locks, queue"
    ]
    _, called, returned = model.seen[1]
    assert isinstance(called, Reply)
    assert isinstance(returned, Returned)
    assert [call.id for call, _ in returned.answers] == ["call_0", "call_1"]
    assert concluded.turns == 3


async def test_an_answer_in_words_is_asked_for_once_more_in_form() -> None:
    model = ScriptedModel([Reply(text="It is the table.", tokens=10)], answers())
    await run(model)

    last = model.seen[-1]
    assert isinstance(last[-1], Said)
    assert "schema" in last[-1].text


async def test_turns_end_at_their_budget_with_room_for_the_answer() -> None:
    model = ScriptedModel([asks(READ)] * 50, answers())
    concluded, _ = await run(model, Budget(turns=4))

    assert concluded.turns == 4


async def test_calls_beyond_the_budget_are_answered_by_its_end() -> None:
    tools = Tools()
    model = ScriptedModel([asks(READ, READ, READ), asks(READ, READ)], answers())
    await run(model, Budget(calls=4), tools)

    returned = model.seen[-1][4]
    assert len(tools.called) == 4
    assert isinstance(returned, Returned)
    assert "No tool calls are left" in returned.answers[1][1].text


async def test_tokens_end_the_loop_before_the_next_turn_would_pass_the_budget() -> None:
    model = ScriptedModel([asks(READ, tokens=9_000)] * 50, answers())
    concluded, _ = await run(model, Budget(tokens=40_000))

    assert concluded.tokens <= 40_000
    assert concluded.turns == 4


async def test_time_ends_the_loop_and_what_was_read_is_still_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("slack_bridge.investigation.LAST_SECONDS", 5.0)

    class SlowAfterOne(ScriptedModel):
        async def next(self, turns: Sequence[Turn], tools: Sequence[Declared]) -> Reply:
            if len(turns) > 1:
                await asyncio.Event().wait()
            return await super().next(turns, tools)

    model = SlowAfterOne([asks(READ)], answers())
    concluded, _ = await run(model, Budget(seconds=5.2))

    assert concluded.turns == 2


async def test_a_model_that_never_answers_fails_with_the_time_it_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("slack_bridge.investigation.LAST_SECONDS", 0.05)

    class Silent(ScriptedModel):
        async def next(self, turns: Sequence[Turn], tools: Sequence[Declared]) -> Reply:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

    with pytest.raises(ModelFailed, match="did not answer within"):
        await run(Silent([], answers()), Budget(seconds=0.2))


async def test_a_model_that_only_repeats_itself_is_asked_for_its_answer() -> None:
    class Refusing(Tools):
        async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolText:
            return ToolText("You asked exactly this before.", failed=True)

    concluded, _ = await run(ScriptedModel([asks(READ)] * 9, answers()), tools=Refusing())

    assert concluded.turns == 3


async def test_a_failure_tells_what_it_took() -> None:
    with pytest.raises(ModelFailed) as failed:
        await run(ScriptedModel([asks(READ)], ModelFailed("cut off")))

    assert (failed.value.turns, failed.value.tokens) == (2, 550)
