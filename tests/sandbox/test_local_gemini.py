"""The local Gemini, by the real google-genai: honest, strict about histories, wrong on demand."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from sandbox.calls import CallLog
from sandbox.faults import Faults
from sandbox.gemini.scripts import INVENTED, SCRIPTS
from sandbox.gemini.server import API_KEY, GeminiServer

MODEL = "gemini-3.8-flash"
ALERT = """An alert came. dag_id: sales_mart
run_id: scheduled__2026-11-21T02:00:00+00:00
task_id: load_returns
try_number: 2"""
LOG = """category: database.query_cancelled
confidence: high
line 201: ERROR: Query (48211907) cancelled on user's request
query_id: 48211907 in Redshift"""
QUERY = "48211907 waited 298 s for a lock that user l.brandt holds"


def tool(name: str, required: list[str], **properties: str) -> types.FunctionDeclaration:
    schema = {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in properties.items()},
        "required": required,
    }
    return types.FunctionDeclaration(
        name=name, description=f"Does {name}.", parameters_json_schema=schema
    )


TOOLS = [
    tool("get_task_log", ["dag_id"], dag_id="string", task_id="string", try_number="integer"),
    tool("get_redshift_query", ["query_id"], query_id="integer"),
    tool("describe_spaceship", ["hull"], hull="string"),
]
CITED = {
    "type": "object",
    "properties": {"call": {"type": "integer"}, "quote": {"type": "string"}},
    "required": ["call", "quote"],
}
SCHEMA = {
    "type": "object",
    "properties": {
        "category": {"enum": ["unknown", "database.query_cancelled", "aws.throttled"]},
        "confidence": {"type": "string", "enum": ["high", "medium", "low", "inconclusive"]},
        "cause": {"type": "string", "maxLength": 40},
        "evidence": {"type": "array", "items": {"$ref": "#/$defs/Cited"}},
        "next_steps": {"type": "array", "items": {"type": "string"}},
    },
    "$defs": {"Cited": CITED},
}
RESULTS = {"get_task_log": LOG, "get_redshift_query": QUERY}


class Talk:
    """A conversation as the bridge has it: turns with tools, then a conclusion as JSON."""

    def __init__(self, server: GeminiServer) -> None:
        options = types.HttpOptions(base_url=server.url, timeout=5_000)
        self.client = genai.Client(api_key=API_KEY, http_options=options)
        self.contents = [types.Content(role="user", parts=[types.Part(text=ALERT)])]
        self.called: list[tuple[str, dict[str, Any]]] = []

    def ask(self, **config: Any) -> types.GenerateContentResponse:  # noqa: ANN401 - the SDK's own fields
        disabled = types.AutomaticFunctionCallingConfig(disable=True)
        said = types.GenerateContentConfig(automatic_function_calling=disabled, **config)
        return self.client.models.generate_content(model=MODEL, contents=self.contents, config=said)

    def turn(self) -> list[types.FunctionCall]:
        """One turn with tools, answered."""
        reply = self.ask(tools=[types.Tool(function_declarations=TOOLS)])
        calls = reply.function_calls or []
        if calls:
            assert reply.candidates
            assert reply.candidates[0].content
            self.contents.append(reply.candidates[0].content)
            self.contents.append(types.Content(role="user", parts=[answer(c) for c in calls]))
            self.called += [(str(c.name), dict(c.args or {})) for c in calls]
        return calls

    def explore(self) -> None:
        for _ in range(6):
            if not self.turn():
                return

    def conclude(self) -> dict[str, Any]:
        reply = self.ask(response_mime_type="application/json", response_json_schema=SCHEMA)
        return dict(json.loads(reply.text or ""))


def answer(call: types.FunctionCall) -> types.Part:
    said = {"output": RESULTS.get(str(call.name), "nothing by that name")}
    response = types.FunctionResponse(id=call.id, name=call.name, response=said)
    return types.Part(function_response=response)


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    running = GeminiServer()
    running.start()
    yield running
    running.close()


@pytest.fixture
def talk(server: GeminiServer) -> Iterator[Talk]:
    talking = Talk(server)
    yield talking
    talking.client.close()


def test_it_calls_tools_with_what_was_said_and_then_with_what_it_read(talk: Talk) -> None:
    talk.explore()
    assert talk.called == [
        ("get_task_log", {"dag_id": "sales_mart", "task_id": "load_returns", "try_number": 2}),
        ("get_redshift_query", {"query_id": 48211907}),
    ]


def test_its_answer_fits_the_schema_and_quotes_lines_that_tools_returned(talk: Talk) -> None:
    talk.explore()
    said = talk.conclude()
    assert said.keys() == SCHEMA["properties"].keys()  # type: ignore[attr-defined]  # a dict
    assert (said["category"], said["confidence"]) == ("database.query_cancelled", "high")
    assert len(said["cause"]) <= 40
    assert {cited["call"] for cited in said["evidence"]} == {1, 2}
    assert all(cited["quote"] in f"{LOG}\n{QUERY}" for cited in said["evidence"])


def test_without_a_schema_it_answers_in_words(talk: Talk) -> None:
    talk.explore()
    assert "cancelled on user's request" in (talk.ask().text or "")


def test_streaming_gives_the_same_parts(talk: Talk) -> None:
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=TOOLS)],
        thinking_config=types.ThinkingConfig(include_thoughts=True),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    stream = talk.client.models.generate_content_stream(
        model=MODEL, contents=talk.contents, config=config
    )
    parts = [p for chunk in stream for c in chunk.candidates or [] for p in c.content.parts]  # type: ignore[union-attr]  # the server sends them
    assert parts[0].thought
    assert parts[1].function_call
    assert parts[1].thought_signature


def test_a_history_without_its_signature_is_refused(talk: Talk) -> None:
    talk.turn()
    talk.contents[1].parts[0].thought_signature = None  # type: ignore[index]  # it has one
    with pytest.raises(errors.ClientError, match="missing a thought_signature") as caught:
        talk.ask()
    assert caught.value.code == 400


def test_a_history_whose_call_was_changed_is_refused(talk: Talk) -> None:
    talk.turn()
    talk.contents[1].parts[0].function_call.args = {"dag_id": "other"}  # type: ignore[index,union-attr]  # it has one
    with pytest.raises(errors.ClientError, match="signature is not valid"):
        talk.ask()


@pytest.mark.parametrize(
    ("field", "told"), [("id", "does not match"), ("name", "does not match"), (None, "equal to")]
)
def test_every_call_must_be_answered_under_its_id_and_name(
    talk: Talk, field: str | None, told: str
) -> None:
    talk.turn()
    part = talk.contents[2].parts[0]  # type: ignore[index]  # one answer
    if field is None:
        talk.contents[2].parts = [types.Part(text="no answer")]
    else:
        setattr(part.function_response, field, "other")
    with pytest.raises(errors.ClientError, match=told):
        talk.ask()


def test_another_key_and_an_unknown_model_are_refused(server: GeminiServer) -> None:
    options = types.HttpOptions(base_url=server.url, timeout=5_000)
    with (
        genai.Client(api_key="other", http_options=options) as client,
        pytest.raises(errors.ClientError, match="API key not valid"),
    ):
        client.models.generate_content(model=MODEL, contents="hi")
    with (
        genai.Client(api_key=API_KEY, http_options=options) as client,
        pytest.raises(errors.ClientError, match="not found"),
    ):
        client.models.generate_content(model="gemini-flash-latest", contents="hi")


@pytest.mark.parametrize(("kind", "code"), [("denied", 403), ("throttled", 429)])
def test_a_fault_of_gemini_is_answered_in_its_words(kind: str, code: int) -> None:
    server = GeminiServer(Faults({"gemini": kind}), calls := CallLog())
    server.start()
    talk = Talk(server)
    try:
        with pytest.raises(errors.ClientError) as caught:
            talk.ask()
    finally:
        talk.client.close()
        server.close()
    assert caught.value.code == code
    assert [(c.service, c.operation) for c in calls.all()] == [("gemini", "generateContent")]


def test_it_can_invent_quotes(server: GeminiServer, talk: Talk) -> None:
    server.script = "invents_quotes"
    talk.explore()
    assert {cited["quote"] for cited in talk.conclude()["evidence"]} == {INVENTED}


@pytest.mark.parametrize(
    ("script", "call"),
    [
        ("unknown_tool", ("restart_airflow", {"now": True})),
        ("wrong_arguments", ("get_task_log", {"dag": 7, "colour": "red"})),
    ],
)
def test_it_can_call_what_is_not_there(
    server: GeminiServer, talk: Talk, script: str, call: tuple[str, dict[str, Any]]
) -> None:
    server.script = script
    talk.explore()
    assert talk.called[0] == call
    assert talk.conclude()["category"]


def test_it_can_be_blocked_empty_cut_or_wordy(server: GeminiServer, talk: Talk) -> None:
    server.script = "blocked"
    feedback = talk.ask().prompt_feedback
    assert feedback
    assert feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT
    server.script = "empty"
    assert talk.ask().candidates[0].content is None  # type: ignore[index]  # one without content
    server.script = "max_tokens"
    with pytest.raises(ValueError, match=r"Unterminated|delimiter|Expecting"):
        talk.conclude()
    server.script = "says_prose"
    with pytest.raises(ValueError, match="Expecting value"):
        talk.conclude()


def test_it_can_call_tools_without_end(server: GeminiServer, talk: Talk) -> None:
    server.script = "endless"
    assert all(talk.turn() for _ in range(8))


def test_an_answer_longer_than_its_limit_is_cut(talk: Talk) -> None:
    reply = talk.ask(
        response_mime_type="application/json", response_json_schema=SCHEMA, max_output_tokens=5
    )
    assert reply.candidates
    assert reply.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def test_every_script_has_its_own_sentence() -> None:
    sentences = [script.__doc__ for script in SCRIPTS.values()]
    assert None not in sentences
    assert len(set(sentences)) == len(SCRIPTS)
