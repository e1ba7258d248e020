"""First messages whose list of repeats grows: edited by one lease holder, not at every repeat."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from slack_bridge.blocks import Also, Message, diagnosis_message
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Fenced, Member, Record, StoreUnavailable
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.log import log_line
from slack_bridge.pace import LATER
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable

EDIT_LEASE_SECONDS = 60.0


class Lists:
    """Brings the messages of first alerts up to date, each at most every few seconds."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._growing: set[str] = set()

    def grow(self, incident_id: str) -> None:
        """The list of this incident may have grown: show it soon, in the background."""
        if incident_id not in self._growing:
            self._growing.add(incident_id)
            self.desk.later(asyncio.create_task(self._soon(incident_id)))

    async def refresh(self, incident_id: str) -> bool:
        """Show the list as it is now; False while the incident's holder still works on it."""
        record = await self.desk.stored(self.desk.store.get, incident_id)
        if record is None or record.state != "answered" or not record.reply_ts:
            return False
        if len(await self.desk.stored(self.desk.store.listed, record.id)) == record.body.get(
            "listed", 0
        ):
            return True
        owner = self.desk.owner("list")
        held = await self.desk.reopen(incident_id, owner, EDIT_LEASE_SECONDS)
        return held is not None and await self._shown(held)

    async def message(
        self, record: Record, found: Found, others: Sequence[Member], footer: str
    ) -> Message:
        """The final message with how often it came again, and where."""
        shares = [Member(**record.body["shares"])] if record.body.get("shares") else []
        also, first = await asyncio.gather(self._named(others), self._named(shares))
        return diagnosis_message(
            found,
            incident_id=record.id,
            repeats=also,
            shares=first[0] if first else None,
            recovered=str(record.body.get("recovered") or ""),
            footer=footer,
        )

    async def _named(self, members: Sequence[Member]) -> list[Also]:
        """One entry a label, the newest first, with the address of its newest alert."""
        counts = Counter(member.label for member in members)
        latest: dict[str, Member] = {}
        for member in reversed(members):
            latest.setdefault(member.label, member)
        newest = list(latest.values())
        urls = await self.desk.slack.addresses([(m.channel, m.ts) for m in newest])
        pairs = zip(newest, urls, strict=True)
        return [Also(member.label, url, counts[member.label]) for member, url in pairs]

    async def _soon(self, incident_id: str) -> None:
        await self.desk.sleep(self.desk.edit_seconds)
        self._growing.discard(incident_id)
        try:
            await self.refresh(incident_id)
        except (SlackUnavailable, StoreUnavailable) as error:
            # The sweep looks at every list again.
            log_line("list not shown", incident=incident_id, error=str(error))

    async def _shown(self, record: Record) -> bool:
        """Edit while holding the lease, then let go; what came meanwhile is shown too."""
        others = await self.desk.stored(self.desk.store.listed, record.id)
        found, footer = Found.from_json(record.body), str(record.body.get("footer") or "")
        message = await self.message(record, found, others, footer)
        try:
            await self.desk.slack.edit(record.key.channel, record.reply_ts, message, LATER)
            ended = record.having(listed=len(others)).end("answered")
        except SlackRefused as refusal:
            log_line("slack refused", incident=record.id, error=str(refusal))
            ended = record.having(refused=str(refusal)).end("refused")
        except SlackUnavailable:
            await self._end(record.end("answered"))
            raise
        await self._end(ended)
        if ended.state == "answered" and len(
            await self.desk.stored(self.desk.store.listed, record.id)
        ) > len(others):
            self.grow(record.id)
        return True

    async def _end(self, record: Record) -> None:
        try:
            await self.desk.save(record)
        except Fenced as error:
            log_line("taken over", incident=record.id, why=str(error))
