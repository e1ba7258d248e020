"""What a colleague's words are taken for when no model reads them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bridge.reasoning.question_words import Name, Row, meant, names_in, rows

AT = datetime(2026, 11, 22, 3, 4, 30, tzinfo=UTC)
LOAD, STAGE = Name("sales_mart", "load_returns"), Name("orders", "group.stage")
KNOWN = (LOAD, STAGE, Name("orders", "publish"))


def first(question: str, name: Name | None = None) -> Row:
    return next(rows(question, AT, name), Row())


@pytest.mark.parametrize(
    ("question", "tool", "arguments"),
    [
        ("who locked public.orders?", "check_redshift", {"table": "public.orders", "since": "6h"}),
        ("is anything blocking stg.t1?", "check_redshift", {"table": "stg.t1", "since": "6h"}),
        (
            "who dropped the column of raw.x",
            "audit_redshift",
            {"table": "raw.x", "since": "7d"},
        ),
        ("who changed table customers?", "audit_redshift", {"table": "customers", "since": "7d"}),
        ("is the cluster ok?", "check_redshift", {"since": "1h"}),
        ("how is Airflow doing", "check_airflow", {"since": "3h"}),
        ("are the workers stuck?", "check_airflow", {"since": "3h"}),
        ("any slow queries in the last 2 hours?", "find_redshift_queries",
         {"state": "slow", "since": "2h"}),
        ("what is running on redshift?", "find_redshift_queries", {"state": "running"}),
        ("what failed since 6h?", "find_failures", {"since": "6h"}),
        ("what failed last night?", "find_failures", {"since": "2026-11-21T18:00:00Z"}),
        ("anything red since 02:30?", "find_failures", {"since": "2026-11-22T02:30:00Z"}),
        ("what broke since 23:15", "find_failures", {"since": "2026-11-21T23:15:00Z"}),
        ("is everything ok?", "find_failures", {"since": "24h"}),
        ("who holds the lock?", "check_redshift", {"since": "3h"}),
    ],
)  # fmt: skip
def test_a_question_is_led_to_its_tool(question: str, tool: str, arguments: dict[str, str]) -> None:
    row = first(question)
    assert (row.tool, dict(row.arguments)) == (tool, arguments)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("can I just rerun it?", "safe_to_rerun"),
        ("is it safe to clear the task", "safe_to_rerun"),
        ("can it wait?", "can_wait"),
        ("who owns this", "owner"),
        ("did it fail before?", "before"),
    ],
)
def test_a_follow_up_asks_for_one_fact_of_the_failure_it_is_about(
    question: str, field: str
) -> None:
    assert first(question, LOAD).field == field
    assert first(question).field == ""


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("show me the log", "get_task_log"),
        ("when did it last succeed?", "get_dag"),
        ("is it running now", "get_dag"),
    ],
)
def test_a_follow_up_asks_a_tool_about_the_dag_it_is_about(question: str, tool: str) -> None:
    row = first(question, LOAD)
    assert (row.tool, row.arguments["dag_id"]) == (tool, "sales_mart")


@pytest.mark.parametrize("question", ["why did load_returns fail?", "why did x.y fail on a lock"])
def test_why_something_failed_is_no_question_for_another_tool(question: str) -> None:
    assert not list(rows(question, AT, LOAD))


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("why did load_returns fail?", LOAD),
        ("why did sales_mart fail", LOAD),
        ("what about `sales_mart.load_returns`", LOAD),
        ("why did the returns load fail?", LOAD),
        ("what is wrong with stage", STAGE),
        ("why did orders fail", Name("orders")),
        ("why did the billing export fail", None),
        ("why?", None),
    ],
)
def test_a_failure_is_known_by_its_dag_its_task_or_the_words_in_their_names(
    question: str, name: Name | None
) -> None:
    assert meant(question, names_in(question), KNOWN) == name


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=4))
def test_any_words_are_read_without_an_error(question: str, thread: list[str]) -> None:
    names = names_in(question, thread)
    name = meant(question, names, KNOWN)
    for row in rows(question, AT, name):
        assert bool(row.tool) != bool(row.field)
        assert all(row.arguments.values())
