"""What failed, read from the task logs alone, for when Airflow itself does not answer."""

import re
from collections.abc import Sequence
from datetime import datetime

from mcp_server.backends import Backends
from mcp_server.domain.airflow import Environment, TaskInstance
from mcp_server.domain.logs import FoundEvent
from mcp_server.errors import DiagnosticError
from mcp_server.reading.environments import log_group
from mcp_server.reading.search_terms import ends
from mcp_server.times import at_ms, ms

MOST_EVENTS = 2_000
_STREAM = re.compile(
    r"dag_id=(?P<dag_id>.+)/run_id=(?P<run_id>.+)/task_id=(?P<task_id>[^/]+)"
    r"(?:/map_index=(?P<map_index>\d+))?/attempt=(?P<try_number>\d+)\.log"
)


async def failed_in_logs(
    backends: Backends,
    environment: Environment,
    dag_id: str,
    window: tuple[datetime, datetime],
    refused: DiagnosticError,
) -> Sequence[TaskInstance]:
    """Tries whose log says that they failed; the last try of each task alone.

    Run ids stand as streams write them, '_' for ':'. Raises `refused` where there are no task logs.
    """
    group = log_group(environment, "Task")
    if backends.logs is None or group is None or not group.name:
        raise refused
    found, _ = await backends.logs.search(
        group.name,
        ends(),
        stream_prefix=f"dag_id={dag_id}/" if dag_id else "dag_id=",
        start_ms=ms(window[0]),
        end_ms=ms(window[1]),
        limit=MOST_EVENTS,
    )
    last: dict[tuple[str, str, str, int], TaskInstance] = {}
    for one in map(_instance, found):
        if one is not None:
            last[one.dag_id, one.run_id, one.task_id, one.map_index] = one
    return list(last.values())


def _instance(event: FoundEvent) -> TaskInstance | None:
    named = _STREAM.match(event.log_stream)
    if not named:
        return None
    return TaskInstance(
        named["dag_id"],
        named["run_id"],
        named["task_id"],
        "failed",
        int(named["try_number"]),
        int(named["map_index"] or -1),
        end_date=at_ms(event.timestamp_ms),
    )
