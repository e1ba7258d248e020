"""Clicks on our own messages: judgements kept, steps shown, a failure looked at again."""

from datetime import UTC, datetime

from mcp_server.diagnostics.redact import redact
from slack_bridge.blocks import steps_message
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Key, Record
from slack_bridge.job import Job
from slack_bridge.lifecycle.alerts import look_again
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.lifecycle.lists import Lists
from slack_bridge.log import log_line
from slack_bridge.receiving.interactions import AGAIN, FEEDBACK, SAID, STEPS
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable

# Interrupted more often than this, a click is left alone.
MOST_TIMES = 4


async def answer_click(desk: Desk, lists: Lists, job: Job, owner: str, seconds: float) -> None:
    """Do what a button or modal asks, once."""
    part = "/".join((job.action, job.value, job.user, job.event_id))
    key = Key(job.team_id, job.channel, job.ts, part)
    record = Record(key, job.thread_ts, "interaction", body={"job": _kept(job)})
    claim = await desk.claim(record, owner, seconds)
    if not claim.mine:
        log_line("claimed before", incident=record.id, state=claim.record.state)
        return
    await resume_click(desk, lists, claim.record, seconds)


async def resume_click(desk: Desk, lists: Lists, record: Record, seconds: float) -> None:
    """Do what the click of a record that is ours asks."""
    job = Job(**record.body["job"])
    if record.interruptions > MOST_TIMES:
        await desk.save(record.having(outcome="given up").end("stopped"))
        log_line("click given up", action=job.action, incident=record.id)
        return
    try:
        outcome = await _done(desk, lists, job, record.owner, seconds)
    except SlackUnavailable:
        await desk.release(record)
        raise
    await desk.save(record.having(outcome=outcome).end("answered"))
    log_line("clicked", action=job.action, incident=job.value.partition(":")[0], outcome=outcome)


async def _done(desk: Desk, lists: Lists, job: Job, owner: str, seconds: float) -> str:
    """What came of it, for the log."""
    incident_id, _, verdict = job.value.partition(":")
    if job.action == FEEDBACK:
        return await _judged(desk, incident_id, job, {"verdict": verdict})
    if job.action == SAID:
        return await _judged(desk, incident_id, job, {"verdict": "wrong", "said": redact(job.text)})
    if job.action == AGAIN:
        looked = await look_again(desk, lists, incident_id, owner, seconds)
        return "looked again" if looked else "nothing to look at, or it is being looked at"
    record = await desk.stored(desk.store.get, incident_id)
    if record is None or "diagnosis" not in record.body:
        return "no such diagnosis"
    return await _steps(desk, record) if job.action == STEPS else "no such button"


async def _judged(desk: Desk, incident_id: str, job: Job, said: dict[str, str]) -> str:
    at = datetime.fromtimestamp(desk.clock(), UTC).isoformat(timespec="seconds")
    known = await desk.stored(desk.store.judge, incident_id, job.user, {**said, "at": at})
    return said["verdict"] if known else "no such incident"


async def _steps(desk: Desk, record: Record) -> str:
    """Post the steps into the thread, once for each diagnosis."""
    key, mark = record.key, f"{record.id}:steps:{record.body.get('final_answer_at', 0)}"
    try:
        if await desk.slack.find(key.channel, record.thread_ts, mark):
            return "steps stand already"
        message = steps_message(Found.from_json(record.body))
        await desk.slack.post(key.channel, record.thread_ts, message, mark)
    except SlackRefused as refusal:
        log_line("slack refused", incident=record.id, code=refusal.code, error=str(refusal))
        return refusal.code
    return "steps shown"


def _kept(job: Job) -> dict[str, object]:
    """The job for whoever takes over, without what the store need not know."""
    return {**vars(job), "alert": {}, "text": redact(job.text)}
