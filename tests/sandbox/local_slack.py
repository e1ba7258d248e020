"""A running local Slack, the real slack_sdk's client for it, and an app that takes its events."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import HttpServer, Request, Response
from sandbox.slack.limits import Limits
from sandbox.slack.server import BOT_TOKEN, SlackServer

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
CHANNEL = "C0ALERTS"
ALERT = {
    "type": "message",
    "channel": CHANNEL,
    "ts": "1795316600.000100",
    "bot_id": "B0AIRFLOW",
    "text": "Task *orders.load* failed",
}
BUTTON = {
    "type": "button",
    "action_id": "investigate_again",
    "text": {"type": "plain_text", "text": "Look again"},
    "value": "inv_1",
}
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "diagnosis_feedback",
    "positive_button": {"text": {"type": "plain_text", "text": "Right"}, "value": "inv_1:right"},
    "negative_button": {"text": {"type": "plain_text", "text": "Wrong"}, "value": "inv_1:wrong"},
}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@contextmanager
def local_slack(
    faults: Faults | None = None, limits: Limits | None = None, calls: CallLog | None = None
) -> Iterator[tuple[SlackServer, WebClient]]:
    """The channel holds one alert."""
    failing = faults or Faults()
    server = SlackServer(Clock(NOW), failing, calls or CallLog(), limits)
    server.workspace.put(ALERT)
    server.start()
    try:
        yield server, WebClient(BOT_TOKEN, base_url=server.api_url, timeout=5, retry_handlers=[])
    finally:
        failing.closing.set()
        server.close()


def refused(call: Callable[..., object], **arguments: object) -> dict[str, Any]:
    """The body of a refusal by Slack."""
    try:
        call(**arguments)
    except SlackApiError as error:
        return dict(error.response.data)
    raise AssertionError("Slack took it")


@dataclass
class App:
    """Takes requests; the first `fails` of them are answered by 500."""

    fails: int = 0
    requests: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(500 if len(self.requests) <= self.fails else 200)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.requests]


@contextmanager
def app_at(server: SlackServer, fails: int = 0) -> Iterator[App]:
    app = App(fails)
    http = HttpServer(app.answer)
    http.start()
    server.delivery.events_url = http.url + "/slack/events"
    server.delivery.pauses = (0.0, 0.0, 0.0)
    try:
        yield app
    finally:
        http.close()
