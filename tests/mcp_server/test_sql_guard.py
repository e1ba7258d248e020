"""The guard lets queries through and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_server.diagnostics.sql_guard import _allowed, check_sql

ROWS = (Path(__file__).parent.parent / "cases/sql.jsonl").read_text().splitlines()
CORPUS = [json.loads(row) for row in ROWS]
ALLOWED = [case["sql"] for case in CORPUS if case["allowed"]]
REFUSED = [case["sql"] for case in CORPUS if not case["allowed"]]


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 150


@pytest.mark.parametrize("sql", ALLOWED)
def test_a_query_is_allowed(sql: str) -> None:
    assert check_sql(sql).allowed, check_sql(sql).reason


@pytest.mark.parametrize("sql", REFUSED)
def test_anything_else_is_refused_with_a_reason(sql: str) -> None:
    verdict = check_sql(sql)
    assert not verdict.allowed
    assert verdict.reason


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ALLOWED), st.sampled_from(REFUSED))
def test_a_write_behind_a_query_is_refused(query: str, write: str) -> None:
    if re.sub(r"/\*.*?\*/|--.*", "", write).strip(" ;\n"):
        assert not check_sql(f"{query.rstrip(';')}\n; {write}").allowed


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_gets_a_verdict(text: str) -> None:
    assert check_sql(text).reason


def test_the_command_answers_line_by_line_and_a_bad_line_in_its_place() -> None:
    rows = '{"sql": "select 1"}\nnonsense\n{"sql": "drop table t"}\n'
    done = subprocess.run(
        [sys.executable, "-m", "mcp_server", "check-sql", "--jsonl"],
        input=rows,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [a.get("allowed") for a in answers] == [True, None, False]
    assert "error" in answers[1]


@pytest.mark.parametrize("name", sorted(_allowed() - {"case", "cast", "convert", "try_cast"}))
def test_a_function_of_the_list_is_known_under_the_name_that_people_write(name: str) -> None:
    arguments = ["", "a", "a, b", "a, b, c", "a, b, c, d"]
    calls = [f"select {name}({part})" for part in arguments] + [f"select {name}"]
    assert any(check_sql(sql).allowed for sql in calls)


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 3000 + "1" + ")" * 3000,
        "select 1 " + "/*" * 20_000,
        "(" * 49_000,
        "select " + "not " * 9_000 + "a",
        "select '" * 6_000,
    ],
)
def test_a_monstrous_statement_gets_a_verdict(sql: str) -> None:
    assert not check_sql(sql).allowed
