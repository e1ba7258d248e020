"""Questions in mentions and direct messages, answered in their thread with it as context."""

import asyncio
from dataclasses import replace
from functools import partial

from mcp_server.diagnostics.redact import redact
from slack_bridge.blocks import Message, failure_message
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Fenced, Key, Record
from slack_bridge.job import Job
from slack_bridge.lifecycle.desk import Desk, moment, say
from slack_bridge.log import log_line, where
from slack_bridge.pace import LiveMessage
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable

MOST_THREAD = 20
# Slack forgets a status after two minutes, and a status a second is enough for anybody.
STATUS_SECONDS = 2.5
# Interrupted more often than this, a question ends with honest words.
MOST_TIMES = 4


async def answer_question(desk: Desk, job: Job, owner: str, seconds: float) -> None:
    """Answer a question once; SlackUnavailable or StoreUnavailable: try again later."""
    record = Record(
        Key(job.team_id, job.channel, job.ts),
        job.thread_ts,
        "question",
        body={"job": {**vars(job), "alert": {}}},
    )
    claim = await desk.claim(record, owner, seconds)
    if not claim.mine:
        log_line("claimed before", incident=record.id, state=claim.record.state)
        return
    await resume_question(desk, claim.record, seconds)


async def resume_question(desk: Desk, record: Record, seconds: float) -> None:
    """Answer the question of a record that is ours; what was answered already only ends."""
    try:
        await _answered(desk, record, seconds)
    except Fenced as error:
        log_line("taken over", incident=record.id, why=str(error))
    except SlackRefused as refusal:
        log_line("slack refused", incident=record.id, code=refusal.code, error=str(refusal))
        await desk.save(record.having(refused=str(refusal)).end("refused"))
    except SlackUnavailable:
        await desk.release(record)
        raise


async def _answered(desk: Desk, record: Record, seconds: float) -> None:
    job, key = Job(**record.body["job"]), record.key
    ts = await _found(desk, record)
    if not ts:
        message = await _worked(desk, record, job, seconds)
        ts = await desk.slack.post(key.channel, record.thread_ts, message, record.id)
    ended = replace(record.having(final_answer_at=desk.clock()), reply_ts=ts).end("answered")
    await desk.save(ended)
    log_line("ended", incident=record.id, state="answered", channel=key.channel)


async def _worked(desk: Desk, record: Record, job: Job, seconds: float) -> Message:
    """The answer, while a status says that somebody is at it."""
    if record.interruptions > MOST_TIMES:
        reason = say("failures.gave_up", times=record.interruptions)
        return failure_message(reason, record.id, asked=True)
    # Beside the answer: a Slack that is slow with a status must not hold it up.
    shown = asyncio.create_task(_working(desk, job))
    desk.later(shown)
    live = LiveMessage(partial(_status, desk, job), STATUS_SECONDS)
    message = await _message(desk, record, job, live, seconds)
    await live.stop()
    await asyncio.wait({shown}, timeout=STATUS_SECONDS)
    return message


async def _status(desk: Desk, job: Job, message: Message) -> None:
    await desk.slack.status(job.channel, job.thread_ts, message.text)


async def _found(desk: Desk, record: Record) -> str:
    if record.reply_ts or record.fence == 1:
        return record.reply_ts
    return await desk.slack.find(record.key.channel, record.thread_ts, record.id)


async def _working(desk: Desk, job: Job) -> None:
    """A status where Slack has one, eyes otherwise."""
    if not await desk.slack.status(job.channel, job.thread_ts, say("status.thinking")):
        await desk.slack.react(job.channel, job.ts, say("reactions.working"))


async def _message(
    desk: Desk, record: Record, job: Job, live: LiveMessage, seconds: float
) -> Message:
    async def progress(step: str) -> None:
        live.show(Message(say("status.step", step=step), []))

    try:
        async with asyncio.timeout(seconds):
            thread = [*await _about(desk, job), *await _thread(desk, job)]
            answer = await desk.answerer.ask(job.text, thread, moment(job.ts), progress)
    except TimeoutError:
        return failure_message(
            say("failures.deadline", seconds=round(seconds)), record.id, asked=True
        )
    except Exception as error:  # noqa: BLE001 - top level: a bug must not leave a question waiting
        log_line("failed", incident=record.id, error=where(error))
        reason = say("failures.failed", error=type(error).__name__)
        return failure_message(reason, record.id, asked=True)
    return answer.message


async def _about(desk: Desk, job: Job) -> list[str]:
    """What the thread is about, where it is an alert's: its failure and what was found."""
    key = Key(job.team_id, job.channel, job.thread_ts)
    record = None if job.thread_ts == job.ts else await desk.stored(desk.store.get, key.incident_id)
    if record is None or "diagnosis" not in record.body:
        return []
    found = Found.from_json(record.body).diagnosis
    names = (found.dag_id, found.task_id)
    words = {"failure": ".".join(filter(None, names)), "run": found.run_id, "cause": found.cause}
    return [redact(say("asked.about", **words))]


async def _thread(desk: Desk, job: Job) -> list[str]:
    """What was said in the thread before, redacted, the oldest first."""
    try:
        said = await desk.slack.replies(job.channel, job.thread_ts)
    except (SlackRefused, SlackUnavailable) as error:
        # Answered from its own words rather than not at all.
        log_line("thread not read", channel=job.channel, error=str(error))
        return []
    earlier = [m for m in said if str(m.get("ts")) != job.ts]
    # The parent is the alert; of the rest the last ones matter.
    kept = earlier if len(earlier) <= MOST_THREAD else [earlier[0], *earlier[-MOST_THREAD:]]
    return [redact(str(m.get("text") or "")) for m in kept]
