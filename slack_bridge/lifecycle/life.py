"""The life of an alert: claimed, read, answered, deepened, ended; never left half said."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from slack_bridge.blocks import Message, diagnosis_message, failure_message
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Fenced, Member, Record, State, StoreUnavailable
from slack_bridge.lifecycle import repeats, storm
from slack_bridge.lifecycle.desk import ENDING_SECONDS, Desk, say
from slack_bridge.lifecycle.lines import line_of, post_line
from slack_bridge.lifecycle.lineup import Turn
from slack_bridge.lifecycle.lists import Lists
from slack_bridge.lifecycle.ports import Case
from slack_bridge.lifecycle.reply import Reply
from slack_bridge.log import log_line, where
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable


class Life:
    """One alert's run by one holder of its lease.

    `record` is as claimed; `resumed` says that an earlier holder may have posted; `stormy` that
    only logs are to be read; `alone` that it is no repeat whatever is found, for a person asked.
    `lines_wait` is told of a repeat's line that is left to be posted; `turn` is its place among
    the alerts of this process.
    """

    def __init__(
        self,
        desk: Desk,
        lists: Lists,
        record: Record,
        case: Case,
        *,
        resumed: bool = False,
        stormy: bool = False,
        alone: bool = False,
    ) -> None:
        self.desk, self.lists, self.record, self.case = desk, lists, record, case
        self.resumed, self.stormy, self.alone = resumed, stormy, alone
        self.lines_wait: Callable[[], None] = lambda: None
        self.turn: Turn | None = None
        self.log_alone = False
        self._reading: asyncio.Task[Found] | None = None
        self.found: Found | None = None
        self.place = repeats.Place()
        self.step = ""
        self.reply = Reply(desk, record)

    async def run(self, seconds: float, reading: "asyncio.Task[Found] | None" = None) -> None:
        """Live it within so many seconds; SlackUnavailable or StoreUnavailable: try again later.

        `reading` is the case's quick diagnosis, when it is under way already.
        """
        self._reading = reading
        await self._guarded(self._within(seconds))

    async def give_up(self, times: int) -> None:
        """End it honestly after too many interruptions; raises as `run` does."""
        await self._guarded(self._given_up(times))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Fenced as error:
            log_line("taken over", incident=self.record.id, why=str(error))
        except SlackRefused as refusal:
            await self._refused(refusal)
        except SlackUnavailable:
            await self.desk.release(self.record)
            raise
        finally:
            await self.reply.stop()

    async def _within(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds) as limit:
                await self._answer()
        except (Fenced, SlackRefused, SlackUnavailable, StoreUnavailable):
            # Without the store nobody may write: its lease ends by itself.
            raise
        except Exception as error:  # noqa: BLE001 - top level: a bug must not leave the thread waiting
            if isinstance(error, TimeoutError) and limit.expired():
                await self._stop("deadline", seconds=round(seconds))
            else:
                log_line("failed", incident=self.record.id, error=where(error))
                await self._stop("failed", error=type(error).__name__)

    async def _given_up(self, times: int) -> None:
        await self._look_for_reply()
        await self._stop("gave_up", times=times)

    async def _stop(self, why: str, **words: object) -> None:
        """End with an honest sentence of life.toml: under what is known, or alone."""
        try:
            async with asyncio.timeout(ENDING_SECONDS):
                await self._stopped(why, words)
        except TimeoutError as error:
            # The lease ends soon, and whoever has it then may write.
            raise SlackUnavailable(f"not ended within {ENDING_SECONDS:.0f} s") from error

    async def _stopped(self, why: str, words: Mapping[str, object]) -> None:
        await self.reply.stop()
        known = self.found or _stored(self.record)
        if known is not None:
            footer = say(f"footers.{why}", **words)
            await self._say(diagnosis_message(known, incident_id=self.record.id, footer=footer))
        else:
            await self._say(failure_message(say(f"failures.{why}", **words), self.record.id))
        self.record = self.record.having(stopped=why, final_answer_at=self.desk.clock())
        await self._end("stopped")

    async def _answer(self) -> None:
        await self._look_for_reply()
        if self.record.body.get("finished"):
            await self._finish(Found.from_json(self.record.body))
            return
        first = await self._first()
        await self._place_in_turn(first)
        if await self._is_repeat(first) or await self._is_shared(first):
            return
        await self._show_first(first)
        final = await self._deepened(first)
        if final is not None:
            await self._finish(final)

    async def _look_for_reply(self) -> None:
        """After a take-over: the reply that was posted but not noted."""
        if self.resumed:
            await self.reply.look()

    async def _first(self) -> Found:
        if not self.stormy:
            found = await (self._reading or self.case.quick())
            crowded = self.turn is not None and self.turn.crowded
            if repeats.is_proven(found.diagnosis) or not (crowded or self._in_storm):
                return found
            # Its log is waited for: it may show what another alert has shown already.
        return await self.case.rules("logs")

    @property
    def _in_storm(self) -> bool:
        return self.stormy or (self.desk.in_storm and not self.alone)

    async def _place_in_turn(self, found: Found) -> None:
        """Those that came before are placed first, so that theirs is the investigation."""
        if self.turn is not None:
            await self.turn.come()
        await self._place(found)
        if self.turn is not None:
            self.turn.done()

    async def _place(self, found: Found) -> None:
        if self.alone:
            return
        self.place = await repeats.place(self.desk, self.record, found, storm=self.stormy)
        self.record = replace(self.record, fingerprint=self.place.key)

    async def _is_repeat(self, found: Found) -> bool:
        # A storm that broke while this one was read takes it in.
        first = self.place.earlier(storm=self._in_storm)
        if first is None:
            return False
        self.stormy, self.found = self._in_storm, found
        await self._enlist(first, found)
        self.record = self.record.having(**found.as_json(), first=vars(first), storm=self.stormy)
        await self._say_again(found, first)
        self.lists.grow(first.incident_id)
        return True

    async def _is_shared(self, found: Found) -> bool:
        """In a crowd the first alert of a cause has its investigation; the log tells the others."""
        first = self.place.shared
        if first is None or self.turn is None or not self.turn.crowded:
            return False
        self.log_alone = True
        await self._enlist(first, found)
        await self._finish(found)
        self.lists.grow(first.incident_id)
        return True

    async def _enlist(self, first: Member, found: Found) -> None:
        me = repeats.member_of(self.record, found)
        await self.desk.stored(self.desk.store.enlist, first.incident_id, me)

    async def _say_again(self, found: Found, first: Member) -> None:
        if self.reply.ts or not self.stormy:
            record = replace(self.record, reply_ts=self.reply.ts)
            await post_line(self.desk, record, found, first)
            return
        key = self.record.key
        if await storm.may_post_line(self.desk, key.team_id, key.channel):
            # Posted by whoever drains the lines, after every new cause.
            await self.desk.save(replace(self.record.released(), state="waiting"))
            self.lines_wait()
        else:
            await self._end("listed")

    async def _show_first(self, found: Found) -> None:
        self.found = found
        self.step = "" if self.stormy else say("steps.rules")
        await self._say(self._message())
        answered = self.record.body.get("first_answer_at") or self.desk.clock()
        self.record = self.record.having(**found.as_json(), first_answer_at=answered)
        self.record = await self.desk.save(self.record)

    async def _deepened(self, first: Found) -> Found | None:
        """The last word; None when it turned out to be a repeat."""
        if self.stormy:
            return first
        self.found = await self.case.rules("full")
        if not repeats.is_proven(first.diagnosis):
            await self._place(self.found)
            if self.place.again is not None:
                await self._become_repeat(self.found, self.place.again)
                return None
        self.reply.show(self._message())
        if self.place.shared is not None:
            return self.found
        async with self.desk.deepening:
            return await self.case.deepen(self._progress)

    async def _become_repeat(self, found: Found, first: Member) -> None:
        """The cause came late and is known: the message becomes the one line."""
        await self._enlist(first, found)
        await self._say(await line_of(self.desk, found, first))
        self.record = self.record.having(
            **found.as_json(), first=vars(first), final_answer_at=self.desk.clock()
        )
        await self._end("repeat")
        self.lists.grow(first.incident_id)

    async def _progress(self, step: str) -> None:
        self.step = step
        self.reply.show(self._message())

    async def _finish(self, final: Found) -> None:
        """Store, then show, then end: whoever takes over between these goes on from there."""
        self.found, self.step = final, ""
        await self.reply.stop()
        shared = {"shares": vars(self.place.shared)} if self.place.shared else {}
        footer = self._footer()
        self.record = self.record.having(**final.as_json(), **shared, finished=True, footer=footer)
        self.record = await self.desk.save(self.record)
        shown = await self.desk.stored(self.desk.store.listed, self.record.id)
        await self._say(await self.lists.message(self.record, final, shown, footer))
        now, body = self.desk.clock(), self.record.body
        self.record = self.record.having(
            first_answer_at=body.get("first_answer_at") or now,
            final_answer_at=body.get("final_answer_at") or now,
            listed=len(shown),
        )
        await self._end("answered")
        await self._swap_reaction(say("reactions.answered"))
        self.lists.grow(self.record.id)

    def _footer(self) -> str:
        if self.stormy:
            return say("footers.storm")
        if self.place.shared is not None:
            return say("footers.same_cause_logs" if self.log_alone else "footers.same_cause")
        return str(self.record.body.get("footer") or "")

    def _message(self) -> Message:
        if self.found is None:
            raise ValueError("nothing is found yet")
        return diagnosis_message(self.found, incident_id=self.record.id, progress=self.step)

    async def _say(self, message: Message) -> None:
        await self.reply.say(message)
        self.record = replace(self.record, reply_ts=self.reply.ts)

    async def _end(self, state: State) -> None:
        self.record = await self.desk.save(self.record.end(state))
        log_line("ended", incident=self.record.id, state=state, channel=self.record.key.channel)

    async def _refused(self, refusal: SlackRefused) -> None:
        log_line("slack refused", incident=self.record.id, code=refusal.code, error=str(refusal))
        known = self.found.as_json() if self.found else {}
        self.record = self.record.having(**known, refused=str(refusal))
        await self._end("refused")
        await self._swap_reaction(say("reactions.refused"))

    async def _swap_reaction(self, after: str) -> None:
        if after and not self.stormy:
            key = self.record.key
            await self.desk.slack.unreact(key.channel, key.ts, say("reactions.working"))
            await self.desk.slack.react(key.channel, key.ts, after)


def _stored(record: Record) -> Found | None:
    return Found.from_json(record.body) if "diagnosis" in record.body else None
