"""The one-line posts of repeats in a storm: held until causes are out, then posted one by one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from slack_bridge.blocks import Message, repeat_line
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Fenced, Member, Record, StoreUnavailable
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.log import log_line
from slack_bridge.pace import LATER
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable

# Lines wait until no alert came for so long, but not for ever.
CALM_SECONDS, MOST_HELD_SECONDS = 5.0, 60.0
MOST_READING_SECONDS = 20.0
MOST_A_ROUND = 100
LEASE_SECONDS = 120.0


class Lines:
    """Drains waiting lines beside the jobs, or in the sweep where nothing runs beside them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._draining: asyncio.Task[None] | None = None

    def soon(self) -> None:
        """Lines wait: drain them in the background, if nobody does yet."""
        if self.desk.drains and (self._draining is None or self._draining.done()):
            self._draining = asyncio.create_task(self._drain())
            self.desk.later(self._draining)

    async def post(self, records: Sequence[Record]) -> None:
        """Post the lines of these records, those of different channels side by side."""
        by_channel: dict[str, list[Record]] = {}
        for record in sorted(records, key=lambda r: float(r.key.ts)):
            by_channel.setdefault(record.key.channel, []).append(record)
        await asyncio.gather(*(self._in_turn(some) for some in by_channel.values()))

    async def waiting(self) -> Sequence[Record]:
        """Records whose line is still to be posted."""
        found = await self.desk.stored(self.desk.store.unfinished, self.desk.clock(), MOST_A_ROUND)
        return [record for record in found if record.state == "waiting"]

    async def _drain(self) -> None:
        await self._calm()
        try:
            while records := await self.waiting():
                await self.post(records)
        except (SlackUnavailable, StoreUnavailable) as error:
            # The sweep takes them up again.
            log_line("lines not posted", error=str(error))

    async def _calm(self) -> None:
        """Wait until no alert came for a while: a new cause may be among those that come."""
        held_until = self.desk.clock() + MOST_HELD_SECONDS
        while True:
            calm_at = min(self.desk.last_claim + CALM_SECONDS, held_until)
            wait = calm_at - self.desk.clock()
            if wait <= 0:
                # Who is still being read may bring a new cause as well.
                await self.desk.lineup.all_placed(MOST_READING_SECONDS)
                return
            await self.desk.sleep(wait)

    async def _in_turn(self, records: Sequence[Record]) -> None:
        for record in records:
            held = await self.desk.reopen(record.id, self.desk.owner("line"), LEASE_SECONDS)
            if held is not None:
                await self._line(held)

    async def _line(self, record: Record) -> None:
        if record.state != "waiting":
            # Somebody posted it between our look and our lease.
            await self.desk.save(record.end(record.state))
            return
        found, first = Found.from_json(record.body), Member(**record.body["first"])
        try:
            await post_line(self.desk, record, found, first)
        except SlackRefused as refusal:
            log_line("slack refused", incident=record.id, code=refusal.code, error=str(refusal))
            await self.desk.save(record.having(refused=str(refusal)).end("refused"))
        except Fenced as error:
            log_line("taken over", incident=record.id, why=str(error))


async def post_line(
    desk: Desk, record: Record, found: Found, first: Member, *, rank: int = LATER
) -> None:
    """Post a repeat's one line and end it; found again by its mark when posted before."""
    ts = record.reply_ts
    message = await line_of(desk, found, first)
    if not ts and record.interruptions:
        ts = await desk.slack.find(record.key.channel, record.thread_ts, record.id)
    if ts:
        # Of an earlier holder, and maybe still at "looking".
        await desk.slack.edit(record.key.channel, ts, message)
    else:
        ts = await desk.slack.post(record.key.channel, record.thread_ts, message, record.id, rank)
    now = desk.clock()
    said = {"first_answer_at": record.body.get("first_answer_at") or now, "final_answer_at": now}
    await desk.save(replace(record.having(**said), reply_ts=ts).end("repeat"))
    log_line("ended", incident=record.id, state="repeat", channel=record.key.channel)


async def line_of(desk: Desk, found: Found, first: Member) -> Message:
    """The line that says: again, since then, so many times."""
    link, known = await asyncio.gather(
        desk.slack.permalink(first.channel, first.ts),
        desk.stored(desk.store.listed, first.incident_id),
    )
    return repeat_line(found, link_to=link, count=len(known) + 1)
