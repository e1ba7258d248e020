"""Requests from Slack to jobs: one behaviour for Lambda, the local HTTP server and Socket Mode."""

import base64
import binascii
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from slack_bridge.alert.model import DEFAULT_RULES, AlertRules
from slack_bridge.alert.vocabulary import vocabulary
from slack_bridge.events import decide
from slack_bridge.job import Job, JobWrong
from slack_bridge.log import log_line
from slack_bridge.receiving.interactions import read_interaction
from slack_bridge.receiving.signature import SignatureWrong, verify

MOST_BODY = 1_000_000
EVENTS_PATH, INTERACTIONS_PATH = "/slack/events", "/slack/interactions"
Json = Mapping[str, Any]


class HandOverFailed(Exception):
    """The job was not taken; Slack must be told, so that it sends the event again."""


@dataclass(frozen=True)
class Response:
    """What the HTTP side answers."""

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


@dataclass
class Receiver:
    """Verifies, decides and hands over; says nothing of an event's content.

    `hand_over` takes a job, returns False for one it already has, and raises HandOverFailed.
    `open_view` opens a modal (trigger id, view) and returns why it could not, or nothing.
    """

    signing_secret: str = field(repr=False)
    hand_over: Callable[[Job], bool]
    open_view: Callable[[str, Json], str] | None = None
    rules: AlertRules = DEFAULT_RULES
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        # A hundred first events must not each compile the vocabulary.
        vocabulary(self.rules)

    def request(self, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a POST; header names in any case.

        200 taken or of no concern, 400 not readable, 401 not signed, 413 too large, 503 not
        handed over (Slack sends it again).
        """
        began = time.monotonic()
        low = {name.lower(): value for name, value in headers.items()}
        notes: dict[str, object] = {"retry": low.get("x-slack-retry-num")}
        response = self._answered(path, low, body, notes)
        log_line("received", status=response.status, **notes, ms=_ms(began))
        return response

    def _answered(
        self, path: str, headers: Mapping[str, str], body: bytes, notes: dict[str, object]
    ) -> Response:
        if len(body) > MOST_BODY:
            notes["why"] = f"{len(body)} bytes, at most {MOST_BODY}"
            return Response(413, f"at most {MOST_BODY} bytes")
        try:
            stamp = headers.get("x-slack-request-timestamp", "")
            signature = headers.get("x-slack-signature", "")
            verify(self.signing_secret, stamp, signature, body, self.clock())
        except SignatureWrong as error:
            notes["why"] = str(error)
            return Response(401, str(error))
        try:
            said = _payload(headers, body)
        except ValueError as error:
            notes["why"] = str(error)
            return Response(400, str(error))
        if path.rstrip("/").endswith("interactions") or "actions" in said or "view" in said:
            return self.interaction(said, notes)
        return self.event(said, notes)

    def event(self, envelope: Json, notes: dict[str, object]) -> Response:
        """Answer an envelope that is known to come from Slack; `notes` gathers what to log."""
        kind = envelope.get("type")
        notes["type"] = kind if isinstance(kind, str) else None
        if kind == "url_verification":
            notes["why"] = "Slack checks the address"
            return Response(200, str(envelope.get("challenge") or ""))
        if kind != "event_callback":
            notes["why"] = "an envelope of this type asks nothing of us"
            return Response(200)
        decision = decide(envelope, self.rules)
        notes["why"] = decision.why
        notes["event_id"] = envelope.get("event_id")
        return self._handed_over(decision.job, notes)

    def interaction(self, payload: Json, notes: dict[str, object]) -> Response:
        """Answer a click or a modal that is known to come from Slack."""
        found = read_interaction(payload)
        notes["why"] = found.why
        response = self._handed_over(found.job, notes)
        if found.view is not None and found.trigger_id and self.open_view is not None:
            wrong = self.open_view(found.trigger_id, found.view)
            notes["modal"] = wrong or "opened"
        return response

    def _handed_over(self, job: Job | None, notes: dict[str, object]) -> Response:
        if job is None:
            notes["outcome"] = "ignored"
            return Response(200)
        notes |= {"team": job.team_id, "channel": job.channel, "ts": job.ts}
        try:
            new = self.hand_over(job)
        except (HandOverFailed, JobWrong) as error:
            notes |= {"outcome": "not handed over", "error": str(error)[:300]}
            return Response(503, "not taken, please send it again")
        notes["outcome"] = job.kind if new else f"{job.kind}, seen before"
        return Response(200)


def _payload(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The JSON object of a body, be it plain or in a form's `payload`."""
    try:
        text = body.decode("utf-8")
        if not text.lstrip().startswith(("{", "[")) and _is_form(headers, text):
            text = parse_qs(text).get("payload", [""])[0]
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is no JSON: {str(error)[:100]}") from error
    if not isinstance(said, dict):
        raise ValueError("the body must be a JSON object")
    return said


def _is_form(headers: Mapping[str, str], text: str) -> bool:
    return "form-urlencoded" in headers.get("content-type", "") or text.startswith("payload=")


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def view_opener(token: str, api_url: str = "") -> Callable[[str, Json], str]:
    """Opens modals with this token; the answer is empty, or why Slack refused."""

    def open_view(trigger_id: str, view: Json) -> str:
        from slack_sdk import WebClient  # late: a click is rare, a cold start is not
        from slack_sdk.errors import SlackClientError

        from slack_bridge import sdk_log

        base_url = api_url or WebClient.BASE_URL
        # Tried once: a second try would outlast the 3 s that Slack waits for our answer.
        client = WebClient(token, base_url, 2, retry_handlers=[], logger=sdk_log.of_calls())
        try:
            client.views_open(trigger_id=trigger_id, view=dict(view))
        except SlackClientError as error:
            return f"views.open: {_slack_reason(error)}"
        except OSError as error:
            return f"views.open: Slack is out of reach ({type(error).__name__})"
        return ""

    return open_view


def _slack_reason(error: Exception) -> str:
    answer = getattr(error, "response", None)
    return str(answer.get("error", "refused")) if answer is not None else type(error).__name__


_made: dict[str, Receiver] = {}


def _of_lambda() -> Receiver:
    """The receiver of this Lambda instance, made at its first event."""
    if "receiver" not in _made:
        from slack_bridge.alert.rules import rules_from
        from slack_bridge.aws import LambdaHandOver, read_secrets  # late: it imports us
        from slack_bridge.settings import Settings

        known = dict(os.environ)
        prefix = known.get("DE_AGENT_SECRETS_PREFIX", "")
        settings = Settings.from_environment(
            known | (read_secrets(prefix) if prefix else {}), "receiver"
        )
        _made["receiver"] = Receiver(
            settings.slack_signing_secret,
            LambdaHandOver(settings.diagnostic_lambda_name),
            view_opener(settings.slack_bot_token, settings.slack_api_url),
            rules_from(settings),
        )
    return _made["receiver"]


def handler(event: Json, context: object) -> dict[str, Any]:
    """Lambda's entry: API Gateway payloads of version 1 and 2, bodies in base64 or not."""
    from slack_bridge.settings import SettingsWrong

    path = str(event.get("rawPath") or event.get("path") or EVENTS_PATH)
    try:
        response = _of_lambda().request(path, _headers(event), _body(event))
    except SettingsWrong as error:
        log_line("received", status=500, error=str(error))
        response = Response(500, "this receiver is not set up; its log says what is missing")
    except binascii.Error:
        log_line("received", status=400, why="the body is no base64")
        response = Response(400, "the body is no base64")
    return {
        "statusCode": response.status,
        "headers": {"content-type": response.content_type},
        "body": response.body,
        "isBase64Encoded": False,
    }


def _headers(event: Json) -> dict[str, str]:
    single, many = event.get("headers"), event.get("multiValueHeaders")
    headers = {k: v[-1] for k, v in many.items() if v} if isinstance(many, Mapping) else {}
    headers |= single if isinstance(single, Mapping) else {}
    return {str(k): str(v) for k, v in headers.items()}


def _body(event: Json) -> bytes:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return str(body).encode("utf-8", errors="surrogatepass")
