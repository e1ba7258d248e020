"""categories.toml as a whole: each pattern can be reached, and asking few finds what all would."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mcp_server.diagnostics.literals import keys_of
from mcp_server.diagnostics.lookup import Lookup
from mcp_server.diagnostics.signals import load_signals

CASES = Path(__file__).parent.parent / "cases/logs.jsonl"
PATTERNS = [
    r"Rate exceeded|ThrottlingException",
    r"\bFAIL \d+ \w+",
    r"(?:Readiness|Liveness) probe (?:failed|errored)",
    r"colou?rs? .*not found|x{2,3}yz",
    r"can.t open file|\[Errno 28\]|\x27C\x27: 42",
    r"^(?!.*ok)(?:tar|xz): ",
    r"[45]\d\d (?:Client|Server) Error",
    r"ab(c|d)ef[|)]g+h",
]


def test_every_pattern_has_a_word_that_makes_its_lines_worth_a_look() -> None:
    signals = load_signals()
    written = [s.pattern.pattern.replace("\\", "") for s in signals.signals if s.strength > 1]
    # codes of three digits and more stand beside a word that leads there
    unreached = {p for p in written if not signals.worth_a_look(p) and not re.search(r"\d{3}", p)}
    assert not unreached


def test_every_cause_of_the_cases_is_worth_a_look_by_itself() -> None:
    signals = load_signals()
    causes = {json.loads(row)["cause_line"] for row in CASES.read_text().splitlines()}
    dull = {cause for cause in causes if not signals.worth_a_look(cause)}
    assert not {cause for cause in dull if signals.first(cause)}


def test_asking_only_the_possible_patterns_finds_what_asking_all_finds() -> None:
    signals = load_signals()
    lines = {
        line[:400]
        for row in CASES.read_text().splitlines()
        for line in json.loads(row)["log"].split("\n")
    }
    for line in lines:
        every = next((s for s in signals.signals if s.pattern.search(line)), None)
        assert signals.first(line) is every, line


@pytest.mark.parametrize("pattern", PATTERNS)
@given(data=st.data())
def test_a_matching_text_holds_one_of_the_keys(pattern: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII)))
    keys = keys_of(pattern)
    assert keys is not None
    assert any(key in text.lower() for key in keys)


def test_a_pattern_without_a_fixed_text_has_no_keys() -> None:
    assert keys_of(r"[45]\d\d|rate exceeded") is None


@given(st.lists(st.text(min_size=1, max_size=8)), st.text())
@example(["no", "not", "error"], "there is no error")
def test_a_lookup_finds_each_text_that_a_line_holds(texts: list[str], line: str) -> None:
    assert set(Lookup(texts).held(line)) == {text for text in texts if text in line}


@given(st.lists(st.text("ab\udc80é", min_size=1, max_size=3)), st.text("ab\udc80éx", max_size=20))
def test_places_are_where_the_texts_stand(texts: list[str], line: str) -> None:
    plain = [text for text in texts if "\udc80" not in text]
    stands = {(at, text) for text in plain for at in range(len(line)) if line.startswith(text, at)}
    assert set(Lookup(plain).places(line)) == stands
