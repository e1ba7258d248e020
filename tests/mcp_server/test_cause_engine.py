"""The cause engine on written variations, recorded tries and any bytes at all."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcp_server.diagnostics.cause import diagnose_log
from mcp_server.domain.logs import LogEvent, LogGap

TESTS = Path(__file__).parent.parent
CASES = [json.loads(row) for row in (TESTS / "cases/logs.jsonl").read_text().splitlines()]
RECORDED = {
    "bash_exit_1": ("bash.nonzero_exit", "about to fail|non-zero|return code 1"),
    "bash_exit_127": ("bash.nonzero_exit", "no_such_command: command not found"),
    "conn_not_defined": ("airflow.config_missing", "conn_id `redshift_prod` isn't defined"),
    "exec_timeout": ("timeout.task", "Timeout|timed out"),
    "jinja_undefined": ("airflow.template_error", "has no attribute"),
    "mapped__map_index=1": ("python.code_error", "."),
    "module_not_found": ("python.import_error", "pandas_does_not_exist"),
    "noisy": ("database.data_error", "Numeric data overflow"),
    "py_chained_exception_retry": ("python.code_error", "column order_id missing"),
    "redshift_refused": ("database.connection", "refused"),
    "s3_no_such_bucket": ("aws.", "HeadObject|bucket"),
    "sensor_timeout": ("timeout.sensor", "Sensor has timed out|AirflowSensorTimeout"),
    "sigkill_self": ("resource.out_of_memory", "-9|[Oo]ut of memory"),
}
STREAMS = sorted((TESTS / "recordings").glob("airflow-*/*.jsonl"))


def squash(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[\\\"'`]", "", text)).lower()


def events(path: Path) -> list[LogEvent]:
    rows = [json.loads(row) for row in path.read_text().splitlines()]
    return [LogEvent(row["timestamp"], row["message"]) for row in rows]


def test_nearly_every_written_variation_gets_its_category_and_cause_line() -> None:
    categories = causes = 0
    for case in CASES:
        found = diagnose_log([case["log"]])
        categories += found.category in {case["category"], *case["also_ok"]}
        wanted = [case["cause_line"], *(case.get("cause_also_ok") or ())]
        causes += any(squash(line) in squash(found.cause_line) for line in wanted)
    assert len(CASES) >= 60
    assert categories / len(CASES) >= 0.97
    assert causes / len(CASES) >= 0.95


def test_every_written_variation_has_its_cause_in_a_digest_within_budget() -> None:
    for case in CASES:
        found = diagnose_log([case["log"]])
        assert squash(case["cause_line"]) in squash(found.digest), case["id"]
        assert len(found.digest) <= 900 * 4


@pytest.mark.parametrize("stream", STREAMS, ids=lambda p: f"{p.parent.name}-{p.name[62:]}")
def test_a_recorded_try_gets_its_cause(stream: Path) -> None:
    task = re.search(r"task_id=(.+)__attempt", stream.name)
    assert task
    category, cause = RECORDED[task[1]]
    found = diagnose_log(events(stream))
    assert found.category.startswith(category), found.cause_line
    assert re.search(cause, found.cause_line)


def test_the_planted_secrets_of_the_recordings_never_show() -> None:
    for stream in STREAMS:
        found = diagnose_log(events(stream), budget_tokens=5000)
        everything = json.dumps([found.digest, found.cause_line, *(e.text for e in found.evidence)])
        assert "hunter2" not in everything
        assert "eyJhbGciOi" not in everything


def test_an_earlier_attempt_that_failed_otherwise_loses_to_the_last_one() -> None:
    log = (
        "Starting attempt 1 of 2\nERROR - Task failed with exception\nKeyError: 'a'\n"
        "Starting attempt 2 of 2\nERROR - Task failed with exception\n"
        "ModuleNotFoundError: No module named 'polars'\n"
    )
    assert diagnose_log([log]).cause_line == "ModuleNotFoundError: No module named 'polars'"


@pytest.mark.parametrize("nested", ["lists", "stacks", "bare"])
def test_what_an_exception_group_holds_is_the_cause(nested: str) -> None:
    inner = {"exc_type": "ClientResponseError", "exc_value": "429, message='Too Many Requests'"}
    held = {"lists": [[inner]], "stacks": [{"stacks": [inner]}], "bare": [inner]}[nested]
    outer = {"exc_type": "ExceptionGroup", "exc_value": "unhandled errors (1 sub-exception)"}
    said = {"event": "Task failed with exception", "level": "error"}
    log = json.dumps({**said, "error_detail": [{**outer, "exceptions": held}]})
    found = diagnose_log([LogEvent(1, log)])
    assert "429, message='Too Many Requests'" in found.cause_line
    assert found.category == "http.error"


def json_event(event: str, level: str, *details: dict[str, object]) -> str:
    return json.dumps({"event": event, "level": level, "error_detail": list(details)})


def test_a_trigger_that_failed_shows_its_exception() -> None:
    raised = {
        "exc_type": "ClientError",
        "exc_value": "InvalidRequestException: Cluster id 'j-2AXX' is not valid.",
    }
    found = diagnose_log([LogEvent(1, json_event("Trigger failed:", "error", raised))])
    assert "Cluster id 'j-2AXX' is not valid" in found.cause_line


def test_a_retry_in_passing_loses_to_the_exception_that_ended_it() -> None:
    raised = {"exc_type": "IngestError", "exc_value": "1 frame could not be decoded"}
    log = [
        json_event("retrying device 77: ReadTimeout, attempt 1 of 3", "warning"),
        json_event("device 77 answered on attempt 2", "info"),
        *(json_event(f"frame {n} stored", "info") for n in range(20)),
        json_event("Task failed with exception", "error", raised),
    ]
    found = diagnose_log([LogEvent(at, line) for at, line in enumerate(log)])
    assert "1 frame could not be decoded" in found.cause_line


def test_a_disabled_key_is_a_denied_access() -> None:
    line = "An error occurred (KMS.DisabledException) when calling the PutObject operation: off"
    assert diagnose_log([LogEvent(1, f"ERROR - {line}")]).category == "aws.access_denied"


def test_a_log_without_a_failure_is_said_to_hold_none() -> None:
    found = diagnose_log(["hello\n", "done\n"])
    assert (found.category, found.confidence) == ("unknown", "inconclusive")
    assert "no line looks like a failure" in found.digest


def test_after_a_gap_places_are_times_and_not_line_numbers() -> None:
    parts = [LogEvent(1, "a"), LogGap(), LogEvent(1700, 'ERROR - relation "x.y" does not exist')]
    found = diagnose_log(parts)
    assert (found.cause_line_number, found.cause_timestamp_ms) == (None, 1700)
    assert "@1700" in found.digest


def test_the_same_failure_of_another_night_has_the_same_pattern() -> None:
    one = diagnose_log(['ERROR - run 17 of 2026-11-20: relation "stg.t" does not exist\n'])
    two = diagnose_log(['ERROR - run 423 of 2026-11-21: relation "stg.t" does not exist\n'])
    assert one.cause_pattern == two.cause_pattern


def test_a_buried_cause_keeps_its_true_line_number_in_a_long_log() -> None:
    dull = [f"INFO - batch {n} of 60000 id={n:x}\n" for n in range(60_000)]
    dull[41_233] = 'INFO - 03:00:01  relation "mart.orders" does not exist\n'
    found = diagnose_log(dull)
    assert found.cause_line_number == 41_234
    assert found.line_count == 60_000
    assert len(found.digest) <= 1000 * 4


def test_a_telling_line_is_seen_though_a_dull_one_differs_only_in_digits_and_words() -> None:
    dull = [f"INFO - call {n} of c0de answered in {n} ms\n" for n in range(500)]
    dull[300] = "INFO - call 300 of c0de answered 502: Bad Gateway\n"
    dull[301] = "INFO - call 300 of c0de failed to resolve host x: Name or service not known\n"
    assert diagnose_log(dull).cause_line_number in (301, 302)


def test_a_word_that_leaves_no_trace_in_a_shape_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcp_server.diagnostics.signals import load_signals

    own = tmp_path / "own.toml"
    own.write_text('words = ["500"]\n')
    monkeypatch.setenv("DE_AGENT_CATEGORIES", str(own))
    load_signals.cache_clear()
    try:
        with pytest.raises(ValueError, match="500"):
            load_signals()
    finally:
        load_signals.cache_clear()


def test_a_team_adds_its_own_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcp_server.diagnostics.signals import load_signals

    own = tmp_path / "own.toml"
    own.write_text(
        'words = ["flux"]\n[[signal]]\ncategory = "aws.service_failure"\n'
        "strength = 90\nany = ['flux capacitor']\n"
    )
    monkeypatch.setenv("DE_AGENT_CATEGORIES", str(own))
    load_signals.cache_clear()
    try:
        assert diagnose_log(["the flux capacitor broke\n"]).category == "aws.service_failure"
    finally:
        monkeypatch.undo()
        load_signals.cache_clear()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.text(), st.sampled_from(["\n", "{", "Error: ", "[2026-01-01 ", "\\n"])))
)
@example(["{" * 5000])
@example(["Error: " * 3000])
@example(["\x1b[31mERROR\x1b[0m x failed\r\n"])
def test_any_text_is_answered_within_budget_and_with_true_line_numbers(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = diagnose_log(pieces, budget_tokens=200)
    assert len(found.digest) <= 200 * 4
    assert "\n" not in found.cause_line
    lines = text.split("\n")
    assert found.line_count == len(lines) - (lines[-1] == "")
    if found.cause_line_number is not None:
        assert 1 <= found.cause_line_number <= len(lines)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert diagnose_log([data.decode("utf-8", "replace")]).line_count >= 0
