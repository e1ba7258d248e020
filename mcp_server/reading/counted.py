"""CloudWatch Logs with a count of the calls that one reading made."""

from collections.abc import Mapping, Sequence

from mcp_server.backends import Logs
from mcp_server.domain.logs import FoundEvent, LogPage


class CountedLogs:
    """Passes everything on; `calls` counts requests (a search counts as one)."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self.calls = 0

    async def events(
        self,
        log_group: str,
        log_stream: str,
        *,
        from_head: bool = False,
        token: str = "",
        start_ms: int = 0,
        end_ms: int = 0,
        limit: int = 10_000,
    ) -> LogPage:
        self.calls += 1
        return await self._logs.events(
            log_group,
            log_stream,
            from_head=from_head,
            token=token,
            start_ms=start_ms,
            end_ms=end_ms,
            limit=limit,
        )

    async def search(
        self,
        log_group: str,
        pattern: str,
        *,
        log_streams: Sequence[str] = (),
        stream_prefix: str = "",
        start_ms: int = 0,
        end_ms: int = 0,
        limit: int = 200,
        pages: int = 10,
    ) -> tuple[Sequence[FoundEvent], bool]:
        self.calls += 1
        return await self._logs.search(
            log_group,
            pattern,
            log_streams=log_streams,
            stream_prefix=stream_prefix,
            start_ms=start_ms,
            end_ms=end_ms,
            limit=limit,
            pages=pages,
        )

    async def streams(self, log_group: str, prefix: str = "", limit: int = 50) -> Sequence[str]:
        self.calls += 1
        return await self._logs.streams(log_group, prefix, limit)

    async def groups(self, prefix: str = "", limit: int = 50) -> Sequence[str]:
        self.calls += 1
        return await self._logs.groups(prefix, limit)

    async def insights(
        self, log_groups: Sequence[str], query: str, start_ms: int, end_ms: int, limit: int = 100
    ) -> Sequence[Mapping[str, str]]:
        self.calls += 1
        return await self._logs.insights(log_groups, query, start_ms, end_ms, limit)
