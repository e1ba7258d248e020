"""The receiver's answers to what Slack, and not only Slack, sends."""

import json
import subprocess
import sys
from typing import Any

import pytest
from receiver_support import ALERT, NOW, SECRET, Taken, envelope, headers, post

from slack_bridge.job import Job, JobWrong
from slack_bridge.receiver import Receiver


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def receiver(taken: Taken) -> Receiver:
    return Receiver(SECRET, taken, clock=lambda: NOW)


def test_an_alert_is_handed_over_with_ids_and_without_its_event(
    receiver: Receiver, taken: Taken
) -> None:
    assert post(receiver, envelope(ALERT)).status == 200
    (job,) = taken.jobs
    assert (job.kind, job.team_id, job.channel, job.ts, job.thread_ts) == (
        "alert",
        "T1",
        "C1",
        "1.0001",
        "1.0001",
    )
    assert job.alert["dag_id"] == "orders_y"
    assert "blocks" not in job.to_json()
    assert Job.from_json(job.to_json()) == job


def test_a_forged_signature_is_refused(receiver: Receiver, taken: Taken) -> None:
    assert post(receiver, envelope(ALERT), secret="guess").status == 401
    assert not taken.jobs


@pytest.mark.parametrize("away", [-301, 301, 600, -86_400])
def test_a_stale_or_early_request_is_refused(receiver: Receiver, away: int) -> None:
    answer = post(receiver, envelope(ALERT), at=NOW + away)
    assert answer.status == 401
    assert "over 300 s" in answer.body


@pytest.mark.parametrize("away", [-299, 0, 299])
def test_a_skewed_clock_within_five_minutes_is_fine(receiver: Receiver, away: int) -> None:
    assert post(receiver, envelope(ALERT), at=NOW + away).status == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "٣"},
    ],
)
def test_a_request_without_a_proper_signature_is_refused(
    receiver: Receiver, changed: dict[str, str]
) -> None:
    body = json.dumps(envelope(ALERT)).encode()
    assert receiver.request("/slack/events", headers(body) | changed, body).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[1]", b"\xff\xfe", b"{" * 100_000, b"payload="]
)
def test_a_body_that_is_no_json_object_is_a_bad_request(receiver: Receiver, body: bytes) -> None:
    assert receiver.request("/slack/events", headers(body), body).status == 400


def test_an_event_of_a_megabyte_is_too_large(receiver: Receiver) -> None:
    assert post(receiver, envelope(ALERT | {"text": "x" * 1_000_000})).status == 413


def test_an_unknown_type_is_no_error(
    receiver: Receiver, taken: Taken, capsys: pytest.CaptureFixture[str]
) -> None:
    assert post(receiver, {"type": "app_rate_limited"}).status == 200
    assert post(receiver, envelope({"type": "reaction_added"})).status == 200
    assert not taken.jobs
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["status"] for line in lines] == [200, 200]
    assert "asks nothing of us" in lines[0]["why"]


def test_the_address_check_is_answered_with_its_challenge(receiver: Receiver) -> None:
    answer = post(receiver, {"type": "url_verification", "challenge": "abc"})
    assert (answer.status, answer.body) == (200, "abc")


def test_a_failed_hand_over_asks_slack_to_send_it_again(receiver: Receiver, taken: Taken) -> None:
    taken.refuse = True
    assert post(receiver, envelope(ALERT)).status == 503
    taken.refuse = False
    body = json.dumps(envelope(ALERT)).encode()
    again = headers(body) | {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_error"}
    assert receiver.request("/slack/events", again, body).status == 200
    assert len(taken.jobs) == 1


def test_a_line_in_the_log_holds_ids_and_no_content(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    post(receiver, envelope(ALERT | {"text": "Task `load_x` failed\nError: password=hunter2"}))
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "hunter2" not in said
    assert "load_x" not in said
    assert json.loads(said)["ts"] == "1.0001"


def test_a_mention_that_comes_twice_is_one_question(receiver: Receiver, taken: Taken) -> None:
    asked = {
        "user": "U1",
        "channel": "C1",
        "ts": "2.0",
        "thread_ts": "1.0001",
        "text": "<@UBOT> why &amp; when?",
    }
    post(receiver, envelope(asked | {"type": "app_mention"}))
    post(receiver, envelope(asked | {"type": "message"}, event_id="Ev2"))
    first, second = taken.jobs
    assert first.text == "why & when?"
    assert (first.kind, first.thread_ts, first.user) == ("question", "1.0001", "U1")
    assert (first.team_id, first.channel, first.ts) == (second.team_id, second.channel, second.ts)


def test_a_direct_message_is_a_question(receiver: Receiver, taken: Taken) -> None:
    post(
        receiver,
        envelope(
            {
                "type": "message",
                "channel_type": "im",
                "channel": "D1",
                "ts": "3.0",
                "user": "U1",
                "text": "what failed?",
            }
        ),
    )
    assert [(j.kind, j.text) for j in taken.jobs] == [("question", "what failed?")]


@pytest.mark.parametrize(
    "more", [{"app_id": "AOURS"}, {"user": "UBOT"}, {"bot_profile": {"app_id": "AOURS"}}]
)
def test_our_own_posts_are_left_alone(
    receiver: Receiver, taken: Taken, more: dict[str, Any]
) -> None:
    post(receiver, envelope(ALERT | more))
    post(receiver, envelope(ALERT | more | {"type": "app_mention", "text": "<@UBOT> failed"}))
    assert not taken.jobs


def test_people_talking_are_left_alone(receiver: Receiver, taken: Taken) -> None:
    post(
        receiver,
        envelope(
            {
                "type": "message",
                "channel": "C1",
                "ts": "4.0",
                "user": "U1",
                "text": "orders_y failed",
            }
        ),
    )
    assert not taken.jobs


def test_the_receiver_imports_no_sdk_until_it_needs_one() -> None:
    late = "'mcp', 'google', 'boto3', 'botocore', 'slack_sdk', 'pydantic', 'asyncio'"
    code = f"import sys, slack_bridge.receiver; print([m for m in ({late}) if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert ran.stdout.strip() == "[]"


def test_a_job_too_large_or_strange_is_refused() -> None:
    job = Job("question", "T1", "C1", "1.0", "1.0", text="x" * 200_000)
    with pytest.raises(JobWrong, match="at most 200000"):
        job.to_json()
    for text in (
        "[]",
        "{",
        '{"kind":"alert"}',
        '{"kind":"x","team_id":"","channel":"","ts":"","thread_ts":""}',
        '{"kind":"alert","team_id":1,"channel":"","ts":"","thread_ts":""}',
    ):
        with pytest.raises(JobWrong):
            Job.from_json(text)


def test_secrets_are_gone_before_anything_is_handed_over(receiver: Receiver, taken: Taken) -> None:
    post(
        receiver, envelope(ALERT | {"text": "Task `load_x` failed\nError: password=hunter2 denied"})
    )
    asked = {
        "type": "message",
        "channel_type": "im",
        "channel": "D1",
        "ts": "3.0",
        "user": "U1",
        "text": "why does token=abcdef123456 fail?",
    }
    post(receiver, envelope(asked))
    alert, question = taken.jobs
    assert "hunter2" not in alert.to_json()
    assert "***" in alert.alert["exception"]
    assert "abcdef123456" not in question.to_json()
