"""The message that tells a diagnosis: answer, facts, evidence, next steps, what was not checked."""

from collections.abc import Sequence

from mcp_server.domain.diagnosis import Diagnosis, NotChecked
from slack_bridge.diagnosis import Found
from slack_bridge.message.also import Also, also_blocks, linked
from slack_bridge.message.evidence import changes_block, evidence_block
from slack_bridge.message.facts import fact_fields
from slack_bridge.message.headline import cause_words, headline, readable
from slack_bridge.message.message import (
    MOST_IN_ALL,
    Block,
    Message,
    button,
    context,
    plainest,
    section,
    simpler,
)
from slack_bridge.message.replies import (
    failure_message,
    repeat_line,
    steps_message,
)
from slack_bridge.message.text import (
    code,
    fewer_words,
    first_sentence,
    is_trusted,
    plain,
    prose,
    sentence,
)
from slack_bridge.message.wording import calls, say
from slack_bridge.receiving.interactions import AGAIN, FEEDBACK, STEPS

__all__ = [
    "Also",
    "Message",
    "diagnosis_message",
    "failure_message",
    "plainest",
    "repeat_line",
    "simpler",
    "steps_message",
]

STEP_WORDS = 28
# Quotes, their width, and changes: the first that fits is sent. Evidence is cut, never the cause.
# What evidence leaves to the list of repeats, at least.
LIST_ROOM = 2_500
FITS = ((5, 180, 3), (4, 140, 3), (3, 120, 2), (1, 120, 1), (0, 0, 0))


def diagnosis_message(
    found: Found,
    *,
    incident_id: str,
    progress: str = "",
    repeats: Sequence[Also] = (),
    shares: Also | None = None,
    recovered: str = "",
    footer: str = "",
) -> Message:
    """The thread's one message, edited in place until it is final.

    `progress` is what is being read while Gemini works; `repeats` are the alerts of the same cause
    that came since, `shares` the one that it is looked into for; `recovered` ("03:21, try 3")
    turns the headline; `footer` is one more honest sentence.
    """
    recovered = recovered or found.diagnosis.recovered
    buttons, small = _ending(found, incident_id, progress, shares, footer)
    for fit in FITS:
        blocks = [*_head(found.diagnosis, recovered), *_body(found.diagnosis, fit), *buttons]
        message = Message(headline(found.diagnosis, recovered, "notification"), [*blocks, *small])
        if message.size <= MOST_IN_ALL - (LIST_ROOM if repeats else 0):
            break
    known = found.diagnosis.confidence != "inconclusive"
    # The names' own quotes and braces, as JSON counts them, take a little more.
    also = also_blocks(repeats, MOST_IN_ALL - message.size - 300, known=known)
    return Message(message.text, [*blocks, *also, *small])


def diagnosis_blocks(diagnosis: Diagnosis) -> list[Block]:
    """A diagnosis without buttons and signature, for an answer to a question."""
    return [*_head(diagnosis, diagnosis.recovered), *_body(diagnosis, FITS[1])]


def _head(diagnosis: Diagnosis, recovered: str) -> list[Block]:
    verdict = "verdict"
    if diagnosis.confidence == "inconclusive" or not cause_words(diagnosis):
        verdict = "verdict_inconclusive"
    confidence = say(f"confidence.{diagnosis.confidence}")
    second = say(
        f"headline.{verdict}", confidence=confidence, category=code(diagnosis.category, 60)
    )
    fields = fact_fields(diagnosis)
    facts = [{"type": "section", "fields": fields}] if fields else []
    return [section(f"{headline(diagnosis, recovered, 'headline')}\n{second}"), *facts]


def _body(diagnosis: Diagnosis, fit: tuple[int, int, int]) -> list[Block]:
    quotes, width, changes = fit
    return [
        *_lead(diagnosis),
        *evidence_block(diagnosis, quotes, width),
        *changes_block(diagnosis, changes, width),
        *_listed("labels.next", _steps(diagnosis)),
        *_listed("labels.not_checked", _unchecked(diagnosis)),
    ]


