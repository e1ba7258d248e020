"""Small questions about a try, its log, and calls that are already under way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mcp_server.investigate.target import Target
from mcp_server.reading.streams import TaskTry, index_of
from mcp_server.reading.task_log import TaskLog

T = TypeVar("T")


async def quietly(call: Callable[[], Awaitable[object]]) -> None:
    """Start a shared call early; whoever needs its answer meets its error."""
    await asyncio.gather(call(), return_exceptions=True)


async def within(task: "asyncio.Task[T | None]", seconds: float) -> T | None:
    """The task's answer if it comes in time; the task goes on either way."""
    await asyncio.wait({task}, timeout=seconds)
    return task.result() if task.done() else None


def has_cause(log: TaskLog) -> bool:
    """Whether a task's own log was read and holds something like a cause."""
    return bool(log.source and log.diagnosis and log.diagnosis.confidence != "inconclusive")


def wanted_try(target: Target) -> TaskTry:
    """The try whose log explains the target: that of its failed task where one is known."""
    failed = target.failed
    if failed is None:
        return TaskTry(
            target.dag_id, target.run_id, target.task_id, target.try_number, target.map_index
        )
    return TaskTry(
        failed.dag_id, failed.run_id, failed.task_id, failed.try_number, failed.map_index
    )


def is_of(log: TaskLog | None, target: Target) -> bool:
    """Whether the log that was read is that of the target's failed try."""
    if log is None or not log.source or not log.log_streams:
        return False
    wanted = wanted_try(target)
    stream = log.log_streams[0]
    return (
        f"/run_id={wanted.run_id}/task_id={wanted.task_id}/".replace(":", "_") in stream
        and wanted.try_number in (0, log.try_number)
        and wanted.map_index in (-1, index_of(stream))
    )
