"""CloudWatch Logs: events of a stream, searches over a group, names."""

from collections.abc import Mapping, Sequence
from typing import Any

from mcp_server.aws.insights import run_insights
from mcp_server.aws.session import Answer, AwsClients
from mcp_server.domain.logs import FoundEvent, LogEvent, LogPage

PAGE_EVENTS = 10_000
# FilterLogEvents takes no more names than this.
STREAM_NAMES = 100
NAMES_PAGE = 50
NAMES_PAGES = 20


class CloudWatchLogs:
    """The `Logs` of one region."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    async def events(
        self,
        log_group: str,
        log_stream: str,
        *,
        from_head: bool = False,
        token: str = "",
        start_ms: int = 0,
        end_ms: int = 0,
        limit: int = PAGE_EVENTS,
    ) -> LogPage:
        """One GetLogEvents page, oldest event first; from the tail unless `from_head`."""
        asked = {
            "logGroupName": log_group,
            "logStreamName": log_stream,
            "startFromHead": from_head,
            "limit": min(limit, PAGE_EVENTS),
            **_window(start_ms, end_ms),
            **({"nextToken": token} if token else {}),
        }
        answer = await self._clients.call(
            "logs", "get_log_events", asked, resource=f"log stream {log_group}:{log_stream}"
        )
        following = answer.get("nextForwardToken" if from_head else "nextBackwardToken", "")
        return LogPage(
            tuple(LogEvent(row.get("timestamp"), row["message"]) for row in answer["events"]),
            # The service has no other sign of the end than the token it was sent.
            "" if following == token else following,
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
        """FilterLogEvents over at most `pages` calls; True when more may exist."""
        asked: dict[str, Any] = {  # Any: AWS's document
            "logGroupName": log_group,
            "filterPattern": pattern,
            "limit": min(limit, PAGE_EVENTS),
            **_window(start_ms, end_ms),
            **_streams(log_streams, stream_prefix),
        }
        found: list[FoundEvent] = []
        for _ in range(pages):
            answer = await self._clients.call(
                "logs", "filter_log_events", asked, resource=f"log group {log_group}"
            )
            found += map(_found, answer["events"])
            asked["nextToken"] = answer.get("nextToken")
            if len(found) >= limit or not asked["nextToken"]:
                break
        more = bool(asked["nextToken"]) or len(found) > limit or len(log_streams) > STREAM_NAMES
        return found[:limit], more

    async def streams(self, log_group: str, prefix: str = "", limit: int = 50) -> Sequence[str]:
        """Names by prefix in order of name, or without one the streams last written to first."""
        asked = {"logGroupName": log_group}
        # The service refuses a prefix together with an order of time.
        asked |= {"logStreamNamePrefix": prefix} if prefix else {"orderBy": "LastEventTime"}
        rows = await self._rows(
            "describe_log_streams",
            asked | ({} if prefix else {"descending": True}),
            limit,
            f"log group {log_group}",
        )
        return [row["logStreamName"] for row in rows]

    async def groups(self, prefix: str = "", limit: int = 50) -> Sequence[str]:
        asked = {"logGroupNamePrefix": prefix} if prefix else {}
        rows = await self._rows("describe_log_groups", asked, limit, f"log groups {prefix}*")
        return [row["logGroupName"] for row in rows]

    async def insights(
        self, log_groups: Sequence[str], query: str, start_ms: int, end_ms: int, limit: int = 100
    ) -> Sequence[Mapping[str, str]]:
        """Rows of a Logs Insights query; Unavailable when it takes too long (it is stopped)."""
        return await run_insights(self._clients, log_groups, query, (start_ms, end_ms), limit=limit)

    async def _rows(
        self, operation: str, asked: Mapping[str, object], limit: int, resource: str
    ) -> list[Answer]:
        """The one list of a Describe operation, over its pages."""
        rows: list[Answer] = []
        page: dict[str, object] = {**asked, "limit": min(limit, NAMES_PAGE)}
        for _ in range(NAMES_PAGES):
            answer = await self._clients.call("logs", operation, page, resource=resource)
            rows += answer.get("logStreams") or answer.get("logGroups") or []
            page["nextToken"] = answer.get("nextToken")
            if len(rows) >= limit or not page["nextToken"]:
                break
        return rows[:limit]


def _window(start_ms: int, end_ms: int) -> dict[str, int]:
    """Epoch milliseconds; 0 means open. The service counts the end as outside."""
    return {k: v for k, v in (("startTime", start_ms), ("endTime", end_ms)) if v}


def _streams(names: Sequence[str], prefix: str) -> dict[str, object]:
    if names:
        return {"logStreamNames": list(names[:STREAM_NAMES])}
    return {"logStreamNamePrefix": prefix} if prefix else {}


def _found(row: Answer) -> FoundEvent:
    return FoundEvent(
        row.get("logStreamName", ""), row["timestamp"], row["message"], row.get("eventId", "")
    )
