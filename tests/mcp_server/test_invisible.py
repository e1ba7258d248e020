"""What nobody sees does not get into an answer, and hides no secret."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from mcp_server.diagnostics.invisible import visible
from mcp_server.diagnostics.redact import redact
from mcp_server.text import answer, clipped


class _Said(BaseModel):
    line: str


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x1b[1;31mred\x1b[0m b", "ared b"),
        ("\x1b]8;;https://evil.example\x07open\x1b]8;;\x07 me", "open me"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("abc\u202ecod.exe\u2066", "abccod.exe"),
        ("ze\u200bro wi\u00addth", "zero width"),
        ("tag\U000e0041\U000e0042ged", "tagged"),
        ("one\u2028two", "one two"),
        ("half \ud83d char", "half \ufffd char"),
        ("bell\x07 nul\x00 next\x85", "bell nul next"),
        ("tab\tand\nline stay, as do \u00e9\u00df\u4f60\U0001f600", None),
    ],
)
def test_text_is_what_is_seen_of_it(text: str, seen: str | None) -> None:
    assert visible(text) == (text if seen is None else seen)


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "L", "P"])))
def test_an_answer_can_always_be_sent(text: str) -> None:
    said = answer(text, _Said(line=text)).model_dump(mode="json")
    assert json.dumps(said, ensure_ascii=False).encode("utf-8")
    assert not any("\u202a" <= char <= "\u202e" for char in said["content"][0]["text"])


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\u2060", "\U000e0041", "\ufeff"])
def test_an_invisible_character_parts_no_key_from_its_secret(hidden: str) -> None:
    assert redact(f"pass{hidden}word=Vogel7huis") == "password=***"
    assert clipped(f"pass{hidden}word=Vogel7huis", 80) == "password=***"


def test_an_invisible_character_that_hides_nothing_stays_in_a_redacted_text() -> None:
    text = "caf\u00e9 zero\u200bwidth\nnext\u200b"
    assert redact(text) == text
