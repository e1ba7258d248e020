"""Who wrote an event, and whether such a message can be an alert at all."""

from collections.abc import Mapping
from typing import Any

from slack_bridge.alert.model import AlertRules
from slack_bridge.alert.vocabulary import Vocabulary

_SUBTYPES = (None, "", "bot_message", "file_share")
_MAIL_SENDERS = ("USLACKBOT",)


def why_not_an_alert(event: Mapping[str, Any], rules: AlertRules, words: Vocabulary) -> str:
    """Why an event is no alert whatever it says; empty when it may be one."""
    if event.get("type") not in ("message", None):
        return f"an event of type {event.get('type')!s:.40} is no message"
    if event.get("subtype") not in _SUBTYPES:
        return f"a message of subtype {event.get('subtype')!s:.40} is no new message"
    if event.get("hidden") or event.get("edited"):
        return "it is an edit"
    thread = event.get("thread_ts")
    if thread and thread != event.get("ts"):
        return "it is a reply in a thread"
    if not is_machine(event):
        return "a person wrote it"
    return _not_ours(event, rules, words)


def is_machine(event: Mapping[str, Any]) -> bool:
    """Whether a bot, an app, a workflow or mail posted the message."""
    if event.get("bot_id") or event.get("subtype") == "bot_message" or event.get("bot_profile"):
        return True
    return has_mail(event)


def has_mail(event: Mapping[str, Any]) -> bool:
    """Whether the message is a mail sent to a channel."""
    files = event.get("files")
    return isinstance(files, list) and any(
        isinstance(f, Mapping) and (f.get("filetype") == "email" or f.get("mode") == "email")
        for f in files
    )


def posted_by(event: Mapping[str, Any]) -> set[str]:
    """Every id and name under which the poster is known."""
    profile = event.get("bot_profile")
    profile = profile if isinstance(profile, Mapping) else {}
    names = [event.get(k) for k in ("app_id", "bot_id", "username", "user")]
    names += [profile.get(k) for k in ("id", "app_id", "name")]
    return {n for n in names if isinstance(n, str) and n}


def _not_ours(event: Mapping[str, Any], rules: AlertRules, words: Vocabulary) -> str:
    posters = posted_by(event)
    if posters & set(rules.own_apps):
        return "we wrote it ourselves"
    metadata = event.get("metadata")
    kind = metadata.get("event_type") if isinstance(metadata, Mapping) else None
    if isinstance(kind, str) and kind.startswith(words.own):
        return "we wrote it ourselves"
    if rules.channels and event.get("channel") not in rules.channels:
        return "its channel is not one of SLACK_CHANNELS"
    if rules.apps and not {p.casefold() for p in posters} & {a.casefold() for a in rules.apps}:
        return "its poster is not one of DE_AGENT_ALERT_APPS"
    return ""
