"""The one message of ours under an alert: posted once, found after a crash, edited to its end."""

from slack_bridge.blocks import Message
from slack_bridge.incidents import Record
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.log import log_line
from slack_bridge.pace import LiveMessage
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable


class Reply:
    """`ts` is the message's, "" until it stands."""

    def __init__(self, desk: Desk, record: Record) -> None:
        self._slack, self._mark = desk.slack, record.id
        self._channel, self._thread_ts = record.key.channel, record.thread_ts
        self.ts = record.reply_ts
        self._live = LiveMessage(self._edit, desk.edit_seconds)

    async def look(self) -> None:
        """After a take-over: the message that was posted but not noted."""
        if not self.ts:
            self.ts = await self._slack.find(self._channel, self._thread_ts, self._mark)

    async def say(self, message: Message) -> None:
        """Post the message, or edit it when it stands; raises what the post raises.

        Where Slack takes no edit, the message is posted anew and the old one taken away: nothing
        is left at "looking".
        """
        if not self.ts:
            await self._post(message, self._mark)
            return
        try:
            await self._live.end(message)
        except (SlackRefused, SlackUnavailable) as error:
            if getattr(error, "code", "") == "message_not_found":
                # A person deleted it: so be it.
                raise
            log_line("not edited, posted anew", incident=self._mark, error=str(error))
            await self._post_anew(message)

    def show(self, message: Message) -> None:
        """Show progress soon, as far as Slack's pace allows."""
        self._live.show(message)

    async def stop(self) -> None:
        """Show nothing more; an edit under way is waited for."""
        await self._live.stop()

    async def _post(self, message: Message, mark: str) -> None:
        self.ts = await self._slack.post(self._channel, self._thread_ts, message, mark)
        self._live.posted(message)

    async def _post_anew(self, message: Message) -> None:
        mark, old = f"{self._mark}:last", self.ts
        earlier = await self._slack.find(self._channel, self._thread_ts, mark)
        if not earlier:
            await self._post(message, mark)
        else:
            self.ts = earlier
        if self.ts != old:
            await self._slack.remove(self._channel, old)

    async def _edit(self, message: Message) -> None:
        await self._slack.edit(self._channel, self.ts, message)
