"""Buttons and modals of our own messages, as Slack sends them back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_server.diagnostics.redact import redact
from slack_bridge.job import Job

FEEDBACK, AGAIN, STEPS, SAID = (
    "diagnosis_feedback",
    "investigate_again",
    "show_steps",
    "wrong_cause_said",
)
MOST_ANSWER = 3_000
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Interaction:
    """The job a click leads to, and the modal to open at once (a trigger lives 3 s)."""

    job: Job | None
    why: str
    trigger_id: str = ""
    view: Mapping[str, Any] | None = None


def read_interaction(payload: Json) -> Interaction:
    """What a `block_actions` or `view_submission` payload asks for; others ask nothing."""
    if payload.get("type") == "view_submission":
        return _submitted(payload)
    if payload.get("type") != "block_actions":
        return Interaction(None, "this kind of interaction asks nothing of us")
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(first, Mapping) or first.get("action_id") not in (FEEDBACK, AGAIN, STEPS):
        return Interaction(None, "a button that only opens a page")
    job = _clicked(payload, first)
    if not job.channel or not job.ts:
        return Interaction(None, "the click names no message")
    wrong = job.action == FEEDBACK and job.value.endswith(":wrong")
    trigger = _text(payload.get("trigger_id")) if wrong else ""
    return Interaction(
        job, f"clicked {job.action}", trigger, wrong_cause_view(job) if wrong else None
    )


def wrong_cause_view(job: Job) -> dict[str, Any]:
    """The modal with one question; it carries only ids."""
    ids = {"value": job.value, "channel": job.channel, "ts": job.ts, "thread_ts": job.thread_ts}
    answer = {
        "type": "plain_text_input",
        "action_id": "said",
        "multiline": True,
        "max_length": MOST_ANSWER,
    }
    return {
        "type": "modal",
        "callback_id": SAID,
        "private_metadata": json.dumps(ids),
        "title": _plain("Wrong cause"),
        "submit": _plain("Send"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "cause",
                "label": _plain("What was it?"),
                "element": answer,
            }
        ],
    }


def _clicked(payload: Json, action: Json) -> Job:
    place, message = _object(payload, "container"), _object(payload, "message")
    ts = _text(place.get("message_ts")) or _text(message.get("ts"))
    return Job(
        kind="interaction",
        team_id=_text(_object(payload, "team").get("id")),
        channel=_text(_object(payload, "channel").get("id")) or _text(place.get("channel_id")),
        ts=ts,
        thread_ts=_text(message.get("thread_ts")) or _text(place.get("thread_ts")) or ts,
        event_id=_text(action.get("action_ts")),
        user=_text(_object(payload, "user").get("id")),
        action=_text(action.get("action_id")),
        value=_text(action.get("value"))[:200],
    )


def _submitted(payload: Json) -> Interaction:
    view = _object(payload, "view")
    if view.get("callback_id") != SAID:
        return Interaction(None, "a modal that is not ours")
    try:
        ids = json.loads(_text(view.get("private_metadata")) or "{}")
    except ValueError:
        ids = {}
    values = _object(_object(_object(view, "state"), "values"), "cause")
    ids = ids if isinstance(ids, dict) else {}
    job = Job(
        kind="interaction",
        team_id=_text(_object(payload, "team").get("id")),
        channel=_text(ids.get("channel")),
        ts=_text(ids.get("ts")),
        thread_ts=_text(ids.get("thread_ts")) or _text(ids.get("ts")),
        event_id=_text(view.get("id")),
        user=_text(_object(payload, "user").get("id")),
        action=SAID,
        value=_text(ids.get("value")),
        text=redact(_text(_object(values, "said").get("value")))[:MOST_ANSWER],
    )
    return Interaction(job if job.channel and job.ts else None, "told what it was")


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _object(thing: Json, key: str) -> Json:
    inner = thing.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _text(said: object) -> str:
    return said if isinstance(said, str) else ""
