"""Processes that die at a chosen step: every store call and every Slack call is two steps."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from life_support import Bench

from slack_bridge.incidents import Incidents
from slack_bridge.thread import Slack
from slack_bridge.worker import Worker


class Crashed(BaseException):
    """The process is gone; no `except Exception` of ours may notice."""


class Fuse:
    """Blows at step `at`, counted before and after every call; then nothing works any more."""

    def __init__(self, at: int = 1_000_000) -> None:
        self.at, self.steps = at, 0

    @property
    def is_blown(self) -> bool:
        return self.steps > self.at

    def step(self) -> None:
        self.steps += 1
        if self.is_blown:
            raise Crashed


class DyingStore:
    """The store as seen by a process that dies."""

    def __init__(self, store: Incidents, fuse: Fuse) -> None:
        self._store, self._fuse = store, fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self._store, name)

        def call(*args: object, **kwargs: object) -> object:
            self._fuse.step()
            answer = real(*args, **kwargs)
            self._fuse.step()
            return answer

        return call


class DyingSlack(Slack):
    """Slack as seen by a process that dies."""

    fuse: Fuse

    async def _once(self, method: Callable[..., Any], **said: object) -> dict[str, Any]:
        self.fuse.step()
        answer = await super()._once(method, **said)
        self.fuse.step()
        return answer


@asynccontextmanager
async def dying(bench: Bench, process: str, fuse: Fuse) -> AsyncIterator[Worker]:
    """A worker whose process ends when its fuse blows; its end is swallowed here."""
    desk = bench.desk(process)
    desk.store = DyingStore(bench.store, fuse)  # type: ignore[assignment]  # calls pass through
    desk.slack.__class__ = DyingSlack
    desk.slack.fuse = fuse  # type: ignore[attr-defined]  # it is a DyingSlack now
    worker = Worker(desk)
    try:
        yield worker
    except Crashed:
        pass
    finally:
        tasks = set(desk.background)
        for task in tasks if fuse.is_blown else ():
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await desk.slack.close()
