"""The parts of one investigation: each under its own limit, each failing for itself alone."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

from mcp_server.domain.diagnosis import NotChecked
from mcp_server.errors import DiagnosticError

T = TypeVar("T")
log = logging.getLogger(__name__)

LIMIT_S = 9.0
OWN_FAULT = "this part failed inside de-agent; the server's own log has the reason"
STILL_READING = "still being read"


class Parts:
    """Runs named parts until one common deadline and keeps what could not be had.

    `deadline` is a time of the event loop's clock.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._pending: dict[str, int] = {}
        self._missed: dict[str, str] = {}

    async def run(self, what: str, work: Awaitable[T], limit_s: float = 0.0) -> T | None:
        """The work's answer; None when it failed or took too long, which `missed` then tells."""
        self._pending[what] = self._pending.get(what, 0) + 1
        try:
            return await self._limited(what, work, limit_s)
        except DiagnosticError as error:
            self._missed[what] = str(error)
        except ExceptionGroup as group:
            self._missed[what] = _anticipated(what, group)
        except Exception:
            # One part's own fault must not cost the others' findings.
            log.exception("a part of an investigation failed: %s", what)
            self._missed[what] = OWN_FAULT
        finally:
            self._pending[what] -= 1
        return None

    def miss(self, what: str, why: str) -> None:
        """Keep that something wanted could not be had."""
        self._missed[what] = why

    def forget(self, what: str) -> None:
        """It could be had after all, another way."""
        self._missed.pop(what, None)

    def missed(self) -> list[NotChecked]:
        """What could not be had and what is not finished yet, those of one reason together."""
        open_parts = [what for what, count in self._pending.items() if count]
        by_reason: dict[str, list[str]] = {}
        for what, why in [*self._missed.items(), *((what, STILL_READING) for what in open_parts)]:
            by_reason.setdefault(why, []).append(what)
        return [NotChecked(what=", ".join(whats), why=why) for why, whats in by_reason.items()]

    async def _limited(self, what: str, work: Awaitable[T], limit_s: float) -> T | None:
        left = self._deadline - asyncio.get_running_loop().time()
        seconds = max(min(limit_s or LIMIT_S, left), 0.05)
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            self._missed[what] = (
                f"no answer within {seconds:.0f} s" if seconds >= 1 else "no answer in time"
            )
            return None


def _anticipated(what: str, group: ExceptionGroup) -> str:
    """The DiagnosticError that parallel calls met, else that it was our own fault."""
    found, _ = group.split(DiagnosticError)
    while found is not None:
        first = found.exceptions[0]
        if not isinstance(first, ExceptionGroup):
            return str(first)
        found = first
    log.error("a part of an investigation failed: %s", what, exc_info=group)
    return OWN_FAULT
