"""A task's source, its usual duration, and links to where it can be opened."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.links import dag_url, log_url, run_url, task_url
from mcp_server.reading.durations import Usual, timed_out, usual_durations
from mcp_server.reading.log_search import filter_pattern
from mcp_server.reading.source import MOST_LINES, task_passages
from tests.mcp_server.investigate.rows import NIGHT, environment, instance

SOURCE = """from airflow.decorators import dag, task


def pull(day):
    return day


@dag(schedule="@daily")
def orders():
    @task(retries=2)
    def clean(rows):
        return [r for r in rows if r]

    load = PythonOperator(
        task_id="load",
        python_callable=pull,
    )
    clean(load.output)
"""


def test_a_task_is_shown_by_its_call_and_what_it_calls() -> None:
    assert [(p.start, len(p.lines)) for p in task_passages(SOURCE, "load")] == [(14, 4), (4, 2)]
    assert task_passages(SOURCE, "marts.load") == task_passages(SOURCE, "load")


def test_a_decorated_task_is_shown_with_its_decorator() -> None:
    [passage] = task_passages(SOURCE, "clean")
    assert passage.lines[0].strip() == "@task(retries=2)"
    assert passage.start == 10


def test_a_file_that_does_not_parse_shows_the_first_mention() -> None:
    [passage] = task_passages("x = (\n" + SOURCE, "load")
    assert any("load" in line for line in passage.lines)
    assert task_passages(SOURCE, "unknown") == []


@given(st.text(max_size=300), st.text(max_size=10))
def test_any_source_is_shown_within_bounds(source: str, name: str) -> None:
    passages = task_passages(source, name)
    assert sum(len(p.lines) for p in passages) <= MOST_LINES
    lines = source.split("\n")
    for passage in passages:
        assert tuple(lines[passage.start - 1 :][: len(passage.lines)]) == passage.lines


def test_a_duration_is_compared_with_the_tasks_own_runs_before() -> None:
    earlier = [
        instance(
            "load",
            "success",
            run_id=f"r{n}",
            duration=60.0 + n,
            start_date=NIGHT - timedelta(days=n),
        )
        for n in range(1, 6)
    ]
    usual = usual_durations(earlier, "now", NIGHT)["load", -1]
    assert usual.seconds == 63
    assert usual.unusual(65) == ""
    assert usual.unusual(300) == "5 times its usual 63 s"


def test_slow_growth_is_told_with_its_last_steps() -> None:
    growing = Usual((600, 700, 900, 1300))
    assert (
        growing.unusual(1500) == "takes longer each run: 10 min, 12 min, 15 min, 22 min, now 25 min"
    )
    assert Usual((600, 590, 900, 1300)).unusual(1310) == ""


def test_a_task_that_ran_as_long_as_it_may_ran_into_its_timeout() -> None:
    assert timed_out(instance("load", duration=1801.0), 1800)
    assert not timed_out(instance("load", duration=900.0), 1800)
    assert not timed_out(instance("load", "success", duration=1801.0), 1800)


def test_links_lead_to_airflow_2_and_3() -> None:
    two = environment(webserver_url="w.example", airflow_version="2.10.3")
    three = environment(webserver_url="w.example", airflow_version="3.1.0")
    run = "manual__2026-01-02T03:04:05+00:00"
    escaped = "manual__2026-01-02T03%3A04%3A05%2B00%3A00"
    assert task_url(two, "orders", run, "g.load", 3, 2) == (
        f"https://w.example/dags/orders/grid?dag_run_id={escaped}&task_id=g.load&map_index=3&tab=logs"
    )
    assert task_url(three, "orders", run, "g.load", 3, 2) == (
        f"https://w.example/dags/orders/runs/{escaped}/tasks/g.load/mapped/3?try_number=2"
    )
    assert run_url(environment(), "orders", run) == ""
    assert dag_url(three, "orders") == "https://w.example/dags/orders"


def test_a_console_link_holds_the_stream_escaped_twice() -> None:
    url = log_url("eu-west-1", "airflow-prod-Task", "dag_id=a/run_id=b+00/attempt=1.log", 17)
    stream = url.partition("/log-events/")[2].partition("$3F")[0]
    assert unquote(unquote(stream.replace("$", "%"))) == "dag_id=a/run_id=b+00/attempt=1.log"
    assert url.endswith("$3Fstart$3D17")
    assert log_url("", "g", "s") == ""


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("timeout", '"timeout"'),
        ("connection refused", '"connection" "refused"'),
        ('"connection refused" -retry', '"connection refused" -"retry"'),
        ("?ERROR ?WARN", '?"ERROR" ?"WARN"'),
        ("s3://bucket/key", '"s3://bucket/key"'),
        ('{ $.level = "error" }', '{ $.level = "error" }'),
        ("[ip, user]", "[ip, user]"),
        ("%ORA-[0-9]+%", "%ORA-[0-9]+%"),
        ('say "half', '"say" "\\"half"'),
        ("", ""),
    ],
)
def test_words_become_a_filter_pattern(said: str, sent: str) -> None:
    assert filter_pattern(said) == sent
