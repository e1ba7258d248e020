"""Ask several things at once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar, cast, overload

import anyio

from mcp_server.errors import DiagnosticError

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
Ask = Callable[[], Awaitable[T]]


@overload
async def gather(first: Ask[A], second: Ask[B], /) -> tuple[A, B]: ...


@overload
async def gather(first: Ask[A], second: Ask[B], third: Ask[C], /) -> tuple[A, B, C]: ...


async def gather(*asked: Ask[object]) -> tuple[object, ...]:
    """Return all answers in order; the first DiagnosticError ends the others and is raised."""
    found = await every(asked)
    for one in found:
        if isinstance(one, DiagnosticError):
            raise one
    return tuple(found)


async def both(first: Ask[A], second: Ask[B]) -> tuple[A | DiagnosticError, B | DiagnosticError]:
    """Return two answers of different kinds, each its own or the DiagnosticError that it met."""
    asked: list[Ask[A | B]] = [first, second]
    one, other = await every(asked)
    return cast(A | DiagnosticError, one), cast(B | DiagnosticError, other)


async def every(asked: Sequence[Ask[T]]) -> list[T | DiagnosticError]:
    """Return for each its answer or the DiagnosticError that it met; anything else is raised."""
    found: list[T | DiagnosticError] = [DiagnosticError("not asked")] * len(asked)

    async def ask(at: int, one: Ask[T]) -> None:
        try:
            found[at] = await one()
        except DiagnosticError as wrong:
            found[at] = wrong

    async with anyio.create_task_group() as group:
        for at, one in enumerate(asked):
            group.start_soon(ask, at, one)
    return found


class Wanted(Generic[T]):
    """One part of an answer; `value` is `otherwise` until it was asked for, and when it failed."""

    def __init__(self, what: str, ask: Ask[T], otherwise: T) -> None:
        self.what = what
        self.ask = ask
        self.value = otherwise
        self.error: DiagnosticError | None = None

    async def fetch(self) -> None:
        """Ask; a DiagnosticError is kept, not raised."""
        try:
            self.value = await self.ask()
        except DiagnosticError as wrong:
            self.error = wrong


async def ask_all(*wanted: Wanted[Any]) -> list[str]:  # Any: each part has its own kind
    """Ask for all parts at once; return what could not be had, a line for each reason."""
    await every([one.fetch for one in wanted])
    reasons: dict[str, list[str]] = {}
    for one in wanted:
        if one.error is not None:
            reasons.setdefault(str(one.error), []).append(one.what)
    return [f"{', '.join(parts)}: {why}" for why, parts in reasons.items()]
