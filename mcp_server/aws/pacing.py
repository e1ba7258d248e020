"""Waiting on purpose: a polite rate of calls, and pauses between tries."""

import random
import threading
import time

import anyio

FIRST_PAUSE, LONGEST_PAUSE = 0.3, 1.5


class Pace:
    """At most `burst` calls at once and `per_second` from then on; thread-safe."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._gap = 1.0 / per_second
        self._burst = burst
        self._next = 0.0
        self._lock = threading.Lock()

    async def turn(self) -> None:
        """Wait until the next call is due."""
        wait = self._take()
        if wait > 0:
            await anyio.sleep(wait)

    def _take(self) -> float:
        with self._lock:
            now = time.monotonic()
            # Credit for the time without calls, up to `burst` calls.
            due = max(self._next, now - (self._burst - 1) * self._gap)
            self._next = due + self._gap
            return due - now


def pause(attempt: int) -> float:
    """Seconds to wait before try `attempt` (2, 3, ...): doubling up to a limit, with jitter."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 2))
    return random.uniform(longest / 6, longest)  # noqa: S311 - jitter, no secret
