"""Socket Mode over a live WebSocket: the real slack_sdk client against the local Slack."""

import threading
from collections.abc import Iterator

import pytest
from slack_sdk.socket_mode.builtin import SocketModeClient

from sandbox.slack.server import APP_TOKEN, BOT_TOKEN, SlackServer
from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed, Receiver
from slack_bridge.settings import Settings
from slack_bridge.socket_mode import connect

ALERT = {
    "type": "message", "bot_id": "B1", "channel": "C1", "ts": "1795000000.0001",
    "text": "Task `load_x` in DAG `orders_y` failed",
}  # fmt: skip


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    server.delivery.socket.ack_seconds = 0.3
    server.start()
    yield server
    server.close()


class Taken:
    """Takes jobs, after refusing as many as it is told to."""

    def __init__(self, refuse: int = 0) -> None:
        self.jobs: list[Job] = []
        self.refuse = refuse
        self.done = threading.Event()

    def __call__(self, job: Job) -> bool:
        if self.refuse:
            self.refuse -= 1
            raise HandOverFailed("disk full")
        self.jobs.append(job)
        self.done.set()
        return True


def connected(slack: SlackServer, receiver: Receiver) -> SocketModeClient:
    """The bridge's client, once the local Slack has said hello to it."""
    settings = Settings(
        slack_bot_token=BOT_TOKEN, slack_app_token=APP_TOKEN, slack_api_url=slack.api_url
    )
    client = connect(settings, receiver)
    waiting = threading.Event()
    for _ in range(500):
        if slack.delivery.socket.connected:
            break
        waiting.wait(0.01)
    return client


def test_an_event_over_a_live_socket_is_handed_over_and_acknowledged(slack: SlackServer) -> None:
    taken = Taken()
    client = connected(slack, Receiver("", taken))
    delivered = slack.deliver(ALERT)
    client.close()
    assert (delivered.status, delivered.tries) == (200, 1)
    assert [job.alert["dag_id"] for job in taken.jobs] == ["orders_y"]


def test_what_is_not_handed_over_is_not_acknowledged_and_comes_again(slack: SlackServer) -> None:
    taken = Taken(refuse=1)
    client = connected(slack, Receiver("", taken))
    delivered = slack.deliver(ALERT)
    client.close()
    assert (delivered.status, delivered.tries) == (200, 2)
    assert len(taken.jobs) == 1


def test_a_click_over_a_live_socket_is_handed_over(slack: SlackServer) -> None:
    taken = Taken()
    client = connected(slack, Receiver("", taken))
    payload = {
        "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"},
        "channel": {"id": "C1"}, "container": {"message_ts": "5.0", "channel_id": "C1"},
        "message": {"ts": "5.0", "thread_ts": "1.0"},
        "actions": [{"action_id": "show_steps", "value": "inv_1", "action_ts": "6.0"}],
    }  # fmt: skip
    assert slack.delivery.interaction(payload).taken
    client.close()
    assert [(job.action, job.value) for job in taken.jobs] == [("show_steps", "inv_1")]
