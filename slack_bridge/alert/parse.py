"""A Slack event to an alert: pure, and silent about what the event does not say."""

from collections.abc import Mapping
from typing import Any

from slack_bridge.alert.elsewhere import is_elsewhere
from slack_bridge.alert.evidence import gather
from slack_bridge.alert.fields import read_fields
from slack_bridge.alert.flatten import flatten
from slack_bridge.alert.model import DEFAULT_RULES, Alert, AlertRules, Facts, Kind
from slack_bridge.alert.sender import why_not_an_alert
from slack_bridge.alert.state import Verdict, judge
from slack_bridge.alert.vocabulary import vocabulary

_KINDS: dict[str, Kind] = {
    "retry": "retry",
    "sla": "sla_miss",
    "success": "success",
    "over": "success",
    "neutral": "other",
}


def parse_alert(event: Mapping[str, Any], rules: AlertRules = DEFAULT_RULES) -> Alert:
    """What an inner Slack `event` says as an alert; never raises for what an event may hold.

    A field that the message does not state is None: nothing is guessed, and the text of an
    exception, of parameters or of someone's analysis supplies no ids.
    """
    words = vocabulary(rules)
    reason = why_not_an_alert(event, rules, words)
    if reason:
        return Alert(is_failure=False, kind="other", why=reason)
    content = flatten(event)
    reading = read_fields(content.pieces, words)
    found = gather(reading, content.links, words)
    verdict = judge(reading, content.colors, words, found.states, logged=bool(found.facts.log_url))
    if verdict.state == "failure" and is_elsewhere(event, reading, found, words):
        verdict = Verdict("neutral", "it tells of something other than a pipeline")
    failed = verdict.state == "failure"
    kind = _failure_kind(found.facts) if failed else _KINDS[verdict.state]
    return Alert(
        is_failure=failed,
        kind=kind,
        why=verdict.why,
        witnesses=tuple(found.witnesses),
        **vars(found.facts),
    )


def _failure_kind(found: Facts) -> Kind:
    if found.task_id or (found.dag_id is None and found.run_id is None):
        return "task_failure"
    return "dag_failure"
