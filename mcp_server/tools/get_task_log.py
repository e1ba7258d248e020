"""Tool: the log of a task's try: what explains its failure, or any part of it."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.errors import BadRequest
from mcp_server.reading import views
from mcp_server.reading.environments import environment_of
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.which_log import find_log
from mcp_server.telling.task_log import TaskLogAnswer, Told
from mcp_server.text import answer


async def get_task_log(  # noqa: PLR0913 - a tool's arguments are its schema
    ctx: Context[App],
    dag_id: str,
    run_id: Annotated[
        str, Field(description="run id, logical date, latest or latest_failed")
    ] = "latest_failed",
    task_id: Annotated[str, Field(description="empty: the first that failed")] = "",
    try_number: Annotated[int, Field(ge=0, description="0: the last that has a log")] = 0,
    map_index: Annotated[int, Field(ge=-1)] = -1,
    view: Literal["digest", "tail", "around", "grep"] = "digest",
    around: Annotated[str, Field(description="line number or time")] = "",
    pattern: Annotated[str, Field(description="regular expression for grep")] = "",
    max_lines: Annotated[int, Field(ge=5, le=300)] = 40,
    cursor: Annotated[str, Field(description="next_cursor of the last answer")] = "",
    environment: Annotated[str, Field(description="MWAA environment")] = "",
) -> Annotated[CallToolResult, TaskLogAnswer]:
    """Read the log of an Airflow task's try: digest (cause in context), tail, around, grep."""
    app = ctx.request_context.lifespan_context
    _complain(view, around, pattern)
    where = await environment_of(app.backends, environment, dag_id)
    asked = TaskTry(dag_id, run_id, task_id, try_number, map_index)
    now = reference_time(ctx)
    found = await find_log(app.backends, where, asked, now)
    told = Told(where, app.settings.aws_region, *found)
    if view == "digest" or not told.log.source:
        return answer(told.digest(), told.data())
    logs = app.backends.logs
    if view == "around":
        place = views.around_place(around, now)
        part = await views.around(logs, told.log, place, max_lines)
    elif view == "grep":
        part = await views.grep(logs, told.log, pattern, cursor, max_lines)
    else:
        part = await views.tail(logs, told.log, cursor, max_lines)
    return answer(told.view(part), told.data(part), more="Lower max_lines, or use the cursor.")


def _complain(view: str, around: str, pattern: str) -> None:
    if view == "grep" and not pattern:
        raise BadRequest("view=grep needs pattern=, the text or regular expression to look for.")
    if view == "around" and not around:
        raise BadRequest("view=around needs around=, a line number or time as digests show them.")
