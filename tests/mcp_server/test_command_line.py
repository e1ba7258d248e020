"""What every command line here does, however it is called, fed, read or ended."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_server.__main__ import main
from mcp_server.backends import Backends
from mcp_server.diagnostics.signals import load_signals
from mcp_server.domain import command_line
from mcp_server.errors import NotConfigured
from mcp_server.server import build_server
from mcp_server.settings import Settings
from slack_bridge.__main__ import main as bridge

LOG = "INFO start\nValueError: bad value 3\n"
PROGRAMS = ["mcp_server", "slack_bridge", "sandbox"]
EVENT = {"type": "message", "bot_id": "B1", "text": "Task `länd` in DAG `orders` failed"}


def shell(
    *words: str, stdin: bytes = b"", out: int = subprocess.PIPE, **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", *words], input=stdin, stdout=out, stderr=subprocess.PIPE,
        env={**os.environ, **env}, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_a_command_the_help_comes_on_standard_error(program: str) -> None:
    ended = shell(program)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert b"commands (COMMAND --help tells more):" in ended.stderr
    assert b"examples:" in ended.stderr


def test_a_misspelt_command_is_met_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diagnose_log"]) == 2
    assert "Did you mean diagnose-log?" in capsys.readouterr().err
    assert bridge(["qqq"]) == 2
    assert "Commands: listen, parse-alert." in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("de-agent 0.")


def test_a_python_without_the_packages_is_told_how_to_get_them() -> None:
    ended = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", BARE], capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert b"the package anyio is not installed" in ended.stderr
    assert b".venv/bin/activate" in ended.stderr
    assert b"Traceback" not in ended.stderr


BARE = """
import sys
sys.modules["anyio"] = None
from mcp_server.__main__ import main
sys.exit(main(["tools"]))
"""


def test_an_old_python_is_told_which_one_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "NEEDED", (99, 0))
    assert main(["redact"]) == 2
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_character_and_no_encoding_of_the_terminal_ends_a_command(encoding: str) -> None:
    row = json.dumps({"id": 1, "log": "ValueError: \ud83d of Größe ≥ 3"})
    ended = shell(
        *("mcp_server", "diagnose-log", "--jsonl"), stdin=row.encode(), PYTHONIOENCODING=encoding
    )
    assert ended.returncode == 0
    told = json.loads(ended.stdout.decode(encoding))
    assert told["cause_line"].endswith("of Größe ≥ 3")


def test_an_alert_is_read_on_a_terminal_that_knows_ascii_alone() -> None:
    row = json.dumps(EVENT, ensure_ascii=False)
    ended = shell("slack_bridge", "parse-alert", stdin=row.encode(), PYTHONIOENCODING="ascii")
    assert json.loads(ended.stdout)["task_id"] == "länd"


def test_alerts_are_read_from_a_file_that_windows_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\xef\xbb\xbf" + json.dumps(EVENT).encode() + b"\r\n\r\n")
    assert bridge(["parse-alert", str(events)]) == 0
    [told] = capsys.readouterr().out.splitlines()
    assert json.loads(told)["dag_id"] == "orders"


@pytest.mark.parametrize("name", ["nowhere.jsonl", "."])
def test_events_that_cannot_be_read_are_said(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bridge(["parse-alert", name]) == 1
    assert f"cannot read {name}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "data",
    [
        LOG.encode("utf-16"),
        b"\xfe\xff" + LOG.encode("utf-16-be"),
        b"\xef\xbb\xbf" + LOG.replace("\n", "\r\n").encode(),
        gzip.compress(LOG.encode("utf-16")),
    ],
    ids=["utf-16", "big-endian", "marked", "gzip"],
)
def test_a_log_as_windows_writes_it_is_read(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(data)
    assert main(["diagnose-log", str(log), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cause_line"] == "ValueError: bad value 3"


def test_a_log_that_ends_too_early_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log.gz"
    log.write_bytes(gzip.compress(os.urandom(2000))[:900])
    assert main(["diagnose-log", str(log)]) == 1
    assert "ended before the end-of-stream marker" in capsys.readouterr().err


def test_one_answer_or_many_but_not_both(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["diagnose-log", "--json", "--jsonl"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("mcp_server", "redact"), ("mcp_server", "diagnose-log"), ("sandbox", "list")]
)
def test_a_full_disk_is_no_traceback(words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        ended = shell(*words, stdin=LOG.encode(), out=full)
    finally:
        os.close(full)
    assert ended.returncode == 1
    assert b"the answer could not be written: No space left on device" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "slack_bridge", "listen", "--help"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as program:  # fmt: skip
        assert program.stdout
        assert program.stderr
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode == 0


SLOW = """
import sys
from mcp_server.domain.command_line import CommandLine, run
print("ready", flush=True)
sys.exit(run(CommandLine("slow", "", "slow_to_import", {"now": "x"}), ["now"]))
"""


def test_an_interrupt_while_a_command_is_still_being_imported_is_no_traceback(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "slow_to_import" / "commands"
    folder.mkdir(parents=True)
    (folder / "now.py").write_text("import sys\nprint('in', flush=True)\nsys.stdin.read()\n")
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", SLOW], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": f"{tmp_path}:{Path.cwd()}"},
    ) as program:  # fmt: skip
        assert program.stdout
        assert [program.stdout.readline() for _ in range(2)] == [b"ready\n", b"in\n"]
        program.send_signal(signal.SIGINT)
        _, told = program.communicate(timeout=30)
    assert (program.returncode, told) == (130, b"")


def test_all_wrong_settings_are_told_at_once() -> None:
    said = {
        "MWAA_ENVIRONMENT_NAME": "de prod",
        "REDSHIFT_CLUSTER_ID": "a",
        "REDSHIFT_WORKGROUP": "b",
        "DE_AGENT_NOW": "2026-11-22",
    }
    with pytest.raises(NotConfigured) as wrong:
        Settings.from_environment(said)
    told = str(wrong.value)
    assert "'de prod' is no name" in told
    assert "DE_AGENT_NOW=2026-11-22: no time with a zone, such as 2026-11-22T03:04:00Z" in told
    assert "REDSHIFT_CLUSTER_ID and REDSHIFT_WORKGROUP are both set: keep one" in told
    assert "REDSHIFT_DATABASE is not set" in told


def test_a_team_s_wrong_signals_are_told_when_the_server_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = str(tmp_path / "ours.toml")
    monkeypatch.setenv("DE_AGENT_CATEGORIES", own)
    load_signals.cache_clear()
    with pytest.raises(NotConfigured, match=f"DE_AGENT_CATEGORIES: cannot read {own}"):
        build_server(Backends(), Settings.from_environment())
    monkeypatch.undo()
    load_signals.cache_clear()


def test_a_tool_that_is_not_offered_says_which_settings_it_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["tools", "query_redshift"]) == 1
    assert "set REDSHIFT_CLUSTER_ID" in capsys.readouterr().err
    assert main(["tools", "get_dags"]) == 1
    assert "Near: get_dag" in capsys.readouterr().err


def test_call_without_a_tool_says_where_the_tools_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["call"])
    assert "`de-agent-mcp tools` lists them" in capsys.readouterr().err


def test_doctor_calls_nothing_well_that_was_not_tried_and_says_a_reason_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(tmp_path / "none")
    for name, value in {
        "AWS_REGION": "eu-west-1",
        "AWS_PROFILE": "read-only",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "MWAA_ENVIRONMENT_NAME": "de-prod",
    }.items():
        monkeypatch.setenv(name, value)
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "airflow:ListEnvironments" not in told
    assert "  ok  " not in told
    assert "AWS_PROFILE                    read-only" in told
    assert told.count("The config profile (read-only) could not be found") == 1
    assert told.count("          the same\n") >= 3
