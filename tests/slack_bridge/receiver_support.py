"""Signed requests as Slack sends them, and a hand-over that keeps what it takes."""

import json
from typing import Any

from slack_bridge import receiver as receiving
from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed, Receiver
from slack_bridge.receiving.signature import sign

NOW = 1_795_000_000.0
SECRET = "shhh"
ALERT = {
    "type": "message",
    "subtype": "bot_message",
    "bot_id": "B1",
    "channel": "C1",
    "ts": "1.0001",
    "text": "Task `load_x` in DAG `orders_y` failed",
}


class Taken:
    """A hand-over that keeps jobs, knows the ones it has, and can be told to refuse."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.refuse = False

    def __call__(self, job: Job) -> bool:
        if self.refuse:
            raise HandOverFailed("no route")
        new = (job.channel, job.ts) not in {(j.channel, j.ts) for j in self.jobs}
        self.jobs.append(job)
        return new


def envelope(event: dict[str, Any], **more: str) -> dict[str, Any]:
    who = [{"user_id": "UBOT", "is_bot": True}]
    return {"type": "event_callback", "team_id": "T1", "api_app_id": "AOURS", "event_id": "Ev1",
            "authorizations": who, "event": event} | more  # fmt: skip


def headers(body: bytes, at: float = NOW, secret: str = SECRET, **more: str) -> dict[str, str]:
    stamp = str(int(at))
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(secret, stamp, body),
    } | more


def post(
    receiver: Receiver, said: object, at: float = NOW, secret: str = SECRET
) -> receiving.Response:
    body = json.dumps(said).encode()
    return receiver.request("/slack/events", headers(body, at, secret), body)
