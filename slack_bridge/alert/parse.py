"""A Slack event to an alert: pure, and silent about what the event does not say."""

from collections.abc import Mapping
from typing import Any

from slack_bridge.alert.evidence import Evidence, gather
from slack_bridge.alert.fields import read_fields
from slack_bridge.alert.flatten import flatten
from slack_bridge.alert.model import DEFAULT_RULES, Alert, AlertRules, Facts, Kind
from slack_bridge.alert.sender import posted_by, why_not_an_alert
from slack_bridge.alert.state import Verdict, judge
from slack_bridge.alert.vocabulary import Vocabulary, vocabulary

_KINDS: dict[str, Kind] = {
    "retry": "retry",
    "sla": "sla_miss",
    "success": "success",
    "over": "success",
    "neutral": "other",
}

# From a bot that mostly tells of other things only these prove a pipeline run.
_PROOF = {"log address", "TaskInstance", "DagRun", "pair", "pattern", "task_instance_key_str"}


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
    if verdict.state == "failure" and _elsewhere(event, reading.lines, found, words):
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


def _elsewhere(
    event: Mapping[str, Any], lines: list[tuple[str, str]], found: Evidence, words: Vocabulary
) -> bool:
    """Whether the failure is of a build, a server or a calendar, not of a pipeline run."""
    sure = {w.rule for w in found.witnesses if w.field in ("dag_id", "task_id")}
    if {n.casefold() for n in posted_by(event)} & words.posters and not sure & _PROOF:
        return True
    facts = found.facts
    if facts.dag_id or facts.task_id or facts.run_id or facts.log_url:
        return False
    text = "\n".join(line for _, line in lines)
    if words.words["airflow"].search(text):
        return False
    if not words.words["failure"].search(words.words["weak"].sub(" ", text)):
        return bool(words.words["weak"].search(text))
    relayed = bool({n.casefold() for n in posted_by(event)} & words.relays)
    return relayed or bool(words.words["elsewhere"].search(text))
