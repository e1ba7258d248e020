"""What a Slack envelope asks of us: an alert to answer, a question to answer, or nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mcp_server.diagnostics.redact import redact
from slack_bridge.alert.model import DEFAULT_RULES, AlertRules
from slack_bridge.alert.parse import parse_alert
from slack_bridge.alert.sender import is_machine, posted_by
from slack_bridge.job import Job

MOST_QUESTION = 8_000
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """The job an envelope leads to, if any, and why."""

    job: Job | None
    why: str


def decide(envelope: Json, rules: AlertRules = DEFAULT_RULES) -> Decision:
    """The job of an `event_callback` envelope.

    A mention arrives twice, as app_mention and as message: both become the same job, whose
    (team, channel, ts) is claimed once. Never raises for what an envelope may hold.
    """
    event = envelope.get("event")
    if not isinstance(event, Mapping):
        return Decision(None, "the envelope holds no event")
    if event.get("type") not in ("message", "app_mention"):
        return Decision(None, f"events of type {_text(event.get('type'))[:40]!r} ask nothing of us")
    if not _text(event.get("channel")) or not _text(event.get("ts")):
        return Decision(None, "the event names no channel and ts")
    app, users = own_ids(envelope)
    if posted_by(event) & {app, *users}:
        return Decision(None, "we wrote it ourselves")
    if is_machine(event):
        return _alert(envelope, event, replace(rules, own_apps=(*rules.own_apps, app, *users)))
    return _question(envelope, event, users)


def own_ids(envelope: Json) -> tuple[str, tuple[str, ...]]:
    """Our app id and our bot users, as every envelope states them."""
    said = envelope.get("authorizations")
    known = said if isinstance(said, list) else []
    users = [a.get("user_id") for a in known if isinstance(a, Mapping)]
    return _text(envelope.get("api_app_id")) or "-", tuple(u for u in users if u and _text(u))


def _alert(envelope: Json, event: Json, rules: AlertRules) -> Decision:
    alert = parse_alert({**event, "type": "message"}, rules)
    if not alert.is_failure:
        return Decision(None, f"no failure ({alert.kind}): {_told(alert.why)}")
    # Redacted here, before any queue, store, prompt or post.
    said = alert.as_json() | {"exception": redact(alert.exception) if alert.exception else None}
    job = replace(_job(envelope, event), kind="alert", alert=said, text="")
    return Decision(job, "a failure: " + _told(alert.why))


def _told(why: str) -> str:
    """Why, without the message's own words: it goes to the log."""
    return "its words" if why.startswith("it says ") else why


def _question(envelope: Json, event: Json, users: tuple[str, ...]) -> Decision:
    if event.get("subtype") not in (None, "", "thread_broadcast", "file_share"):
        return Decision(
            None, f"messages of subtype {_text(event.get('subtype'))[:40]!r} ask nothing"
        )
    if event.get("edited") or event.get("hidden"):
        return Decision(None, "an edit asks nothing anew")
    text = _text(event.get("text"))
    asked = event.get("type") == "app_mention" or event.get("channel_type") == "im"
    if not asked and not any(f"<@{user}" in text for user in users):
        return Decision(None, "people talking, and not to us")
    said = _spoken(text, users)
    if not said:
        return Decision(None, "a mention without words")
    return Decision(replace(_job(envelope, event), text=redact(said)), "a person asks")


def _spoken(text: str, users: tuple[str, ...]) -> str:
    for user in users:
        text = re.sub(rf"<@{re.escape(user)}(?:\|[^>]*)?>", " ", text)
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, char)
    return text.strip()[:MOST_QUESTION]


def _job(envelope: Json, event: Json) -> Job:
    ts = _text(event.get("ts"))
    return Job(
        kind="question",
        team_id=_text(envelope.get("team_id")) or _text(event.get("team")),
        channel=_text(event.get("channel")),
        ts=ts,
        thread_ts=_text(event.get("thread_ts")) or ts,
        event_id=_text(envelope.get("event_id")),
        user=_text(event.get("user")),
    )


def _text(said: object) -> str:
    return said if isinstance(said, str) else ""
