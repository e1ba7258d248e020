"""Slack's Web API as the worker uses it: posts that are not doubled, edits, and what was said."""

import asyncio
import http.client
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from slack_bridge import sdk_log
from slack_bridge.blocks import Message
from slack_bridge.log import log_line
from slack_bridge.message.forms import content, forms
from slack_bridge.pace import FIRST, Clock, Pace, Sleep
from slack_bridge.slack_errors import (
    TOO_RICH,
    SlackRefused,
    SlackUnavailable,
    TryLater,
    out_of_reach,
    read_refusal,
)
from slack_bridge.under_way import UnderWay

EVENT_TYPE = "de_agent_incident"
TIMEOUT_SECONDS = 10
# Slack that does not answer at all is left alone sooner than one that asks for patience.
MOST_TRIES, MOST_SECONDS = 6, 30.0
# A post whose answer was lost may still be on its way.
LOST_SECONDS = 2.0
AT_ONCE = 16
MOST_LINKS = 500
# chat.update is of tier 3, about 50 a minute for the workspace.
EDIT_ALL_SECONDS, EDIT_BURST = 1.25, 15
Json = dict[str, Any]  # Any: Slack's JSON
Taken = TypeVar("Taken")


class Slack:
    """The methods in use, each awaited, paced and tried again as Slack asks."""

    def __init__(
        self,
        token: str,
        api_url: str = "",
        pace: Pace | None = None,
        edits: Pace | None = None,
        sleep: Sleep = asyncio.sleep,
        timeout: int = TIMEOUT_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        # No retries of the SDK's own: it would post again what may have been posted.
        url, log = api_url or WebClient.BASE_URL, sdk_log.of_calls()
        self._web = WebClient(token, url, timeout, retry_handlers=[], logger=log)
        self.pace = pace or Pace()
        self._edits = edits or Pace(EDIT_ALL_SECONDS, EDIT_BURST)
        self._sleep, self._clock = sleep, clock
        self._archive = ""
        self._links: dict[tuple[str, str], str] = {}
        self._limit = CapacityLimiter(AT_ONCE)
        self._under_way = UnderWay()

    async def post(
        self, channel: str, thread_ts: str, message: Message, mark: str, rank: int = FIRST
    ) -> str:
        """Post into a thread and return the message's ts; `mark` is how a take-over finds it."""
        return await self._taken(
            channel, message, lambda form: self._post(channel, thread_ts, form, mark, rank)
        )

    async def edit(self, channel: str, ts: str, message: Message, rank: int = FIRST) -> None:
        """Replace a message of ours; all edits together keep within Slack's tier."""

        async def send(form: Message) -> None:
            await self._edits.turn("", rank)
            await self._call(self._web.chat_update, channel=channel, ts=ts, **content(form))

        await self._under_way.left(ts)
        await self._taken(channel, message, send)

    async def remove(self, channel: str, ts: str) -> None:
        """Delete a message of ours that another one replaces; a refusal is only logged."""
        await self._courtesy("message_not_found", self._web.chat_delete, channel=channel, ts=ts)

    async def find(self, channel: str, thread_ts: str, mark: str) -> str:
        """The ts of the reply that carries this mark; "" when none does or none can be read."""
        try:
            said_there = await self.replies(channel, thread_ts)
        except SlackRefused as refusal:
            # Better an answer that may stand twice than none.
            log_line("replies refused", channel=channel, incident=mark, error=str(refusal))
            return ""
        for message in said_there:
            said = message.get("metadata") or {}
            payload = said.get("event_payload") or {}
            if said.get("event_type") == EVENT_TYPE and payload.get("incident_id") == mark:
                return str(message["ts"])
        return ""

    async def replies(self, channel: str, thread_ts: str, most: int = 1_000) -> list[Json]:
        """A thread's messages, the parent first, with metadata; empty when there is no thread."""
        try:
            return await self._pages(
                self._web.conversations_replies,
                most,
                channel=channel,
                ts=thread_ts,
                include_all_metadata=True,
            )
        except SlackRefused as refusal:
            if refusal.code == "thread_not_found":
                return []
            raise

    async def history(self, channel: str, oldest: str, most: int = 5_000) -> list[Json]:
        """A channel's own messages after `oldest`, the oldest first; of more only the newest."""
        found = await self._pages(
            self._web.conversations_history, most, channel=channel, oldest=oldest
        )
        if len(found) >= most:
            log_line("history cut", channel=channel, read=most)
        return found[::-1]

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message; "" when Slack gives none."""
        if (channel, ts) in self._links:
            return self._links[channel, ts]
        try:
            said = await self._call(self._web.chat_getPermalink, channel=channel, message_ts=ts)
        except (SlackRefused, SlackUnavailable) as error:
            log_line("no permalink", channel=channel, ts=ts, error=str(error))
            return ""
        if len(self._links) >= MOST_LINKS:
            self._links.clear()
        link = self._links[channel, ts] = str(said.get("permalink") or "")
        return link

    async def addresses(self, messages: Sequence[tuple[str, str]]) -> list[str]:
        """The addresses of many (channel, ts), of which Slack is asked for one."""
        if messages and not self._archive:
            base, found, _ = (await self.permalink(*messages[0])).partition("/archives/")
            self._archive = f"{base}/archives" if found else ""
        base = self._archive
        return [
            f"{base}/{channel}/p{ts.replace('.', '')}" if base else "" for channel, ts in messages
        ]

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Add a reaction; one that stands already is fine, a refusal is only logged."""
        await self._courtesy(
            "already_reacted", self._web.reactions_add, channel=channel, timestamp=ts, name=name
        )

    async def unreact(self, channel: str, ts: str, name: str) -> None:
        """Take our reaction away; one that is gone already is fine."""
        await self._courtesy(
            "no_reaction", self._web.reactions_remove, channel=channel, timestamp=ts, name=name
        )

    async def status(self, channel: str, thread_ts: str, text: str) -> bool:
        """Show "is thinking ..." under a thread; False where Slack does not offer that."""
        return await self._courtesy(
            "",
            self._web.assistant_threads_setStatus,
            channel_id=channel,
            thread_ts=thread_ts,
            status=text,
        )

    async def who_we_are(self) -> Mapping[str, str]:
        """team_id, user_id and bot_id of our token."""
        said = await self._call(self._web.auth_test)
        return {name: str(said.get(name) or "") for name in ("team_id", "user_id", "bot_id")}

    async def close(self) -> None:
        await self.pace.close()
        await self._edits.close()

    async def _taken(
        self, channel: str, message: Message, send: Callable[[Message], Awaitable[Taken]]
    ) -> Taken:
        """Send in the first form that Slack takes."""
        *richer, last = forms(message)
        for form in richer:
            try:
                return await send(form)
            except SlackRefused as refusal:
                if refusal.code not in TOO_RICH:
                    raise
                log_line("blocks refused", channel=channel, code=refusal.code)
        return await send(last)

    async def _post(
        self, channel: str, thread_ts: str, message: Message, mark: str, rank: int
    ) -> str:
        if ts := await self._cut_off(channel, thread_ts, message, mark):
            return ts
        about = {"event_type": EVENT_TYPE, "event_payload": {"incident_id": mark}}
        said = {"channel": channel, "thread_ts": thread_ts, "metadata": about, **content(message)}
        began = self._clock()
        for number in range(MOST_TRIES):
            await self.pace.turn(channel, rank)
            try:
                posted = self._once(self._web.chat_postMessage, **said)
                return str((await self._under_way.make(mark, posted))["ts"])
            except TryLater as later:
                await self._patience(channel, later, number, began)
                # An answer that was lost may have been a post that was made.
                if later.maybe_done and (ts := await self.find(channel, thread_ts, mark)):
                    return ts
        raise SlackUnavailable("chat.postMessage was not tried")

    async def _cut_off(self, channel: str, thread_ts: str, message: Message, mark: str) -> str:
        """The ts of a post that its caller gave up waiting for; it says what it is to say now."""
        left = await self._under_way.left(mark)
        if left is None:
            return ""
        ts = str(left.get("ts") or "") or await self.find(channel, thread_ts, mark)
        if ts:
            await self.edit(channel, ts, message)
        return ts

    async def _pages(
        self, method: Callable[..., SlackResponse], most: int, **said: object
    ) -> list[Json]:
        found: list[Json] = []
        cursor = ""
        while len(found) < most:
            answer = await self._call(method, **said, limit=200, cursor=cursor)
            found += answer.get("messages") or []
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return found[:most]

    async def _courtesy(
        self, fine: str, method: Callable[..., SlackResponse], **said: object
    ) -> bool:
        try:
            await self._once(method, **said)
        except SlackRefused as refusal:
            if refusal.code != fine:
                log_line("courtesy refused", error=str(refusal))
                return False
        except (TryLater, SlackUnavailable) as later:
            log_line("courtesy left out", error=str(later))
            return False
        return True

    async def _call(self, method: Callable[..., SlackResponse], **said: object) -> Json:
        """A call that can be made again without harm."""
        key = str(said["ts"]) if method == self._web.chat_update else ""
        began = self._clock()
        for number in range(MOST_TRIES):
            once = self._once(method, **said)
            try:
                return await (self._under_way.make(key, once) if key else once)
            except TryLater as later:
                await self._patience("", later, number, began)
        raise SlackUnavailable("not tried")

    async def _patience(self, channel: str, later: TryLater, number: int, began: float) -> None:
        """Wait before the next try; raises SlackUnavailable when this was the last."""
        spent = self._clock() - began
        if number + 1 == MOST_TRIES or (spent > MOST_SECONDS and not later.after):
            raise SlackUnavailable(str(later)) from later
        seconds = later.after or min(2.0**number / 2, 8.0)
        if later.maybe_done and channel:
            seconds = max(seconds, LOST_SECONDS)
        if channel and later.after:
            self.pace.hold(channel, seconds)
        log_line("slack again", method=later.method, why=str(later), seconds=seconds)
        await self._sleep(seconds)

    async def _once(self, method: Callable[..., SlackResponse], **said: object) -> Json:
        name = _method(method)
        try:
            answer = await to_thread.run_sync(
                lambda: method(**said), abandon_on_cancel=True, limiter=self._limit
            )
        except SlackApiError as error:
            raise read_refusal(error.response, name, str(said.get("channel") or "")) from error
        except SlackClientError as error:
            raise TryLater(name, f"{name}: {type(error).__name__}", maybe_done=True) from error
        except (OSError, http.client.HTTPException) as error:
            raise TryLater(name, f"{name}: {out_of_reach(error)}", maybe_done=True) from error
        data = answer.data
        return data if isinstance(data, dict) else {}


def _method(method: Callable[..., SlackResponse]) -> str:
    """`chat_postMessage` as Slack's documents call it."""
    return getattr(method, "__name__", "").replace("_", ".")
