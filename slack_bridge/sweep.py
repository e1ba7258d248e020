"""Each minute: what was left is taken up, lists and recoveries are shown, outages are made good."""

import asyncio
from collections.abc import Awaitable, Callable

from slack_bridge.incidents import Fenced, Record, StoreUnavailable
from slack_bridge.job import Job
from slack_bridge.lifecycle import alerts, asked, clicks
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.lifecycle.history import History
from slack_bridge.lifecycle.lines import Lines
from slack_bridge.lifecycle.lists import Lists
from slack_bridge.lifecycle.recovery import Recovery
from slack_bridge.log import log_line, where
from slack_bridge.slack_errors import SlackUnavailable

MOST_AT_ONCE = 100
LISTS_SECONDS = 1800.0
RESUMED_AT_ONCE = 8
Answer = Callable[[Job], Awaitable[None]]


class Sweep:
    """One minute's round; whatever fails in it leaves the rest to go on."""

    def __init__(self, desk: Desk, lists: Lists, lines: Lines, answer: Answer) -> None:
        self.desk, self.lists, self.lines = desk, lists, lines
        self._turns = asyncio.Semaphore(RESUMED_AT_ONCE)
        self.history = History(desk, answer)
        self.recovery = Recovery(desk, lists)

    async def run(self, seconds: float) -> None:
        """Take up, show and make good, each job within so many seconds."""
        await self._part("unfinished", self.unfinished(seconds))
        await self._part("history", self.history.read())
        await self._part("lists", self.show_lists())
        await self._part("recovery", self.recovery.check())

    async def unfinished(self, seconds: float) -> None:
        """Resume what nobody holds: alerts that have no end, then the lines of repeats."""
        desk = self.desk
        found = await desk.stored(desk.store.unfinished, desk.clock(), MOST_AT_ONCE)
        left = [record for record in found if record.state != "waiting"]
        await asyncio.gather(*(self._take_up(record, seconds) for record in left))
        waiting = [record for record in found if record.state == "waiting"]
        if waiting and desk.drains:
            self.lines.soon()
        elif waiting:
            await self.lines.post(waiting)

    async def show_lists(self) -> None:
        """Bring the lists of late first alerts up to date, should their keeper have gone."""
        desk = self.desk
        now = desk.clock()
        recent = await desk.stored(desk.store.recent, now - LISTS_SECONDS, now, MOST_AT_ONCE)
        of = (r.body.get(name) for r in recent for name in ("first", "shares"))
        firsts = {str(first["incident_id"]) for first in of if first}
        for incident_id in firsts:
            await self._part(incident_id, self.lists.refresh(incident_id))

    async def _take_up(self, record: Record, seconds: float) -> None:
        async with self._turns:
            held = await self.desk.reopen(record.id, self.desk.owner("sweep"), seconds)
            if held is not None:
                await self._part(record.id, self._resume(held, seconds))

    async def _resume(self, record: Record, seconds: float) -> None:
        log_line("resumed", incident=record.id, state=record.state, times=record.interruptions)
        if record.ended:
            # Whoever edited it last is gone; the next round of lists shows the rest.
            await self.desk.save(record.end(record.state))
        elif record.state == "waiting":
            await self.desk.save(record.released())
        elif record.kind == "question":
            await asked.resume_question(self.desk, record, seconds)
        elif record.kind == "interaction":
            await clicks.resume_click(self.desk, self.lists, record, seconds)
        else:
            await alerts.resume_alert(self.desk, self.lists, record, seconds)

    async def _part(self, name: str, work: Awaitable[object]) -> None:
        try:
            await work
        except (SlackUnavailable, StoreUnavailable, Fenced) as error:
            log_line("sweep goes on", part=name, error=str(error))
        except Exception as error:  # noqa: BLE001 - top level: one bug must not end the round
            log_line("sweep goes on", part=name, error=where(error))
