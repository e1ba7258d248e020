"""What came into a channel while nobody listened: read from its history and answered."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bridge.alert.rules import rules_from
from slack_bridge.events import decide
from slack_bridge.incidents import Key, StoreUnavailable
from slack_bridge.job import Job
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.log import log_line, where
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable

# Younger messages are still on their way to us as events.
YOUNG_SECONDS = 60.0
# An outage longer than this is not made good message by message.
MOST_AGE_SECONDS = 86_400.0
# A message that cannot be answered is read so often, a round each.
MOST_TRIES = 5


class History:
    """Reads the watched channels: those named in the settings, and those an alert came from."""

    def __init__(self, desk: Desk, answer: Callable[[Job], Awaitable[None]]) -> None:
        self.desk, self._answer = desk, answer
        self._rules = rules_from(desk.settings)
        self._us: Mapping[str, str] = {}

    async def read(self) -> None:
        """Answer what each channel's history has since what was dealt with last."""
        if not self._us:
            self._us = await self.desk.slack.who_we_are()
        await self._watch()
        watched = await self.desk.stored(self.desk.store.channels)
        for (team, channel), ts in watched.items():
            if not self._rules.channels or channel in self._rules.channels:
                await self._channel(team, channel, ts)

    async def _watch(self) -> None:
        now = f"{self.desk.clock():.6f}"
        for channel in self.desk.settings.slack_channels:
            await self.desk.stored(self.desk.store.meet, self._us["team_id"], channel, now)

    async def _channel(self, team: str, channel: str, since: str) -> None:
        oldest = max(float(since), self.desk.clock() - MOST_AGE_SECONDS)
        oldest_ts = since if oldest == float(since) else f"{oldest:.6f}"
        try:
            messages = await self.desk.slack.history(channel, oldest_ts)
        except (SlackRefused, SlackUnavailable) as error:
            # The other channels are read all the same; this one again in a minute.
            log_line("history not read", channel=channel, error=str(error))
            return
        passed = True
        for message in messages:
            if float(message["ts"]) > self.desk.clock() - YOUNG_SECONDS:
                return
            # What could not be answered is read again next time, and hides none after it.
            passed = await self._message(team, channel, message) and passed
            if passed:
                await self.desk.stored(self.desk.store.seen, team, channel, str(message["ts"]))

    async def _message(self, team: str, channel: str, message: Mapping[str, Any]) -> bool:
        """Whether it is dealt with: answered, of no concern, or given up after MOST_TRIES."""
        ts = str(message["ts"])
        try:
            if job := await self._job(team, channel, message):
                log_line("found in the history", channel=channel, ts=ts, kind=job.kind)
                await self._answer(job)
        except (StoreUnavailable, SlackUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - top level: one message must not hide those after it
            tries = await self.desk.stored(
                self.desk.store.add, f"history/{team}/{channel}/{ts}", self.desk.clock()
            )
            then = "given up" if tries >= MOST_TRIES else "read again"
            log_line("not answered", channel=channel, ts=ts, then=then, error=where(error))
            return tries >= MOST_TRIES
        return True

    async def _job(self, team: str, channel: str, message: Mapping[str, Any]) -> Job | None:
        """What it asks of us; nothing when its event came and somebody has it in hand."""
        event = {**message, "type": "message", "channel": channel}
        us = [{"user_id": self._us["user_id"]}, {"user_id": self._us["bot_id"]}]
        job = decide({"team_id": team, "authorizations": us, "event": event}, self._rules).job
        if job is None:
            return None
        key = Key(job.team_id, job.channel, job.ts)
        known = await self.desk.stored(self.desk.store.get, key.incident_id)
        # What is left unfinished is the sweep's to take up, by its lease.
        return job if known is None else None
