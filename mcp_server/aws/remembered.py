"""Answers kept for a while, asked for once however many callers want them at the same time."""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio

from mcp_server.errors import DiagnosticError

T = TypeVar("T")
# Callers that waited for a failing answer share the failure instead of failing one by one.
FAILED_SECONDS = 3.0


class Remembered(Generic[T]):
    """Values by key, fresh for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._values: dict[str, tuple[float, T]] = {}
        self._failures: dict[str, tuple[float, DiagnosticError]] = {}
        self._locks: dict[str, anyio.Lock] = {}

    async def get(self, key: str, fetch: Callable[[], Awaitable[T]]) -> T:
        """The value of a key, fetched when there is no fresh one; raises what `fetch` raises."""
        async with self._locks.setdefault(key, anyio.Lock()):
            now = time.monotonic()
            if key in self._values and now - self._values[key][0] <= self._seconds:
                return self._values[key][1]
            if key in self._failures and now - self._failures[key][0] <= FAILED_SECONDS:
                raise self._failures[key][1]
            return await self._fetched(key, fetch)

    async def _fetched(self, key: str, fetch: Callable[[], Awaitable[T]]) -> T:
        try:
            value = await fetch()
        except DiagnosticError as error:
            self._failures[key] = time.monotonic(), error
            raise
        self._values[key] = time.monotonic(), value
        return value
