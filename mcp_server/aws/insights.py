"""Logs Insights: start a query, poll it, stop it when its time is up or nobody waits."""

import time
from collections.abc import Mapping, Sequence

import anyio

from mcp_server.aws.session import Answer, AwsClients
from mcp_server.errors import BadRequest, DiagnosticError, Unavailable

QUERY_SECONDS = 20.0
_FIRST_POLL, _LAST_POLL = 0.15, 1.0
_RUNNING = frozenset({"Scheduled", "Running", "Unknown"})


async def run_insights(
    clients: AwsClients,
    log_groups: Sequence[str],
    query: str,
    window_ms: tuple[int, int],
    *,
    limit: int,
    seconds: float = QUERY_SECONDS,
) -> Sequence[Mapping[str, str]]:
    """The rows (field to value, without @ptr). A query that is left would run and cost on."""
    resource = f"log groups {', '.join(log_groups)}"
    started = await clients.call(
        "logs", "start_query", _asked(log_groups, query, window_ms, limit), resource=resource
    )
    query_id = started["queryId"]
    answer: Answer = {"status": "Running"}
    try:
        answer = await _polled(clients, query_id, seconds)
    finally:
        if answer["status"] in _RUNNING:
            await _stop(clients, query_id)
    if answer["status"] in _RUNNING:
        raise Unavailable(
            f"The Insights query took longer than {seconds:g} s and was stopped. "
            "Ask for a shorter time or fewer log groups."
        )
    if answer["status"] != "Complete":
        raise Unavailable(f"The Insights query ended as {answer['status']}. Try again.")
    return [_row(fields) for fields in answer["results"]]


def _asked(
    log_groups: Sequence[str], query: str, window_ms: tuple[int, int], limit: int
) -> dict[str, object]:
    if not log_groups:
        raise BadRequest("An Insights query needs at least one log group.")
    start_ms, end_ms = window_ms
    return {
        "logGroupNames": list(log_groups),
        "queryString": query,
        "startTime": start_ms // 1000,
        "endTime": -(-end_ms // 1000),
        "limit": limit,
    }


async def _polled(clients: AwsClients, query_id: str, seconds: float) -> Answer:
    """The last answer there was before the time was up."""
    end = time.monotonic() + seconds
    wait = _FIRST_POLL
    while True:
        answer = await clients.call("logs", "get_query_results", {"queryId": query_id})
        if answer["status"] not in _RUNNING or time.monotonic() + wait > end:
            return answer
        await anyio.sleep(wait)
        wait = min(wait * 1.5, _LAST_POLL)


async def _stop(clients: AwsClients, query_id: str) -> None:
    """Stop the query also when the caller was cancelled; one that just ended needs no stop."""
    with anyio.move_on_after(2, shield=True):
        try:
            await clients.call("logs", "stop_query", {"queryId": query_id})
        except DiagnosticError:
            # It ended in between, or may not be stopped; it ends by itself.
            return


def _row(fields: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    return {f["field"]: f.get("value", "") for f in fields if f["field"] != "@ptr"}
