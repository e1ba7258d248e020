"""The thread's other messages: a repeat, our own failure, the steps behind an answer."""

from collections.abc import Sequence

from slack_bridge.diagnosis import Found, Step
from slack_bridge.message.evidence import preformatted_block, quotes_block
from slack_bridge.message.headline import cause_words, subject
from slack_bridge.message.message import MOST_IN_ALL, Block, Message, button, context, section
from slack_bridge.message.text import code, link, plain, prose, quoted
from slack_bridge.message.wording import calls, say
from slack_bridge.receiving.interactions import AGAIN

MOST_STEPS = 40


def repeat_line(found: Found, *, link_to: str, count: int) -> Message:
    """One line for the same failure again: the earlier thread, and how often it came so far."""
    words = {
        "subject": subject(found.diagnosis),
        "cause": cause_words(found.diagnosis) or "?",
        "count": count,
        "link": link(link_to, say("repeat.link")),
    }
    if found.diagnosis.confidence == "inconclusive":
        # Together in a storm whose logs could not be read: nothing says that they share a cause.
        return Message(say("repeat.unread_text", **words), [section(say("repeat.unread", **words))])
    kind = "repeat.line" if count > 1 else "repeat.line_one"
    return Message(say("repeat.text", **words), [section(say(kind, **words))])


def failure_message(
    reason: str, incident_id: str, *, seen: bool = False, asked: bool = False
) -> Message:
    """Our own failure, in one section; an alert's with the button to look again.

    `seen` when the thread already holds a diagnosis, `asked` when a person's question failed.
    """
    why = prose(plain(reason, 400).rstrip("."), 600)
    rest = say(f"failure.{'asked' if asked else 'seen' if seen else 'nothing_seen'}")
    line = say("failure.line", reason=why, rest=rest)
    blocks = [section(f"{line} {code(incident_id, 120)}".strip())]
    if not asked:
        label = say("buttons.again_label")
        again = button(AGAIN, say("buttons.again"), label, value=incident_id)
        blocks.append({"type": "actions", "elements": [again]})
    return Message(say("failure.text", reason=why), blocks)


def steps_message(found: Found) -> Message:
    """What was read, in human verbs, with all evidence and the log's digest."""
    shown = found.steps[:MOST_STEPS]
    rows = [_step(number, step) for number, step in enumerate(shown, 1)]
    title = say("steps.title", calls=calls(len(found.steps)), seconds=max(round(found.seconds), 1))
    head = [title, *rows] if rows else [say("steps.none")]
    blocks = _sections(head)
    for more in (_all_evidence(found), _missing(found), _digest(found), _note(found)):
        if Message("", [*blocks, *more]).size < MOST_IN_ALL:
            blocks += more
    return Message(say("steps.text"), blocks)


def _step(number: int, step: Step) -> str:
    kind = "steps.row_failed" if step.failed else "steps.row"
    return say(kind, number=number, title=prose(step.title, 160), ms=step.ms)


def _sections(lines: Sequence[str]) -> list[Block]:
    return [section("\n".join(lines[at : at + 10])) for at in range(0, len(lines), 10)]


def _all_evidence(found: Found) -> list[Block]:
    return quotes_block(found.diagnosis.evidence, 15, 240)


def _missing(found: Found) -> list[Block]:
    lines = [quoted(f"{p.what}: {p.why}", 500) for p in found.diagnosis.not_checked[:6]]
    return [preformatted_block(say("labels.not_checked"), lines)] if lines else []


def _digest(found: Found) -> list[Block]:
    lines = [quoted(line, 240) for line in found.diagnosis.digest.splitlines()[:30]]
    return [preformatted_block(say("steps.digest"), lines)] if any(lines) else []


def _note(found: Found) -> list[Block]:
    note = prose(found.note, 300).rstrip(".")
    return [context(say("footer.note", note=note))] if note else []
