"""The facts beside a cause: run, try, when, before, can it wait, safe to rerun, blocked, owner."""

from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.message.message import Block, mrkdwn
from slack_bridge.message.text import code, moment, prose, sentence
from slack_bridge.message.wording import say

MOST_BLOCKED = 4


def fact_fields(diagnosis: Diagnosis) -> list[Block]:
    """At most ten fields in the order people ask for them; what is not known is left out."""
    facts = {
        "run": code(diagnosis.run_id or diagnosis.logical_date, 250),
        "try": _try(diagnosis),
        "failed": moment(diagnosis.failed_at) if diagnosis.failed_at else "",
        "before": prose(sentence(diagnosis.before), 400),
        "can_wait": prose(sentence(diagnosis.can_wait), 400),
        "safe_to_rerun": prose(sentence(diagnosis.safe_to_rerun), 400),
        "blocked": _blocked(diagnosis.blocked),
        "owner": code(diagnosis.owner, 120),
        "environment": code(diagnosis.environment, 120),
    }
    return [mrkdwn(f"*{say(f'labels.{name}')}*\n{said}") for name, said in facts.items() if said]


def _try(diagnosis: Diagnosis) -> str:
    number, total = diagnosis.try_number, diagnosis.max_tries
    if number <= 0:
        return ""
    if total <= 0:
        return str(number)
    said = say("facts.try_of", number=number, total=max(total, number))
    if diagnosis.state == "up_for_retry":
        return f"{said} · {say('facts.will_retry')}"
    return f"{said} · {say('facts.no_retries')}" if number >= total else said


def _blocked(waiting: list[str]) -> str:
    names = [name for entry in waiting if (name := code(entry, 80))]
    shown = ", ".join(names[:MOST_BLOCKED])
    more = len(names) - MOST_BLOCKED
    return f"{shown} {say('facts.more', count=more)}" if more > 0 else shown
