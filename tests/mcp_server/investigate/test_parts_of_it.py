"""The pure parts of an investigation: patterns, names, metrics, words, waiting, playbooks."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.diagnostics.playbooks import fill, load_playbooks, load_runbooks, next_steps
from mcp_server.domain.airflow import Dag, Task, TaskInstance
from mcp_server.errors import NotConfigured
from mcp_server.investigate.confidence import confidence_of
from mcp_server.investigate.finding import Clue
from mcp_server.investigate.impact import (
    Waiting,
    blocked_tasks,
    can_wait,
    deadline,
    sensing,
)
from mcp_server.investigate.names import names_of, tables_in
from mcp_server.investigate.plain import plain
from mcp_server.investigate.probes.airflow_events import named_in
from mcp_server.investigate.probes.metrics import Fact, Reading, judged
from mcp_server.investigate.probes.registry import all_probes
from mcp_server.investigate.reason import Reason
from mcp_server.investigate.recurrence import Past, same_cause
from mcp_server.investigate.streams import run_id_of
from mcp_server.investigate.target import pick_try
from mcp_server.reading.ended import left_undone
from tests.mcp_server.investigate.rows import NIGHT, at, instance, run
from tests.mcp_server.investigate.world import World

POINTS = [
    (NIGHT - timedelta(minutes=10 - n), value) for n, value in enumerate((4.0, 4.0, 2.0, 1.0))
]


def reading(says: str, **other: object) -> Reading:
    told = {"namespace": "N", "name": "m", "statistic": "Maximum", "word": "", "says": says}
    return Reading(**{**told, **other})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('relation "stg.a" does not exist', 'relation "stg.a" does not exist', True),
        ('relation "stg.a" does not exist', 'relation "stg.b" does not exist', False),
        ("pod load-x<n>k<n>p failed", "pod load-<n>ab<n> failed", True),
        ("batch <n> lost", "batch <n> found", False),
        ("", "", False),
    ],
)
def test_a_cause_is_the_same_but_for_generated_names(one: str, other: str, same: bool) -> None:
    assert same_cause(one, other) is same


def test_history_is_said_in_one_line() -> None:
    assert (
        Past(10, 3, at("2026-11-02T03:00")).said() == "3 of the last 10 runs; same cause on 2 Nov"
    )
    assert Past(10, 1).said() == "1 of the last 10 runs: this one alone"
    assert Past(10, 2).said() == "2 of the last 10 runs; other causes"
    assert Past(10, 2, unread=1).said() == "2 of the last 10 runs; not read why"
    assert Past(1, 1).said() == "its first run on record"


def test_metrics_say_what_counts() -> None:
    assert judged(reading("above", limit=3), POINTS, NIGHT) == Fact(4.0, POINTS[0][0])
    assert judged(reading("above", limit=5), POINTS, NIGHT) is None
    assert judged(reading("below", limit=5), POINTS, NIGHT) == Fact(4.0, POINTS[0][0])
    assert judged(reading("below", limit=0, statistic="Minimum"), POINTS, NIGHT) is None
    assert judged(reading("fell"), POINTS, NIGHT) == Fact(1.0, POINTS[3][0], 2.0)
    assert judged(reading("missing"), POINTS, NIGHT) == Fact(0.0, POINTS[3][0])
    assert judged(reading("above"), [], NIGHT) is None


def test_names_come_from_the_cause_before_the_rest() -> None:
    log = (
        "Using arn:aws:iam::123456789012:role/path/other-role\n"
        "Invoking AWS Lambda function: enrich with payload\n"
        "insert into Mart.Sales select * from stg.orders join os.path"
    )
    cause = (
        "arn:aws:sts::123456789012:assumed-role/exec/x is not authorized to perform: s3:GetObject"
    )
    names = names_of({"action": "GetObject"}, cause, log)
    assert (names["role"], names["action"], names["function"]) == ("exec", "s3:GetObject", "enrich")
    assert tables_in(log) == ["mart.sales", "stg.orders"]


@given(st.text(max_size=300))
def test_no_text_breaks_names_or_words(text: str) -> None:
    assert "***" not in "".join(names_of({}, text, text).values())
    assert isinstance(plain(text), str)


def test_stored_events_become_words() -> None:
    line = "[2026-11-22T02:34:59.000+0000] {{scheduler.py:17}} ERROR - Detected zombie job"
    assert plain(line) == "Detected zombie job"
    event = '{"event": "Task failed", "error_detail": [{"exc_type": "KeyError", "exc_value": "x"}]}'
    assert plain(event) == "Task failed: KeyError: x"
    assert plain("{not json") == "{not json"


def test_values_of_variables_are_never_read_out() -> None:
    assert named_in("[('key', 'api'), ('val', 'secret')]") == [("key", "api"), ("val", "secret")]
    assert named_in('{"key": "api", "nested": {"a": 1}}') == [("key", "api")]
    assert named_in('key=\'api\', "conn_id": "x"')[-1] == ("conn_id", "x")


def test_trigger_rules_decide_what_is_blocked() -> None:
    tasks = [
        Task("a", downstream_task_ids=("b", "c", "d")),
        Task("b", downstream_task_ids=("e",), trigger_rule="none_failed_min_one_success"),
        Task("c", trigger_rule="all_done"),
        Task("d", trigger_rule="one_success"),
        Task("e"),
        Task("x", downstream_task_ids=("d",)),
    ]
    assert blocked_tasks(tasks, [], "a", "a") == ("b", "e")
    done = [TaskInstance("d", "r", "b", "success")]
    assert blocked_tasks(tasks, done, "a", "a") == ()
    unseen = [TaskInstance("d", "r", "z", "upstream_failed")]
    assert blocked_tasks([], unseen, "a", "a") == ("z",)


def test_a_deadline_and_consumers_say_whether_it_can_wait() -> None:
    dag = Dag("d", tags=("tier-1", "sla:6:30"), next_run_after=at("2026-11-23T03:00"))
    assert deadline(dag) == "06:30"
    assert can_wait(dag, Waiting(), NIGHT) == (
        "Until 06:30 UTC, its deadline; next run 23 Nov 03:00 UTC"
    )
    assert can_wait(dag, Waiting((), ("x",)), NIGHT).startswith("No: x waits for it")
    assert can_wait(None, Waiting(), NIGHT) == ""
    assert sensing("external_dag_id='d'", "d")
    assert not sensing("external_dag_id='d2'", "d")


def test_the_wanted_try_wins_unless_it_succeeded() -> None:
    tries = [
        instance("t", "failed", try_number=1, end_date=at("02:00")),
        instance("t", "failed", try_number=2, end_date=at("03:00")),
        instance("t", "success", try_number=3, end_date=at("03:30")),
    ]
    assert pick_try(tries, tries[2], 1, NIGHT).try_number == 1
    assert pick_try(tries, tries[2], 3, NIGHT).try_number == 2
    assert pick_try(tries, tries[2], 0, at("02:30")).try_number == 1
    assert pick_try([], tries[2], 0, NIGHT) is tries[2]


def test_a_streams_run_id_reads_as_in_airflow() -> None:
    said = "scheduled__2026-11-21T03_00_00.123+00_00"
    assert run_id_of(said) == "scheduled__2026-11-21T03:00:00.123+00:00"


def test_confidence_needs_two_sources_or_an_unmistakable_error() -> None:
    strong = Reason("http.error", "x", "x", "high", "log")
    proof = (Clue("change", "q", "p", confirms=True),)
    assert confidence_of(strong, (), False) == "medium"
    assert confidence_of(strong, (), True) == "high"
    assert confidence_of(strong, proof, False) == "high"
    assert confidence_of(Reason("http.error", "x", "x", "low", "log"), (), True) == "low"
    assert confidence_of(Reason(), (), True) == "inconclusive"
    assert confidence_of(Reason("unknown", "x", "x", "high", "log"), proof, True) == "low"


def test_a_step_uses_the_first_wording_that_it_can_fill() -> None:
    step = "Ask `{who}` about `{table}`. | Look at `{table}`. | Look at the table."
    assert fill(step, {"table": "a.b"}) == "Look at `a.b`."
    assert fill(step, {}) == "Look at the table."
    assert fill("Only `{table}`.", {}) == ""


def test_every_category_has_at_most_three_steps_and_known_probes() -> None:
    playbooks = load_playbooks()
    for category in playbooks.categories():
        playbook = playbooks.of(category)
        assert playbook.says
        assert set(playbook.probes) <= set(all_probes())
        assert 1 <= len(next_steps(playbook, {})) <= 3


def test_a_teams_file_speaks_first_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('["http.error"]\nsteps = ["Call the vendor."]\nrerun = "no"\n', "utf-8")
    playbook = load_playbooks(str(own)).of("http.error")
    assert next_steps(playbook, {})[0] == "Call the vendor."
    assert playbook.rerun == "no"
    own_wrong = tmp_path / "wrong.toml"
    own_wrong.write_text('["http.error"]\nprobes = ["crystal_ball"]\n', "utf-8")
    with pytest.raises(NotConfigured, match="crystal_ball"):
        World().investigations(playbooks=str(own_wrong))
    unknown_key = tmp_path / "key.toml"
    unknown_key.write_text('["http.error"]\nstep = []\n', "utf-8")
    with pytest.raises(NotConfigured, match="step"):
        World().investigations(playbooks=str(unknown_key))


def test_a_runbook_is_found_by_dag_tag_or_category(tmp_path: Path) -> None:
    pages = tmp_path / "pages.toml"
    pages.write_text(
        '[[runbook]]\nname = "Orders"\nurl = "https://wiki/x"\ndag = "ord*"\ntag = "tier-1"\n',
        "utf-8",
    )
    [page] = load_runbooks(str(pages))
    assert page.is_for("orders", ("tier-1",), "http.error")
    assert not page.is_for("orders", (), "http.error")
    assert not page.is_for("sales", ("tier-1",), "http.error")


def test_a_run_that_was_cut_off_left_undone_what_ended_with_it() -> None:
    ended = at("03:04")
    cut_off = run(end_date=ended)
    rows = [
        instance("extract", "success", end_date=at("02:10")),
        instance("branch", "skipped", end_date=at("02:11")),
        instance("reconcile", "skipped", end_date=ended),
        instance("sign_off", "", start_date=None, end_date=None),
        instance("load", "skipped", end_date=None),  # Airflow 3.3.2: cut off in its work
    ]
    assert left_undone(rows, cut_off) == ("reconcile", "sign_off", "load")
    assert left_undone(rows, run(state="success")) == ()
