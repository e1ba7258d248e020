"""Alerts of one process in the order they came: each is placed only after those before it.

Twelve alerts of one cause within seconds would else all be looked into, each before the first of
them knows its cause. Other processes are not seen here; the store's first-come key is theirs.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

# An alert may share a cause with one that is still in work, or with several that came so lately:
# its log is read before all else.
CROWD_SECONDS, SEVERAL = 30.0, 2
# A first look takes less than this; whoever hangs is not waited for.
MOST_WAIT_SECONDS = 2.5


class Turn:
    """One alert's place in the line; `crowded` says that others came just before it."""

    def __init__(self, line: "Lineup", incident_id: str, *, crowded: bool) -> None:
        self.incident_id, self.crowded = incident_id, crowded
        self._line = line
        self._over = asyncio.Event()
        self._before = list(line.open)

    async def come(self) -> None:
        """Return once all that came before are placed, or after MOST_WAIT_SECONDS."""
        await _all_over(self._before, MOST_WAIT_SECONDS)
        self._before.clear()

    async def over(self) -> None:
        """Wait until this one is placed, or needs no place."""
        await self._over.wait()

    def done(self) -> None:
        """Let those behind go on; doing so twice is once."""
        self._over.set()
        self._line.placed(self)

    def end(self) -> None:
        """It is in work no longer."""
        self.done()
        self._line.leave(self)


class Lineup:
    """The line of this process; `clock` tells epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.open: list[Turn] = []
        self._in_work: list[Turn] = []
        self._clock = clock
        self._came: dict[str, float] = {}

    def join(self, incident_id: str) -> Turn:
        """Stand behind those that came before; the same alert again is no crowd."""
        now = self._clock()
        self._came = {name: at for name, at in self._came.items() if now - at < CROWD_SECONDS}
        lately = len(self._came.keys() - {incident_id})
        working = any(turn.incident_id != incident_id for turn in self._in_work)
        turn = Turn(self, incident_id, crowded=working or lately >= SEVERAL)
        self._came.setdefault(incident_id, now)
        self.open.append(turn)
        self._in_work.append(turn)
        return turn

    def placed(self, turn: Turn) -> None:
        """Nobody waits for it any more."""
        if turn in self.open:
            self.open.remove(turn)

    def leave(self, turn: Turn) -> None:
        """Its work is over."""
        if turn in self._in_work:
            self._in_work.remove(turn)

    async def all_placed(self, seconds: float) -> None:
        """Return once all that stand in the line now are placed, or after so many seconds."""
        await _all_over(list(self.open), seconds)


async def _all_over(turns: Sequence[Turn], seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for turn in turns:
                await turn.over()
