"""An alert that came in: claimed, eyed, and lived; or taken up again where somebody left it."""

import asyncio
from dataclasses import replace

from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Claim, Key, Record, StoreUnavailable
from slack_bridge.job import Job
from slack_bridge.lifecycle import storm
from slack_bridge.lifecycle.desk import Desk, say
from slack_bridge.lifecycle.life import Life
from slack_bridge.lifecycle.lines import Lines
from slack_bridge.lifecycle.lineup import Turn
from slack_bridge.lifecycle.lists import Lists
from slack_bridge.lifecycle.ports import Case
from slack_bridge.lifecycle.unopened import Unopened, opened
from slack_bridge.log import log_line

# Interrupted more often than this, an alert ends with what is known.
MOST_TIMES = 4


async def answer_alert(
    desk: Desk, lists: Lists, lines: Lines, job: Job, owner: str, seconds: float
) -> None:
    """Answer an alert once, whoever else got it too.

    Reading starts beside the claim: it changes nothing, and a first answer is needed in seconds.
    """
    key = Key(job.team_id, job.channel, job.ts)
    record = Record(key, job.thread_ts, body={"alert": dict(job.alert)})
    turn = desk.lineup.join(record.id)
    reading: asyncio.Task[Found] | None = None
    try:
        case = await opened(desk, record)
        reading = _reading(desk, case, turn)
        claim = await _claimed(desk, record, owner, seconds)
        if not claim.mine:
            log_line("claimed before", incident=record.id, state=claim.record.state)
            return
        life = await _begun(desk, lists, claim, case)
        life.lines_wait, life.turn = lines.soon, turn
        await life.run(seconds, None if life.stormy else reading)
    finally:
        turn.end()
        if reading is not None:
            reading.cancel()


async def _claimed(desk: Desk, record: Record, owner: str, seconds: float) -> Claim:
    """The claim; while the store takes none nothing can be posted, but a reaction says so."""
    channel, ts, sign = record.key.channel, record.key.ts, say("reactions.waiting")
    try:
        claim = await desk.claim(record, owner, seconds)
    except StoreUnavailable as error:
        desk.waiting.add(record.id)
        log_line("claim not taken", incident=record.id, error=str(error), then="tried again")
        await desk.slack.react(channel, ts, sign)
        raise
    if record.id in desk.waiting:
        desk.waiting.discard(record.id)
        await desk.slack.unreact(channel, ts, sign)
    return claim


def _reading(desk: Desk, case: Case, turn: Turn) -> "asyncio.Task[Found] | None":
    """The first look, under way: of the log alone where others came just before."""
    if desk.in_storm or isinstance(case, Unopened):
        return None
    return asyncio.create_task(case.quick("logs" if turn.crowded else "full"))


async def resume_alert(desk: Desk, lists: Lists, record: Record, seconds: float) -> None:
    """Go on with an alert whose holder is gone; after MOST_TIMES end it honestly."""
    body = record.body
    stormy, alone = bool(body.get("storm")), bool(body.get("asked_again"))
    case = await opened(desk, record)
    life = Life(desk, lists, record, case, resumed=True, stormy=stormy, alone=alone)
    if record.interruptions > MOST_TIMES:
        await life.give_up(record.interruptions)
    else:
        await life.run(seconds)


async def look_again(
    desk: Desk, lists: Lists, incident_id: str, owner: str, seconds: float
) -> bool:
    """Investigate anew and edit the result into the same message; False while it is being done."""
    record = await desk.reopen(incident_id, owner, seconds)
    if record is None:
        return False
    if "alert" not in record.body:
        await desk.save(record.end(record.state))
        return False
    anew = {"finished": False, "storm": False, "footer": "", "shares": None, "asked_again": True}
    record = replace(record.having(**anew, fence_before=record.fence), state="claimed")
    await desk.save(record)
    life = Life(desk, lists, record, await opened(desk, record), resumed=True, alone=True)
    await life.run(seconds)
    return True


async def _begun(desk: Desk, lists: Lists, claim: Claim, case: Case) -> Life:
    """The life of a claimed alert, with eyes on it; all of a storm is only read."""
    key = claim.record.key
    if claim.resumed:
        stormy = bool(claim.record.body.get("storm"))
    else:
        # The first alert of a channel has it watched from then on.
        stormy, _ = await asyncio.gather(
            storm.count_claim(desk, key.team_id),
            desk.stored(desk.store.meet, key.team_id, key.channel, key.ts),
        )
    if not stormy:
        desk.later(
            asyncio.create_task(desk.slack.react(key.channel, key.ts, say("reactions.working")))
        )
    record = claim.record.having(storm=stormy)
    return Life(desk, lists, record, case, resumed=claim.resumed, stormy=stormy)
