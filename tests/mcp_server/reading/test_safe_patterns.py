"""A pattern for grep finds what it should, and none can hold the server up."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_server.errors import BadRequest
from mcp_server.reading.safe_pattern import LONGEST, matcher

LINE = "2026-11-22 03:04:00 ERROR etl.load: relation mart.returns does not exist (query 48211907)"


@pytest.mark.parametrize(
    "pattern",
    [
        "error",
        "ERROR.*exist",
        r"relation \S+ does not",
        r"query \d+",
        r"\d+-\d+-\d+\s+\d+:\d+",
        ".*returns.*",
        "(?:warn|error)",
        r"(?P<kind>relation|column) [\w.]+ does",
        r"^2026.*\(query",
        r"\bmart\.\w+\b",
        "(foo|relation )mart",
        r"(\w+) does",
        "[Ee]rror",
        "exist (query",
        "(query 48",
        r"\d{4}-\d{2}-\d{2}",
        r"(\d\d:){2}",
        "load.*mart.*exist",
        r"mart\.*returns",
        ".*.*.*.*exist",
    ],
)
def test_a_pattern_finds_its_line(pattern: str) -> None:
    assert matcher(pattern)(LINE)


@pytest.mark.parametrize("pattern", ["timeout", r"^ERROR", r"query \d{9}", "(query 9"])
def test_a_pattern_finds_no_other_line(pattern: str) -> None:
    assert not matcher(pattern)(LINE)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        "(a|a)*$",
        "(a|aa)+$",
        r"(\w+\s?)+$",
        "((a)+)+$",
        r"\w+\w+\w+\w+\w+x",
        r"x.*.*y",
        "(?:a+){2,}b",
        r"[\w.]*[\w-]*x",
        "a.*b.*c.*d.*e.*f",
        "(x(y+)+)z",
    ],
)
def test_a_pattern_that_may_never_end_is_refused_with_what_to_do(pattern: str) -> None:
    with pytest.raises(BadRequest, match="simpler"):
        matcher(pattern)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab.*+?()|[]{}1,\\wsd^$", max_size=14))
def test_whatever_the_pattern_the_answer_is_that_of_the_expression(pattern: str) -> None:
    try:
        test = matcher(pattern)
    except BadRequest:
        return
    try:
        expected = re.search(pattern, "aab ab1", re.IGNORECASE) is not None
    except (re.error, OverflowError):
        return
    assert test("aab ab1") is expected


def test_only_so_much_of_a_line_is_read() -> None:
    assert not matcher("end")("x" * LONGEST[0] + "end")
