"""What scheduler and workers say of a task that they ended or could not start."""

from mcp_server.backends import Logs
from mcp_server.domain.airflow import Environment, TaskInstance
from mcp_server.domain.logs import FoundEvent
from mcp_server.reading import search_terms
from mcp_server.reading.missing import component_lines
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.task_log import TaskLog


def is_unexplained(log: TaskLog) -> bool:
    """True for a log that was read and names no failure."""
    return log.diagnosis is None or log.diagnosis.category == "unknown"


async def trouble(
    logs: Logs | None, environment: Environment, wanted: TaskTry, instance: TaskInstance
) -> tuple[FoundEvent, ...]:
    """Those of `component_lines` that say how the task was ended; none where there are no logs."""
    if logs is None:
        return ()
    lines = await component_lines(logs, environment, wanted, instance)
    return tuple(one for one in lines if is_trouble(one))


def is_trouble(event: FoundEvent) -> bool:
    """Whether a component's line says that it ended a task or could not start it."""
    said = event.message.lower()
    return any(term in said for term in search_terms.trouble())
