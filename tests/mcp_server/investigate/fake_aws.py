"""CloudWatch, CloudTrail and Redshift behind their Protocols, from rows in memory."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcp_server.domain.logs import FoundEvent, LogPage
from mcp_server.domain.metrics import Alarm, AlarmChange, Series
from mcp_server.domain.redshift import Rows
from mcp_server.domain.trail import TrailEvent
from mcp_server.errors import NotFound
from mcp_server.redshift.statements import all_statements
from tests.mcp_server.investigate.fake_airflow import inside

if TYPE_CHECKING:
    from tests.mcp_server.investigate.world import World


@dataclass
class FakeLogs:
    world: "World"

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
        await self.world.call("logs.events")
        events = self.world.streams.get(log_group, {}).get(log_stream)
        if events is None:
            raise NotFound(f"No stream {log_stream}.")
        return LogPage(tuple(events) if not token else (), "")

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
        await self.world.call("logs.search")
        if log_group not in self.world.streams:
            raise NotFound(f"No group {log_group}.")
        found = [
            FoundEvent(stream, event.timestamp_ms or 0, event.message)
            for stream, events in self.world.streams[log_group].items()
            if stream.startswith(stream_prefix) and (not log_streams or stream in log_streams)
            for event in events
            if _matches(pattern, event.message)
            and start_ms <= (event.timestamp_ms or 0) <= (end_ms or 1 << 60)
        ]
        return sorted(found, key=lambda one: one.timestamp_ms)[:limit], False

    async def streams(self, log_group: str, prefix: str = "", limit: int = 50) -> Sequence[str]:
        await self.world.call("logs.streams")
        names = self.world.streams.get(log_group, {})
        return [name for name in names if name.startswith(prefix)][:limit]

    async def groups(self, prefix: str = "", limit: int = 50) -> Sequence[str]:
        await self.world.call("logs.groups")
        return [name for name in self.world.streams if name.startswith(prefix)][:limit]

    async def insights(
        self, log_groups: Sequence[str], query: str, start_ms: int, end_ms: int, limit: int = 100
    ) -> Sequence[Mapping[str, str]]:
        await self.world.call("logs.insights")
        return []


@dataclass
class FakeTrail:
    world: "World"

    async def lookup(
        self, attribute: str, value: str, *, since: datetime, until: datetime, limit: int = 50
    ) -> Sequence[TrailEvent]:
        await self.world.call("trail.lookup")
        told: dict[str, Callable[[TrailEvent], Sequence[str]]] = {
            "EventName": lambda event: [event.name],
            "EventSource": lambda event: [event.source],
            "Username": lambda event: [event.user],
            "ResourceName": lambda event: event.resources,
        }
        found = [e for e in self.world.trail if value in told[attribute](e)]
        return [e for e in found if inside(e.at, since, until)][:limit]


@dataclass
class FakeMetrics:
    world: "World"

    async def series(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        *,
        statistic: str,
        start: datetime,
        end: datetime,
        period_s: int = 60,
    ) -> Series:
        await self.world.call("metrics.series")
        points = self.world.metrics.get((namespace, name, _dimensions(dimensions)), [])
        return Series(name, "", tuple(p for p in points if start <= p[0] <= end))

    async def list_metrics(
        self, namespace: str, name: str = "", dimensions: Mapping[str, str] | None = None
    ) -> Sequence[tuple[str, Mapping[str, str]]]:
        await self.world.call("metrics.list_metrics")
        wanted = set((dimensions or {}).items())
        found = []
        for space, metric, said in self.world.metrics:
            told = dict(part.split("=", 1) for part in said.split(",") if part)
            if space == namespace and name in ("", metric) and wanted <= set(told.items()):
                found.append((metric, told))
        return found


@dataclass
class FakeAlarms:
    world: "World"

    async def alarms(
        self, *, prefix: str = "", state: str = "", limit: int = 200
    ) -> Sequence[Alarm]:
        await self.world.call("alarms.alarms")
        return []

    async def changes(
        self, *, since: datetime, until: datetime, name: str = "", limit: int = 100
    ) -> Sequence[AlarmChange]:
        await self.world.call("alarms.changes")
        return [one for one in self.world.alarm_changes if inside(one.at, since, until)]


@dataclass(eq=False)
class FakeRedshift:
    world: "World"
    is_serverless: bool = False

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        await self.world.call("redshift.run")
        name = next(name for name, one in all_statements().items() if one.text() == sql)
        rows = (self.world.redshift or {}).get(name, [])
        columns = tuple(dict.fromkeys(key for row in rows for key in row))
        return Rows(columns, tuple(tuple(row.get(c) for c in columns) for row in rows))


def _dimensions(said: Mapping[str, str]) -> str:
    return ",".join(f"{key}={said[key]}" for key in sorted(said))


def _matches(pattern: str, message: str) -> bool:
    """CloudWatch's plain terms: all of them, or any of those with a question mark."""
    terms = re.findall(r'(\??)(?:"([^"]*)"|(\S+))', pattern)
    any_of = [quoted or word for mark, quoted, word in terms if mark]
    all_of = [quoted or word for mark, quoted, word in terms if not mark]
    return all(term in message for term in all_of) and (
        not any_of or any(term in message for term in any_of)
    )
