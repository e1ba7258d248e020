"""How fast we write: a bucket of posts a channel, and a message edited as fast as Slack likes."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from slack_bridge.blocks import Message
from slack_bridge.log import log_line

# Slack takes about one post a second a channel, and short bursts.
POST_SECONDS, BURST = 1.0, 3
EDIT_SECONDS = 2.5
# An investigation that ends soon shows its end instead of its steps.
PATIENCE = 2.0
FIRST, LATER = 0, 1
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


@dataclass
class _Lane:
    free_at: float = 0.0
    waiting: list[tuple[int, int, asyncio.Future[None]]] = field(default_factory=list)
    serving: asyncio.Task[None] | None = None


class Pace:
    """Turns to post: those of a lower rank first, then in order of coming."""

    def __init__(
        self,
        seconds: float = POST_SECONDS,
        burst: int = BURST,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._seconds, self._burst, self._clock, self._sleep = seconds, burst, clock, sleep
        self._lanes: dict[str, _Lane] = {}
        self._numbers = itertools.count()

    async def turn(self, channel: str, rank: int = FIRST) -> None:
        """Return when this channel takes a post."""
        lane = self._lanes.setdefault(channel, _Lane())
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(lane.waiting, (rank, next(self._numbers), mine))
        if lane.serving is None or lane.serving.done():
            lane.serving = asyncio.create_task(self._serve(lane))
        await mine

    def hold(self, channel: str, seconds: float) -> None:
        """No post for so long: Slack said Retry-After."""
        lane = self._lanes.setdefault(channel, _Lane())
        lane.free_at = max(lane.free_at, self._clock() + seconds + self._slack)

    async def close(self) -> None:
        tasks = [lane.serving for lane in self._lanes.values() if lane.serving is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _slack(self) -> float:
        """How far `free_at` may lie ahead of the clock while a burst lasts."""
        return (self._burst - 1) * self._seconds

    async def _serve(self, lane: _Lane) -> None:
        while lane.waiting:
            delay = lane.free_at - self._slack - self._clock()
            if delay > 0:
                # Whoever ranks lower and comes meanwhile goes first.
                await self._sleep(delay)
                continue
            _, _, turn = heapq.heappop(lane.waiting)
            if not turn.done():
                lane.free_at = max(lane.free_at, self._clock()) + self._seconds
                turn.set_result(None)


class LiveMessage:
    """A message edited in place: what is newest, at most every EDIT_SECONDS; its end always.

    Progress waits PATIENCE times as long after the post; the end waits only for an earlier edit.
    """

    def __init__(
        self,
        edit: Callable[[Message], Awaitable[None]],
        seconds: float = EDIT_SECONDS,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._edit, self._seconds, self._clock, self._sleep = edit, seconds, clock, sleep
        self._wanted: Message | None = None
        self._shown: Message | None = None
        self._last = self._edited = -seconds
        self._task: asyncio.Task[None] | None = None
        self._pausing = False

    def posted(self, message: Message) -> None:
        """The message stands in Slack as this."""
        self._shown = message
        self._last = self._clock() + (PATIENCE - 1) * self._seconds

    def show(self, message: Message) -> None:
        """Show this soon; what was to be shown before it is skipped."""
        self._wanted = message
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def end(self, message: Message) -> None:
        """Show this as the last; raises what the edit raises."""
        await self.stop()
        if message == self._shown:
            return
        await self._pause(self._edited)
        await self._edit(message)
        self._note_edit(message)

    async def stop(self) -> None:
        """Show nothing more; an edit under way is waited for, a pause before one is not."""
        self._wanted = None
        if self._task is not None:
            if self._pausing:
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task, self._pausing = None, False

    async def _run(self) -> None:
        while self._wanted is not None:
            self._pausing = True
            await self._pause(self._last)
            self._pausing = False
            message, self._wanted = self._wanted, None
            if message is None or message == self._shown:
                continue
            try:
                await self._edit(message)
            except Exception as error:  # noqa: BLE001 - progress is a courtesy; the end is not
                log_line("progress not shown", error=f"{type(error).__name__}: {error!s:.200}")
                self._last = self._edited = self._clock()
            else:
                self._note_edit(message)

    def _note_edit(self, message: Message) -> None:
        self._shown = message
        self._last = self._edited = self._clock()

    async def _pause(self, since: float) -> None:
        wait = since + self._seconds - self._clock()
        if wait > 0:
            await self._sleep(wait)
