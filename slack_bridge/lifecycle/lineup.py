"""Alerts of one process in the order they came: each is placed only after those before it.

Twelve alerts of one cause within seconds would else all be looked into, each before the first of
them knows its cause. Other processes are not seen here; the store's first-come key is theirs.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

# So soon after another one, an alert may share its cause: its log is read before all else.
CROWD_SECONDS = 30.0
# A first look takes less than this; whoever hangs is not waited for.
MOST_WAIT_SECONDS = 2.5


class Turn:
    """One alert's place in the line; `crowded` says that another came just before it."""

    def __init__(self, line: "Lineup", *, crowded: bool) -> None:
        self.crowded = crowded
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
        self._line.leave(self)


class Lineup:
    """The line of this process; `clock` tells epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.open: list[Turn] = []
        self._clock = clock
        self._came: dict[str, float] = {}

    def join(self, incident_id: str) -> Turn:
        """Stand behind those that came before; the same alert again is no crowd."""
        now = self._clock()
        self._came = {name: at for name, at in self._came.items() if now - at < CROWD_SECONDS}
        turn = Turn(self, crowded=any(name != incident_id for name in self._came))
        self._came.setdefault(incident_id, now)
        self.open.append(turn)
        return turn

    def leave(self, turn: Turn) -> None:
        """Its turn is over."""
        if turn in self.open:
            self.open.remove(turn)

    async def placed(self, seconds: float) -> None:
        """Return once all that stand in the line now are placed, or after so many seconds."""
        await _all_over(list(self.open), seconds)


async def _all_over(turns: Sequence[Turn], seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for turn in turns:
                await turn.over()
