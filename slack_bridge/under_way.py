"""Calls that change something in Slack: who gives up waiting for one must not make it twice."""

import asyncio
from collections.abc import Coroutine
from typing import Any

Json = dict[str, Any]  # Any: Slack's JSON


class UnderWay:
    """Calls by key; one whose caller was cut off goes on, and is known to the next of its key."""

    def __init__(self) -> None:
        self._calls: dict[str, asyncio.Task[Json]] = {}

    async def make(self, key: str, call: Coroutine[Any, Any, Json]) -> Json:
        """Make the call and return what it returns; cut off, it stays known under its key."""
        task = asyncio.create_task(call)
        # Its error is somebody's to see only while somebody waits.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._calls[key] = task
        try:
            return await asyncio.shield(task)
        finally:
            if task.done():
                self._calls.pop(key, None)

    async def left(self, key: str) -> Json | None:
        """What a call that was cut off came to: None without one, {} when it failed."""
        task = self._calls.get(key)
        if task is None:
            return None
        await asyncio.wait({task})
        self._calls.pop(key, None)
        failed = task.cancelled() or task.exception() is not None
        return {} if failed else task.result()
