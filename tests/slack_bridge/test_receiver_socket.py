"""Socket Mode: the same answers, and no acknowledgement for what was not handed over."""

import pytest
from slack_sdk.socket_mode.request import SocketModeRequest

from sandbox.slack.server import SlackServer
from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed, Receiver
from slack_bridge.settings import Settings
from slack_bridge.socket_mode import SocketRefused, answered, connect

EVENT = {
    "type": "message",
    "bot_id": "B1",
    "channel": "C1",
    "ts": "1.0",
    "text": "Task `a_b` failed",
}
PAYLOAD = {"type": "event_callback", "team_id": "T1", "event": EVENT}


def request(kind: str) -> SocketModeRequest:
    return SocketModeRequest(type=kind, envelope_id="e1", payload=PAYLOAD, retry_attempt=1)


def refuse(_: Job) -> bool:
    raise HandOverFailed("disk full")


def test_an_event_over_the_socket_is_handed_over() -> None:
    jobs: list[Job] = []

    def take(job: Job) -> bool:
        jobs.append(job)
        return True

    assert answered(Receiver("", take), request("events_api")).status == 200
    assert [job.ts for job in jobs] == ["1.0"]


def test_what_cannot_be_handed_over_is_not_acknowledged() -> None:
    assert answered(Receiver("", refuse), request("events_api")).status == 503


def test_other_requests_are_acknowledged_and_left_alone() -> None:
    assert answered(Receiver("", refuse), request("slash_commands")).status == 200


def test_a_slack_out_of_reach_is_said_plainly() -> None:
    settings = Settings(slack_app_token="xapp-1", slack_api_url="http://127.0.0.1:1/api/")
    with pytest.raises(SocketRefused, match=r"SLACK_APP_TOKEN: Slack is out of reach \(Conn") as no:
        connect(settings, Receiver("", refuse))
    assert "proxy" in str(no.value)
    assert "\n" not in str(no.value)


def test_a_token_that_slack_does_not_take_is_said_in_one_line() -> None:
    slack = SlackServer()
    slack.start()
    settings = Settings(slack_app_token="xoxb-wrong", slack_api_url=slack.api_url)
    with pytest.raises(SocketRefused, match=r"xapp-.*connections:write") as no:
        connect(settings, Receiver("", refuse))
    assert "\n" not in str(no.value)
    slack.close()