def _lead(diagnosis: Diagnosis) -> list[Block]:
    """What an inconclusive diagnosis has: the line that tells most."""
    leads = (diagnosis.cause_line, *(proof.quote for proof in diagnosis.evidence))
    lead = next((lead for lead in leads if plain(lead)), "")
    if diagnosis.confidence != "inconclusive" or not lead:
        return []
    return _listed("labels.lead", [prose(fewer_words(readable(plain(lead)), 40), 700)])


def _steps(diagnosis: Diagnosis) -> list[str]:
    names = {diagnosis.dag_id, diagnosis.task_id, diagnosis.root_task_id, diagnosis.owner}
    steps = [fewer_words(step, STEP_WORDS) for step in diagnosis.next_steps[:3]]
    safe = filter(None, (prose(step, 700, names) for step in steps))
    return [f"{number}. {step}" for number, step in enumerate(safe, 1)]


def _unchecked(diagnosis: Diagnosis) -> list[str]:
    missing = diagnosis.not_checked
    mark = "• " if len(missing) > 1 else ""
    lines = [mark + _missing(part) for part in missing[:4]]
    if len(missing) > len(lines):
        lines.append(say("facts.more", count=len(missing) - len(lines)))
    if not lines and diagnosis.confidence != "high":
        return [say("facts.nothing_unchecked")]
    return lines


def _missing(part: NotChecked) -> str:
    """What and why, with the missing permission; the rest of a long reason is for the steps."""
    why = fewer_words(first_sentence(part.why).rstrip("."), 24)
    return prose(sentence(f"{part.what}: {why}"), 600)


def _listed(label: str, lines: list[str]) -> list[Block]:
    return [section("\n".join([f"*{say(label)}*", *lines]))] if lines else []


def _ending(
    found: Found, incident_id: str, progress: str, shares: Also | None, footer: str
) -> tuple[list[Block], list[Block]]:
    """The buttons, and the small print below them and the list of repeats."""
    buttons = [*_links(found.diagnosis), *([] if progress else _actions(incident_id))]
    actions: list[Block] = [{"type": "actions", "elements": buttons}] if buttons else []
    small = [context(say("footer.shares", link=linked(shares)))] if shares else []
    if last := prose(footer, 600):
        small.append(context(last))
    small.append(context(_signature(found, incident_id)))
    if progress:
        step = prose(progress[:1].lower() + progress[1:], 200)
        return actions, [*small, context(say("footer.progress", step=step))]
    return actions, [*small, _feedback(incident_id)]


def _signature(found: Found, incident_id: str) -> str:
    kind = f"footer.{found.by if found.reached else 'alert'}"
    signed = say(
        kind,
        calls=calls(len(found.steps)),
        seconds=max(round(found.seconds), 1),
        incident=code(incident_id, 120),
    ).strip()
    note = prose(found.note, 300).rstrip(".")
    return f"{signed}\n{say('footer.note', note=note)}" if note else signed


def _links(diagnosis: Diagnosis) -> list[Block]:
    pairs = (("open_log", diagnosis.log_url), ("open_run", diagnosis.run_url))
    return [
        button(name, say(f"buttons.{name}"), say(f"buttons.{name}_label"), url=url)
        for name, url in pairs
        if is_trusted(url)
    ]


def _actions(incident_id: str) -> list[Block]:
    pairs = (("again", AGAIN), ("steps", STEPS))
    return [
        button(action, say(f"buttons.{name}"), say(f"buttons.{name}_label"), value=incident_id)
        for name, action in pairs
    ]


def _feedback(incident_id: str) -> Block:
    sides = {
        f"{side}_button": {
            "text": {"type": "plain_text", "text": say(f"buttons.{verdict}")},
            "value": f"{incident_id}:{verdict}",
            "accessibility_label": say(f"buttons.{verdict}_label"),
        }
        for side, verdict in (("positive", "right"), ("negative", "wrong"))
    }
    element = {"type": "feedback_buttons", "action_id": FEEDBACK, **sides}
    return {"type": "context_actions", "elements": [element]}
