"""The way to the MCP server: one client, kept open, opened anew when it broke."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from mcp import Client, MCPError
from mcp.server import MCPServer
from mcp.types import CallToolResult, RequestParamsMeta, Tool

from slack_bridge.log import log_line
from slack_bridge.message.text import plain
from slack_bridge.message.wording import say

REFERENCE_TIME = "de-agent/reference_time"
OPEN_SECONDS = 10.0
# The code that the SDK's client gives to its own time-outs.
TIMED_OUT = -32001
Target = MCPServer[Any] | str  # Any: whatever context that server's tools share
Answered = TypeVar("Answered")


class ToolsUnreachable(Exception):
    """The server did not take the call; the text says why, in words for a thread."""


class ToolsWaited(ToolsUnreachable):
    """The tool did not answer in time."""


class Connection:
    """Calls the tools of `target`: a server object of this process, or an address.

    Safe for many investigations at once. The client lives in a task of its own, since it must be
    left by the task that entered it.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._opening = asyncio.Lock()
        self._closing = asyncio.Event()
        self._holder: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Client] | None = None
        self._tools: Sequence[Tool] = ()

    async def tools(self) -> Sequence[Tool]:
        """All tools, asked for once a connection. Raises ToolsUnreachable."""
        if not self._tools:
            self._tools = await self._guarded(_all_tools, OPEN_SECONDS)
        return self._tools

    async def call(
        self, name: str, arguments: Mapping[str, Any], at: datetime, seconds: float
    ) -> CallToolResult:
        """Call a tool as of `at`. Raises ToolsWaited or ToolsUnreachable."""
        stamp = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        meta = cast("RequestParamsMeta", {REFERENCE_TIME: stamp})

        async def ask(client: Client) -> CallToolResult:
            return await client.call_tool(
                name, dict(arguments), read_timeout_seconds=seconds, meta=meta
            )

        return await self._guarded(ask, seconds)

    async def close(self) -> None:
        """Leave the server; a later call opens it anew."""
        async with self._opening:
            await self._drop()

    async def _guarded(
        self, ask: Callable[[Client], Awaitable[Answered]], seconds: float
    ) -> Answered:
        """Ask an address twice: reading again is harmless, and a server may have restarted."""
        try:
            async with asyncio.timeout(seconds + 1.0):
                return await self._twice(ask)
        except TimeoutError as error:
            raise ToolsWaited(say("alone.timeout", seconds=f"{seconds:g}")) from error

    async def _twice(self, ask: Callable[[Client], Awaitable[Answered]]) -> Answered:
        client = await self._opened()
        try:
            return await ask(client)
        except Exception as error:
            # Transports raise what they like, in groups too.
            if _is_timeout(error):
                raise TimeoutError from error
            if not isinstance(self._target, str):
                raise ToolsUnreachable(reason_of(error)) from error
            log_line("tools lost", error=_leaf(error).__class__.__name__)
        await self._forget(client)
        try:
            return await ask(await self._opened())
        except Exception as error:
            raise ToolsUnreachable(reason_of(error)) from error

    async def _opened(self) -> Client:
        async with self._opening:
            if self._ready is None or self._holder is None or self._holder.done():
                self._ready = asyncio.get_running_loop().create_future()
                self._closing = asyncio.Event()
                self._holder = asyncio.create_task(self._hold(self._ready, self._closing))
            ready = self._ready
        return await asyncio.shield(ready)

    async def _hold(self, ready: "asyncio.Future[Client]", closing: asyncio.Event) -> None:
        try:
            async with Client(self._target, read_timeout_seconds=OPEN_SECONDS) as client:
                ready.set_result(client)
                await closing.wait()
        except Exception as error:  # noqa: BLE001 - as above; whoever waits is told, later calls reopen
            if not ready.done():
                ready.set_exception(ToolsUnreachable(reason_of(error)))
            else:
                log_line("tools closed", error=_leaf(error).__class__.__name__)

    async def _forget(self, client: Client) -> None:
        async with self._opening:
            ready = self._ready
            if ready is not None and ready.done() and ready.result() is client:
                await self._drop()

    async def _drop(self) -> None:
        holder, self._holder, self._ready = self._holder, None, None
        self._tools = ()
        self._closing.set()
        if holder is not None:
            await asyncio.wait({holder}, timeout=2.0)
            holder.cancel()


def reason_of(error: BaseException) -> str:
    """Why, for a person: the innermost error's kind and its own first line."""
    leaf = _leaf(error)
    said = plain(str(leaf).splitlines()[0] if str(leaf) else "", 160)
    return f"{said} ({type(leaf).__name__})" if said else type(leaf).__name__


async def _all_tools(client: Client) -> list[Tool]:
    page = await client.list_tools()
    tools = list(page.tools)
    while page.next_cursor:
        page = await client.list_tools(cursor=page.next_cursor)
        tools += page.tools
    return tools


def _is_timeout(error: BaseException) -> bool:
    leaf = _leaf(error)
    return isinstance(leaf, TimeoutError) or (isinstance(leaf, MCPError) and leaf.code == TIMED_OUT)


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error
