"""Tool: lines, message patterns or an Insights query over any log group."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.errors import BadRequest, NotFound
from mcp_server.reading.log_search import filter_pattern, patterns, place_of, unknown_group
from mcp_server.reading.views import cursor_place
from mcp_server.telling.log_search import SearchAnswer, Searched
from mcp_server.text import answer
from mcp_server.times import at_ms, ms, parse_time

MOST_EVENTS = 2_000


async def search_logs(  # noqa: PLR0913 - a tool's arguments are its schema
    ctx: Context[App],
    log_group: Annotated[
        str, Field(description="Task, Scheduler, Worker, WebServer, DAGProcessing, or any group")
    ],
    pattern: Annotated[
        str, Field(description="words that all occur (?a ?b: any, -a: none) or filter pattern")
    ] = "",
    since: Annotated[str, Field(description="ISO 8601 or span before now")] = "1h",
    until: str = "now",
    view: Annotated[
        Literal["lines", "patterns"], Field(description="patterns: messages with counts")
    ] = "lines",
    stream_prefix: str = "",
    query: Annotated[str, Field(description="Logs Insights query instead of pattern")] = "",
    limit: Annotated[int, Field(ge=1, le=500)] = 50,
    cursor: Annotated[str, Field(description="next_cursor of the last answer")] = "",
    environment: Annotated[str, Field(description="MWAA environment")] = "",
) -> Annotated[CallToolResult, SearchAnswer]:
    """Search any CloudWatch log group: lines, message patterns, or a Logs Insights query."""
    app = ctx.request_context.lifespan_context
    now = reference_time(ctx)
    window = _since(since, cursor, now), parse_time(until, now)
    if window[0] >= window[1]:
        raise BadRequest("since must be before until.")
    if query and (pattern or stream_prefix or view == "patterns"):
        raise BadRequest("query stands alone: filter, and take patterns, inside the query.")
    place = await place_of(app.backends, log_group, environment)
    searched = Searched(place, app.settings.aws_region, window, filter_pattern(pattern))
    try:
        text, data = await _search(app, searched, view, stream_prefix, query, limit)
    except NotFound as missing:
        raise await unknown_group(app.logs(), place.log_group) from missing
    return answer(text, data, more="Use the cursor, or narrow the pattern.")


def _since(since: str, cursor: str, now: datetime) -> datetime:
    if not cursor:
        return parse_time(since, now)
    kind, at = cursor_place(cursor)
    if kind != "after":
        raise BadRequest("cursor must be the next_cursor of an earlier search_logs answer.")
    return at_ms(at)


async def _search(
    app: App, asked: Searched, view: str, stream_prefix: str, query: str, limit: int
) -> tuple[str, SearchAnswer]:
    logs, group = app.logs(), asked.place.log_group
    low, high = map(ms, asked.window)
    if query:
        rows = await logs.insights([group], query, low, high, limit)
        return replace(asked, rows=rows).query()
    events, is_more = await logs.search(
        group,
        asked.filter_pattern,
        stream_prefix=stream_prefix,
        start_ms=low,
        end_ms=high,
        limit=MOST_EVENTS if view == "patterns" else limit,
    )
    found = replace(asked, events=events, is_more=is_more)
    return found.patterns(patterns(events)) if view == "patterns" else found.lines()
