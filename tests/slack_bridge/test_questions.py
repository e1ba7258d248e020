"""A colleague's question: answered by the tools, with a model or by rules alone."""

import json

import pytest
from thread_support import assert_harmless, assert_slack_takes
from tools_support import AT, RULES, Heard, ScriptedModel, World, asks

from slack_bridge.investigation import ModelFailed, Reply
from slack_bridge.reasoning.answer import Answer
from slack_bridge.reasoning.answering import Answerer
from slack_bridge.settings import Settings

pytestmark = pytest.mark.anyio


async def asked(
    question: str, *thread: str, model: ScriptedModel | None = None, world: World | None = None
) -> Answer:
    answerer = Answerer((world or World()).server(), Settings(), model)
    try:
        answer = await answerer.ask(question, thread, AT, Heard())
    finally:
        await answerer.close()
    assert_slack_takes(answer.message)
    assert_harmless(answer.message)
    return answer


def replies(answer: str, quote: str) -> Reply:
    return Reply(text=json.dumps({"answer": answer, "evidence": [{"call": 1, "quote": quote}]}))


async def test_without_a_model_a_named_dag_is_diagnosed() -> None:
    answer = await asked("why did orders.load_stage fail?")

    assert "failed because relation" in answer.text


async def test_a_question_in_a_thread_is_about_what_the_thread_names() -> None:
    world = World()
    await asked("can you look again?", "*`orders.load_stage`* failed because ...", world=world)

    assert world.asked[0]["dag_id"] == "orders"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("what failed since midnight?", "2 failures since 2026-11-22T00:00:00Z"),
        ("which runs failed in the last 6 h", "2 failures since 6h"),
        ("what is blocking redshift?", "Redshift is available; nothing waits for a lock."),
    ],
)
async def test_without_a_model_common_questions_go_to_their_tool(question: str, first: str) -> None:
    assert (await asked(question)).text == first


async def test_what_is_not_understood_is_answered_with_what_can_be_asked() -> None:
    answer = await asked("how are you?")

    assert "What failed since midnight?" in json.dumps(answer.blocks)


async def test_a_models_answer_stands_on_quoted_lines() -> None:
    quote = "02:41 user dbt_ci ran DROP TABLE stg.orders (query 48213377)"
    model = ScriptedModel(
        [asks(("audit_redshift", {}))], replies("User dbt_ci dropped stg.orders.", quote)
    )
    answer = await asked("who dropped stg.orders?", model=model)

    assert answer.text == "User `dbt_ci` dropped `stg.orders`."
    assert quote in json.dumps(answer.blocks)
    assert "AI-generated from 1 tool call" in json.dumps(answer.blocks)


async def test_sentences_about_what_nobody_read_are_left_out() -> None:
    quote = "02:41 user dbt_ci ran DROP TABLE stg.orders (query 48213377)"
    said = "User dbt_ci dropped stg.orders. The password of prod_admin is hunter_22!"
    model = ScriptedModel([asks(("audit_redshift", {}))], replies(said, quote))

    assert (
        await asked("who dropped it?", model=model)
    ).text == "User `dbt_ci` dropped `stg.orders`."


async def test_an_answer_without_proof_is_not_given() -> None:
    model = ScriptedModel([], replies("All is well.", "nobody said this"))

    answer = await asked("is all well?", model=model)
    assert "All is well" not in json.dumps(answer.blocks)
    assert answer.text.startswith("2 failures since 24h")
    assert "its answer was dropped" in json.dumps(answer.blocks)


async def test_a_drivers_dictionary_is_said_as_its_message() -> None:
    line = "ProgrammingError: {'S': 'ERROR', 'C': '57014', 'M': 'Query cancelled', 'R': 'pg_throw'}"
    model = ScriptedModel([asks(("audit_redshift", {}))], replies(line, line))
    answer = await asked("why was it cancelled?", model=model, world=World(audit=line))

    assert answer.text == "ProgrammingError: Query cancelled"


async def test_when_the_model_fails_the_rules_answer_and_say_so() -> None:
    model = ScriptedModel([ModelFailed("Gemini was not available (503 UNAVAILABLE)")], Reply())
    answer = await asked("why did `orders` fail?", model=model)

    assert "failed because" in answer.text
    assert "503" in json.dumps(answer.blocks)


async def test_who_changed_a_table_is_answered_with_the_statement_first() -> None:
    answer = await asked("who dropped stg.orders?")

    assert answer.text.startswith("02:41 user `dbt_ci` ran DROP TABLE")


async def test_a_follow_up_in_an_alerts_thread_is_answered_for_its_failure() -> None:
    about = "This thread is about the failure of `orders.load_stage` in run x: gone"
    answer = await asked("can I just rerun it?", about)

    assert answer.text.startswith("*Safe to rerun `orders.load_stage`?*")
    assert "failed because" in json.dumps(answer.blocks)


async def test_a_failure_that_nobody_knows_is_answered_with_what_did_fail() -> None:
    unknown = RULES.model_copy(update={"confidence": "inconclusive", "run_id": ""})
    answer = await asked("why did invoices fail?", world=World(rules=unknown))

    assert "I know no failure of that name" in answer.text
    assert "billing.export" in json.dumps(answer.blocks)


async def test_hints_that_a_tool_gives_a_model_are_not_shown_to_people() -> None:
    audit = "1 change\nuser a: DROP TABLE x.y\nwhy: diagnose_failure dag_id=orders"
    answer = await asked("who dropped x.y?", world=World(audit=audit))

    assert "diagnose_failure" not in json.dumps(answer.blocks)


async def test_when_the_model_gave_up_the_rules_ask_the_same_tool_again() -> None:
    model = ScriptedModel(
        [asks(("find_failures", {"since": "24h"})), ModelFailed("Gemini was not available (503)")],
        ModelFailed("Gemini was not available (503)"),
    )
    answer = await asked("what failed lately?", model=model)

    assert answer.text.startswith("2 failures since 24h")
