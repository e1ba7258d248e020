"""`de-agent-mcp diagnose-log` as a person and a script use it."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

LOG = 'start\nERROR - relation "mart.orders" does not exist\nINFO - password=hunter2\n'


def run(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    command = [sys.executable, "-m", "mcp_server", "diagnose-log", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)  # noqa: S603 - ours
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_person_reads_category_cause_and_next_steps(tmp_path: Path) -> None:
    log = tmp_path / "attempt=1.log"
    log.write_text(LOG)
    code, out, _ = run(str(log))
    assert code == 0
    assert out.startswith("database.missing_object (high confidence)\nline 2: relation")
    assert "Do next\n1. " in out
    assert "\x1b" not in out
    assert "hunter2" not in out


def test_gzip_and_json_are_understood(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(LOG.encode()))
    code, out, _ = run(str(log), "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["category"], answer["cause_line_number"]) == ("database.missing_object", 2)
    assert answer["entities"]["table"] == "mart.orders"


def test_many_logs_are_answered_in_order_and_a_bad_line_in_its_place() -> None:
    rows = [
        json.dumps({"id": "a", "log": LOG}),
        "not json",
        '{"id": 1}',
        json.dumps({"id": "b", "log": ""}),
    ]
    code, out, err = run("--jsonl", stdin="\n".join(rows).encode())
    answers = [json.loads(row) for row in out.splitlines()]
    assert code == 1
    assert [a.get("id") for a in answers] == ["a", None, None, "b"]
    assert all("error" in answers[n] for n in (1, 2))
    assert "Traceback" not in err


def test_a_missing_file_and_a_folder_are_clear_errors(tmp_path: Path) -> None:
    for name in (str(tmp_path / "nowhere.log"), str(tmp_path)):
        code, out, err = run(name)
        assert (code, out) == (1, "")
        assert err.startswith(f"cannot read {name}: ")
        assert "Traceback" not in err


def test_a_wrong_file_of_own_signals_is_named_and_not_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DE_AGENT_CATEGORIES", "nowhere.toml")
    code, out, err = run(stdin=b"x")
    assert (code, out) == (2, "")
    assert err.startswith("DE_AGENT_CATEGORIES: cannot read nowhere.toml")


def test_a_damaged_gzip_is_a_clear_error(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    whole = gzip.compress(LOG.encode() * 100)
    for damaged in (whole[:40], whole[:15] + b"\xff" * 20 + whole[35:]):
        log.write_bytes(damaged)
        code, _, err = run(str(log))
        assert code == 1
        assert err.startswith(f"cannot read {log}: ")
        assert "Traceback" not in err


def test_broken_encodings_and_an_empty_input_are_answered() -> None:
    assert run(stdin=b"\xff\xfe ERROR \x00 KeyError: 'a'\n")[0] == 0
    code, out, _ = run(stdin=b"")
    assert code == 0
    assert out.startswith("unknown, 0 lines\nno line looks like a failure\n")
    assert "Do next" not in out
