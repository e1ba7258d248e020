"""Run calls side by side and keep their order."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from mcp_server.errors import DiagnosticError

T = TypeVar("T")


async def side_by_side(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """All answers in the order of the calls; the first failing call's error when one fails."""
    answers: dict[int, T] = {}
    errors: dict[int, DiagnosticError] = {}

    async def one(index: int, call: Callable[[], Awaitable[T]]) -> None:
        try:
            answers[index] = await call()
        except DiagnosticError as error:
            errors[index] = error

    async with anyio.create_task_group() as group:
        for index, call in enumerate(calls):
            group.start_soon(one, index, call)
    if errors:
        raise errors[min(errors)]
    return [answers[index] for index in range(len(calls))]
