"""Calls that several parts of an investigation want, each made once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Shared:
    """Answers by key: the first to ask starts the call, the others wait for the same one.

    A waiter that gives up leaves the call running for the rest; `close` ends what still runs.
    """

    def __init__(self) -> None:
        self._calls: dict[str, asyncio.Task[Any]] = {}  # Any: each key has its own type

    def start(self, key: str, call: Callable[[], Coroutine[Any, Any, T]]) -> "asyncio.Task[T]":
        """Begin the call of a key, if nobody did yet, without waiting for it."""
        task = self._calls.get(key)
        if task is None:
            task = self._calls[key] = asyncio.create_task(call(), name=key)
        return cast("asyncio.Task[T]", task)

    async def once(self, key: str, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer (or the error) of the one call of a key."""
        return await asyncio.shield(self.start(key, call))

    async def close(self) -> None:
        """End every call that still runs and wait for its end."""
        for task in self._calls.values():
            task.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)
