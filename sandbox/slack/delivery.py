"""Events and clicks on their way to the app: signed, and sent again when it does not take them."""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.slack.socket import SocketMode
from sandbox.slack.workspace import APP, BOT_USER, TEAM
from slack_bridge.receiving.signature import sign

Json = dict[str, Any]  # Any: Slack's JSON as it travels
# Slack waits three seconds; its own pauses are at once, a minute, five minutes.
WAIT_SECONDS = 3.0
PAUSES = (0.0, 60.0, 300.0)


@dataclass(frozen=True)
class Delivered:
    """The last answer: its HTTP status (200 for a socket's acknowledgement, 0 for none)."""

    status: int
    tries: int
    body: str = ""

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Delivery:
    """Sends to `events_url` and `interactions_url`, or over Socket Mode when it is connected."""

    secret: str
    socket: SocketMode
    events_url: str = ""
    pauses: tuple[float, ...] = PAUSES
    closing: threading.Event = field(default_factory=threading.Event)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def interactions_url(self) -> str:
        return self.events_url.replace("/slack/events", "/slack/interactions")

    @property
    def reaches_an_app(self) -> bool:
        return bool(self.events_url) or self.socket.connected

    def event(self, event: Mapping[str, Any]) -> Delivered:
        """Send one inner event in its envelope; returns when taken or given up."""
        envelope = self.envelope(event)
        if self.socket.connected:
            return Delivered(*self.socket.send("events_api", envelope))
        # Escaped, as Slack sends it: half a character has no bytes of its own.
        body = json.dumps(envelope).encode()
        return self._sent(self.events_url, body, "application/json", self.pauses)

    def interaction(self, payload: Mapping[str, Any]) -> Delivered:
        """Send a click or a submitted modal; Slack sends these only once."""
        if self.socket.connected:
            return Delivered(*self.socket.send("interactive", dict(payload)))
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return self._sent(self.interactions_url, body, "application/x-www-form-urlencoded", ())

    def envelope(self, event: Mapping[str, Any]) -> Json:
        """An `event_callback` as Slack wraps it."""
        team = str(event.get("team") or TEAM)
        us = {"team_id": team, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}
        return {
            "token": "sandbox",
            "team_id": team,
            "api_app_id": APP,
            "event": dict(event),
            "type": "event_callback",
            "event_id": f"Ev0{next(self._numbers):08d}",
            "event_time": int(float(event.get("event_ts") or event.get("ts") or 0)),
            "authorizations": [{"enterprise_id": None, **us}],
            "is_ext_shared_channel": False,
        }

    def _sent(
        self, url: str, body: bytes, content_type: str, pauses: tuple[float, ...]
    ) -> Delivered:
        status, answer, reason = self._once(url, body, {"Content-Type": content_type})
        for number, pause in enumerate(pauses, 1):
            if 200 <= status < 300 or self.closing.wait(pause):
                return Delivered(status, number, answer)
            again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            status, answer, reason = self._once(url, body, {"Content-Type": content_type} | again)
        return Delivered(status, len(pauses) + 1, answer)

    def _once(self, url: str, body: bytes, headers: Json) -> tuple[int, str, str]:
        """Status, body, and Slack's reason for a retry."""
        stamp = str(int(time.time()))
        signed = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": sign(self.secret, stamp, body),
        }
        where = urlsplit(url)
        connection = http.client.HTTPConnection(
            where.hostname or "", where.port, timeout=WAIT_SECONDS
        )
        try:
            connection.request("POST", where.path, body, headers | signed)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace"), "http_error"
        except TimeoutError:
            return 0, "", "http_timeout"
        except (OSError, http.client.HTTPException):
            return 0, "", "connection_failed"
        finally:
            connection.close()
