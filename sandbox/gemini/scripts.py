"""How the scripted model behaves: honest, or wrong in one of the ways that models are."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sandbox.gemini.answering import Material, fill, material_of, prose
from sandbox.gemini.calling import first_call, further_calls
from sandbox.gemini.wire import Conversation, Json

Parts = list[Json]
INVENTED = "ERROR - the warehouse was struck by lightning at 03:04"


@dataclass(frozen=True)
class Turn:
    """One turn of the model: its parts, why it ended, and what blocked it ("" for nothing)."""

    parts: Parts
    finish: str = "STOP"
    blocked: str = ""
    thought: str = ""


Script = Callable[[Conversation], Turn]


def honest(talk: Conversation) -> Turn:
    """Call what helps (two turns at most), then answer with lines that tools returned."""
    if talk.tools and talk.turns == 0 and (calls := first_call(talk)):
        return Turn(calls, thought="First the failure itself.")
    if talk.tools and talk.turns == 1 and (calls := further_calls(talk)):
        return Turn(calls, thought="What stood around it?")
    return _ended(_answer(talk, material_of(talk)), talk)


def invents_quotes(talk: Conversation) -> Turn:
    """Look as honest does, but quote a line that no tool returned."""
    if talk.tools and talk.turns == 0 and (calls := first_call(talk)):
        return Turn(calls)
    true = material_of(talk)
    quotes = tuple(replace(quote, line=INVENTED) for quote in true.quotes)
    return _ended(_answer(talk, Material(talk, quotes, INVENTED, true.steps)), talk)


def unknown_tool(talk: Conversation) -> Turn:
    """Call a tool that was never declared, once."""
    if talk.turns == 0:
        return Turn([{"functionCall": {"name": "restart_airflow", "args": {"now": True}}}])
    return honest(talk)


def wrong_arguments(talk: Conversation) -> Turn:
    """Call the right tool with arguments that it does not know, once."""
    if talk.turns == 0 and talk.tools:
        args = {"dag": 7, "colour": "red"}
        return Turn([{"functionCall": {"name": talk.tools[0].name, "args": args}}])
    return honest(talk)


def blocked(talk: Conversation) -> Turn:
    """No candidate at all: the prompt was blocked."""
    return Turn([], blocked="PROHIBITED_CONTENT")


def empty(talk: Conversation) -> Turn:
    """A candidate without content."""
    return Turn([], finish="SAFETY")


def max_tokens(talk: Conversation) -> Turn:
    """Stop in the middle of the answer."""
    turn = honest(talk)
    if "text" not in turn.parts[-1]:
        return turn
    text = turn.parts[-1]["text"]
    return Turn([{"text": text[: len(text) // 2]}], finish="MAX_TOKENS")


def says_prose(talk: Conversation) -> Turn:
    """Answer in words where JSON was wanted."""
    turn = honest(talk)
    if "text" not in turn.parts[-1]:
        return turn
    return Turn([{"text": "I believe that the upstream table was late. " + talk.said[:40]}])


def endless(talk: Conversation) -> Turn:
    """Never stop calling tools, as long as there are any."""
    calls = first_call(talk) if talk.tools else []
    return Turn(calls) if calls else honest(talk)


SCRIPTS: Mapping[str, Script] = {
    script.__name__: script
    for script in (
        *(honest, invents_quotes, unknown_tool, wrong_arguments),
        *(blocked, empty, max_tokens, says_prose, endless),
    )
}


def _answer(talk: Conversation, material: Material) -> str:
    schema = talk.schema or _described(talk)
    if schema:
        return json.dumps(fill(schema, material), ensure_ascii=False)
    return prose(material)


def _ended(text: str, talk: Conversation) -> Turn:
    """The answer, cut where maxOutputTokens ends it."""
    if talk.most and len(text) > talk.most * 4:
        return Turn([{"text": text[: talk.most * 4]}], finish="MAX_TOKENS")
    return Turn([{"text": text}])


def _described(talk: Conversation) -> Json:
    """A JSON schema that stands in the instruction or in what was said, {} when none does."""
    for text in (talk.system, talk.said):
        for start in (found.start() for found in re.finditer(r"\{", text)):
            try:
                said, _ = json.JSONDecoder().raw_decode(text, start)
            except ValueError:
                continue
            if isinstance(said, dict) and isinstance(said.get("properties"), dict):
                return said
    return {}
