"""How a played story is judged (docs/nights.md, "What is expected")."""

from typing import Any

import pytest

from sandbox.answers import Answered, judged
from sandbox.expect import Outcome, shortfalls

DIAGNOSIS: dict[str, Any] = {
    "category": "database.query_cancelled",
    "cause": "Query (48211907) cancelled on user's request",
    "recurring": False,
    "before": "0 of the last 10 runs",
    "blocked": ["build_mart", "finance_close", "export"],
    "evidence": [{"quote": "ERROR: Query (48211907) cancelled", "place": "task log"}],
    "changes": [{"quote": "user l.brandt: alter table returns", "place": "Redshift"}],
    "not_checked": [{"what": "who changed the role", "why": "cloudtrail:LookupEvents is denied"}],
}


def judge(**expect: Any) -> list[str]:  # noqa: ANN401 - a story's values
    return shortfalls(expect, Outcome(DIAGNOSIS, threads=1))


def test_a_story_that_ends_as_expected_falls_short_of_nothing() -> None:
    assert not judge(
        category="database.query_cancelled",
        cause="cancelled on user's request",
        evidence=["Query \\(48211907\\)", "l\\.brandt"],
        recurring=False,
        blocked=["finance_close", "build_mart"],
        changes=["alter table"],
        not_checked=["role.*LookupEvents"],
        alerts=1,
    )


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ({"category": "aws.throttled"}, "category: database.query_cancelled found, aws.throttled"),
        ({"cause": "lock"}, "cause: /lock/ is not in"),
        ({"evidence": ["lock"]}, "evidence: /lock/ is in none of 2 lines"),
        ({"changes": ["ERROR"]}, "changes: /ERROR/ is in none of 1 lines"),
        ({"not_checked": ["dbt"]}, "not_checked: /dbt/ is in none of 1 lines"),
        ({"recurring": True}, "recurring: called not recurring (0 of the last 10 runs)"),
        ({"blocked": ["other"]}, "blocked: other is not among build_mart"),
        ({"alerts": 2}, "alerts: 1 threads answered, 2 expected"),
        ({"cause": "("}, "cause: the story's regular expression is wrong"),
        ({"blocked": 3}, "blocked: the story's value has the wrong type"),
    ],
)
def test_each_expectation_can_fall_short(expect: dict[str, Any], told: str) -> None:
    found = judge(**expect)
    assert len(found) == 1
    assert found[0].startswith(told)


def test_nothing_diagnosed_is_one_shortfall_that_names_what_was_not_judged() -> None:
    expect = {"alerts": 0, "category": "x", "cause": "y"}
    assert shortfalls(expect, Outcome(None, threads=0)) == [
        "nothing was diagnosed; category, cause could not be judged"
    ]


def test_a_story_without_a_failure_expects_no_thread() -> None:
    assert shortfalls({"alerts": 0}, Outcome(None, threads=0)) == []


def answered(name: str, pattern: str, state: str = "answered", first: str = "") -> Answered:
    diagnosis = {"category": "a.b", "cause_pattern": pattern}
    body = {"diagnosis": diagnosis, "first": {"incident_id": first} if first else None}
    return Answered(name, "C1", f"{name}.0", state, body)


def test_the_investigation_that_most_alerts_belong_to_is_judged() -> None:
    answers = [
        answered("1", "rare"),
        answered("2", "common", "repeat", first="3"),
        answered("3", "common"),
        answered("4", "common", "repeat", first="3"),
    ]
    found = judged(answers)
    assert found
    assert found.id == "3"


def test_repeats_without_a_pattern_count_for_their_first_alert() -> None:
    answers = [
        answered("1", "rare"),
        answered("2", ""),
        answered("3", "", "repeat", first="2"),
    ]
    found = judged(answers)
    assert found
    assert found.id == "2"


def test_of_equally_common_causes_the_earliest_is_judged() -> None:
    found = judged([answered("1", "x"), answered("2", "y")])
    assert found
    assert found.id == "1"
    assert judged([]) is None
