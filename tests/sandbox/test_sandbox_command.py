"""`python -m sandbox`: what it says of stories, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.bridge_process import BridgeFailed, BridgeProcess, clean_environment
from sandbox.incident import HOME, known, load_incident
from sandbox.report import report
from sandbox.world import World

JSON_KEYS = {
    *("ok", "failures", "diagnosis", "diagnoses", "messages", "tool_calls", "backend_calls"),
    *("model_turns", "first_answer_s", "final_answer_s", "tools"),
}


def test_list_names_every_story_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == known()
    assert all("(Airflow " in line for line in lines)


@pytest.mark.parametrize("command", ["run", "up", "demo"])
def test_an_unknown_story_is_said_with_those_there_are(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "no-such-night"]) != 0
    said = capsys.readouterr().err
    assert "no incident 'no-such-night'" in said
    assert "cold-orchard" in said


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "holds no incident.toml"),
        ({"incident.toml": "now = ["}, "incident.toml: "),
        ({"incident.toml": 'title = "x"'}, "alert.json must hold a Slack event"),
        (
            {"incident.toml": 'title = "x"', "alert.json": "{"},
            "alert.json is no JSON",
        ),
        (
            {
                "incident.toml": '[faults]\n"logs:GetLogEvents" = "tired"',
                "alert.json": '{"type": "message", "channel": "C1", "ts": "1795313943.22"}',
            },
            "is 'tired'; it is one of",
        ),
    ],
)
def test_a_folder_that_cannot_be_played_says_what_to_mend(
    files: Mapping[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert main(["run", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["run", "--help"])
    assert "python -m sandbox run tin-whistle" in capsys.readouterr().out


def test_the_bridge_gets_nothing_of_the_callers_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "SLACK_BOT_TOKEN", "GOOGLE_API_KEY", "DE_AGENT_STORE"):
        monkeypatch.setenv(name, "mine")
    said = clean_environment()
    assert "mine" not in said.values()
    assert said["PATH"] == os.environ["PATH"]


def test_a_bridge_that_does_not_start_is_reported_with_its_last_lines() -> None:
    with pytest.raises(BridgeFailed, match="SLACK_BOT_TOKEN is not set"), BridgeProcess({}):
        pass


def test_a_report_has_its_keys_also_when_nothing_came_of_it() -> None:
    with World(load_incident("cold-orchard")) as world:
        said = report(world, ["the bridge did not start"])
    assert said.keys() == JSON_KEYS
    assert said["ok"] is False
    assert said["failures"][0] == "the bridge did not start"
    assert said["first_answer_s"] is None


@contextmanager
def sandbox(*arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """The command as its own process; one that does not end by itself is ended with the test."""
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=HOME.parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as running:
        try:
            yield running
        finally:
            running.terminate()


@pytest.mark.slow
@pytest.mark.parametrize("slug", known())
def test_every_story_ends_as_it_expects(slug: str) -> None:
    with sandbox("run", slug, "--json") as running:
        out, err = running.communicate(timeout=300)
    said = json.loads(out)
    assert said.keys() == JSON_KEYS
    assert (said["failures"], running.returncode) == ([], 0), err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_world_that_is_up_ends_cleanly(number: signal.Signals) -> None:
    with sandbox("up", "cold-orchard") as running:
        assert running.stdout
        url = next(
            line.split()[2] for line in running.stdout if line.startswith("Slack page: http")
        )
        with urllib.request.urlopen(url, timeout=5) as page:  # noqa: S310 - our own server
            assert page.status == 200
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "Traceback" not in err
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=5)  # noqa: S310 - our own server


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--port", "99999"],
        ["up", "--port", "x"],
        ["run", "half-moon", "--latency", "-3"],
        ["run", "half-moon", "--wait", "nan"],
        ["run", "half-moon", "--script", "rude"],
    ],
)
def test_a_wrong_option_is_refused_before_anything_starts(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert f"argument {words[-2]}: " in capsys.readouterr().err


def test_a_misspelt_story_is_met_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "half-mon"]) == 2
    assert "Did you mean half-moon?" in capsys.readouterr().err


def test_the_signals_are_as_they_were_after_a_command() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    main(["list"])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
