"""Filter patterns of the local CloudWatch Logs really filter (moto's match everything)."""

import pytest

from sandbox.logs.filter_pattern import compile_pattern
from sandbox.logs.selector import PatternError

LINE = "ERROR - task failed: timeout-now after 3 s"
EVENT = '{"level": "error", "n": 7, "detail": [{"code": "42P01"}]}'


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", LINE, True),
        ("ERROR failed", LINE, True),
        ("ERROR absent", LINE, False),
        ("error", LINE, False),
        ("ERROR -failed", LINE, False),
        ("ERROR -absent", LINE, True),
        ("?absent ?failed", LINE, True),
        ("?absent ?missing", LINE, False),
        ('"timeout-now"', LINE, True),
        ('"timeout now"', LINE, False),
        ("%after [0-9] s%", LINE, True),
        ("%after [a-z] s%", LINE, False),
        ('{ $.level = "error" }', EVENT, True),
        ('{ $.level = "info" }', EVENT, False),
        ('{ $.n > 6 && $.level = "error" }', EVENT, True),
        ('{ $.detail[0].code = "42P01" }', EVENT, True),
        ("{ $.gone NOT EXISTS }", EVENT, True),
        ('{ $.level = "error" }', LINE, False),
    ],
)
def test_a_pattern_matches_as_the_service_would(
    pattern: str, message: str, *, matches: bool
) -> None:
    assert compile_pattern(pattern)(message) is matches


@pytest.mark.parametrize("pattern", ["a-b", "%(%", "{ $.level = }", "[a, b"])
def test_a_pattern_that_the_service_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)
