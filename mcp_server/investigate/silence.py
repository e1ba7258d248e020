"""A backend that left one call unanswered is not waited for again by the same investigation."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from mcp_server.errors import Unavailable

T = TypeVar("T")
# A client gives a call 10 s; retries of a throttled one end before that.
UNANSWERED_S = 9.5


class Silence:
    """Guards the calls of one backend: the first that ends unanswered ends the others as well.

    `after_s` is how long a call that ends in Unavailable must have taken to count as unanswered.
    """

    def __init__(self, after_s: float = UNANSWERED_S) -> None:
        self._after_s = after_s
        self._error: Unavailable | None = None
        self._fallen = asyncio.Event()

    async def guard(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The call's answer. Raises its error, or that of the call that was left unanswered."""
        self._refuse()
        asked = asyncio.create_task(self._timed(call))
        fallen = asyncio.create_task(self._fallen.wait())
        try:
            await asyncio.wait({asked, fallen}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                self._refuse()
            return await asked
        finally:
            asked.cancel()
            fallen.cancel()
            await asyncio.gather(asked, fallen, return_exceptions=True)

    def _refuse(self) -> None:
        if self._error is not None:
            raise self._error

    async def _timed(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await call()
        except Unavailable as error:
            if clock() - began >= self._after_s:
                self._error = error
                self._fallen.set()
            raise
