"""Events, clicks and modals on their way to the app, over HTTP and over Socket Mode."""

import json
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from local_slack import ALERT, BUTTON, CHANNEL, FEEDBACK, app_at, local_slack, refused, section
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from sandbox.slack.errors import SlackError
from sandbox.slack.server import APP_TOKEN, SECRET, SlackServer
from slack_bridge.receiving.signature import verify

BLOCKS = [
    section("x"),
    {"type": "actions", "elements": [BUTTON]},
    {"type": "context_actions", "elements": [FEEDBACK]},
]
VIEW = {
    "type": "modal",
    "callback_id": "wrong_cause_said",
    "title": {"type": "plain_text", "text": "Wrong cause"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [section("Why?")],
}


@pytest.fixture
def slack() -> Iterator[tuple[SlackServer, WebClient]]:
    with local_slack() as running:
        yield running


def test_an_event_arrives_signed_with_the_real_time(slack: tuple[SlackServer, WebClient]) -> None:
    with app_at(slack[0]) as app:
        assert slack[0].deliver(ALERT).taken
    headers, body = app.requests[0].headers, app.requests[0].body
    stamp, signature = headers["x-slack-request-timestamp"], headers["x-slack-signature"]
    verify(SECRET, stamp, signature, body, time.time())
    envelope = json.loads(body)
    assert (envelope["type"], envelope["event"]) == ("event_callback", ALERT)
    assert envelope["authorizations"][0]["user_id"] == "U0DEAGENT"
    assert "x-slack-retry-num" not in headers


def test_an_event_that_was_not_taken_comes_again_with_its_number(
    slack: tuple[SlackServer, WebClient],
) -> None:
    with app_at(slack[0], fails=2) as app:
        delivered = slack[0].deliver(ALERT)
    assert (delivered.taken, delivered.tries) == (True, 3)
    numbers = [request.headers.get("x-slack-retry-num") for request in app.requests]
    assert numbers == [None, "1", "2"]
    assert len({body["event_id"] for body in app.bodies()}) == 1


def test_an_app_that_is_not_there_is_tried_four_times(
    slack: tuple[SlackServer, WebClient],
) -> None:
    with app_at(slack[0]):
        pass
    delivered = slack[0].deliver(ALERT)
    assert (delivered.status, delivered.tries) == (0, 4)


def test_a_click_carries_the_message_and_a_trigger_that_opens_one_modal(
    slack: tuple[SlackServer, WebClient],
) -> None:
    server, client = slack
    ts = client.chat_postMessage(channel=CHANNEL, thread_ts=ALERT["ts"], text="x", blocks=BLOCKS)[
        "ts"
    ]
    with app_at(server) as app:
        server.people.click(CHANNEL, ts, "diagnosis_feedback", "inv_1:wrong")
    assert app.requests[0].path == "/slack/interactions"
    payload = json.loads(parse_qs(app.requests[0].body.decode())["payload"][0])
    assert payload["actions"][0]["value"] == "inv_1:wrong"
    assert payload["container"]["thread_ts"] == ALERT["ts"]
    assert payload["message"]["ts"] == ts
    client.views_open(trigger_id=payload["trigger_id"], view=VIEW)
    again = refused(client.views_open, trigger_id=payload["trigger_id"], view=VIEW)
    assert again["error"] == "invalid_trigger_id"


def test_a_button_that_is_not_there_cannot_be_pressed(
    slack: tuple[SlackServer, WebClient],
) -> None:
    with pytest.raises(SlackError, match="no_such_button"):
        slack[0].people.click(CHANNEL, str(ALERT["ts"]), "investigate_again")


def test_a_submitted_modal_arrives_with_its_answers_and_closes(
    slack: tuple[SlackServer, WebClient],
) -> None:
    server, client = slack
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=BLOCKS)["ts"]
    with app_at(server) as app:
        server.people.click(CHANNEL, ts, "investigate_again", "inv_1")
        trigger = json.loads(parse_qs(app.requests[0].body.decode())["payload"][0])["trigger_id"]
        view = client.views_open(trigger_id=trigger, view=VIEW)["view"]
        client.views_update(view_id=view["id"], hash=view["hash"], view=VIEW)
        conflict = refused(client.views_update, view_id=view["id"], hash="old", view=VIEW)
        values = {"cause": {"said": {"type": "plain_text_input", "value": "a lock"}}}
        server.people.submit(view["id"], values)
    assert conflict["error"] == "hash_conflict"
    payload = json.loads(parse_qs(app.requests[1].body.decode())["payload"][0])
    assert payload["type"] == "view_submission"
    assert payload["view"]["state"]["values"] == values
    assert server.workspace.views == {}


def test_a_mention_arrives_as_message_and_as_app_mention(
    slack: tuple[SlackServer, WebClient],
) -> None:
    with app_at(slack[0]) as app:
        slack[0].people.write(CHANNEL, "@de-agent why?", str(ALERT["ts"]))
        slack[0].people.write("D0DEAGENT", "why?")
    events = [body["event"] for body in app.bodies()]
    assert [e["type"] for e in events] == ["message", "app_mention", "message"]
    assert events[0]["text"] == "<@U0DEAGENT> why?"
    assert events[2]["channel_type"] == "im"


class Taker:
    """Acknowledges what comes, from the n-th on."""

    def __init__(self, client: SocketModeClient, ignores: int) -> None:
        self.retries: list[int | None] = []
        self.taken = threading.Event()
        self._ignores = ignores
        client.socket_mode_request_listeners.append(self.take)

    def take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.retries.append(request.retry_attempt)
        if len(self.retries) > self._ignores:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            self.taken.set()


@pytest.mark.parametrize(("ignores", "retries"), [(0, [None]), (1, [None, 1])])
def test_over_the_socket_an_event_comes_until_it_is_acknowledged(
    slack: tuple[SlackServer, WebClient], ignores: int, retries: list[int | None]
) -> None:
    server, web = slack
    server.delivery.socket.ack_seconds = 0.2
    client = SocketModeClient(APP_TOKEN, web_client=web)
    taker = Taker(client, ignores)
    client.connect()
    try:
        assert server.delivery.socket.wait_connected(5)
        delivered = server.deliver(ALERT)
    finally:
        client.close()
    assert (delivered.taken, delivered.tries) == (True, len(retries))
    assert taker.retries == retries


def test_the_socket_opens_only_with_the_apps_own_token(
    slack: tuple[SlackServer, WebClient],
) -> None:
    said = refused(slack[1].apps_connections_open, app_token="xapp-other")
    assert said["error"] == "invalid_auth"
