"""Tool: the log of a task's try: what explains its failure, or any part of it."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App
from mcp_server.backends import Airflow
from mcp_server.domain.airflow import Environment, TaskInstance
from mcp_server.errors import AccessDenied, BadRequest, DiagnosticError, Unavailable
from mcp_server.reading import views
from mcp_server.reading.environments import find_environment
from mcp_server.reading.identity import find_run, find_task, find_try
from mcp_server.reading.streams import TaskTry
from mcp_server.reading.task_log import TaskLog, read_stored_log, read_task_log
from mcp_server.telling.task_log import TaskLogAnswer, Told
from mcp_server.text import answer
from mcp_server.times import reference_time


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
    where = await find_environment(app.backends, environment)
    asked = TaskTry(dag_id, run_id, task_id, try_number, map_index)
    told = Told(where, app.settings.aws_region, *await _log(app, where, asked))
    if view == "digest" or not told.log.source:
        return answer(told.digest(), told.data())
    logs = app.backends.logs
    if view == "around":
        place = views.around_place(around, reference_time(ctx))
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


async def _log(
    app: App, where: Environment, asked: TaskTry
) -> tuple[TaskTry, TaskInstance | None, TaskLog]:
    """The log; Airflow is asked who is meant only when the names alone lead to no stream."""
    if asked.task_id and "__" in asked.run_id:
        log = await _stored(app, where, asked)
        if log is not None:
            return asked, None, log
    wanted, instance = await _identified(app.airflow(where.name), asked)
    return wanted, instance, await read_task_log(app.backends, where, wanted, instance=instance)


async def _stored(app: App, where: Environment, asked: TaskTry) -> TaskLog | None:
    try:
        return await read_stored_log(app.backends, where, asked)
    except DiagnosticError:
        if app.backends.airflow is None:
            raise
        # REST may still have it; the reading through it meets this error again and tells it.
        return None


async def _identified(airflow: Airflow, asked: TaskTry) -> tuple[TaskTry, TaskInstance]:
    try:
        run = await find_run(airflow, asked.dag_id, asked.run_id)
        task = await find_task(airflow, run, asked.task_id, asked.map_index)
        instance = await find_try(airflow, task, asked.try_number)
    except (AccessDenied, Unavailable) as wrong:
        hint = "With an exact run_id and task_id CloudWatch alone is enough."
        raise type(wrong)(f"{wrong} {hint}") from wrong
    wanted = TaskTry(run.dag_id, run.run_id, task.task_id, asked.try_number, instance.map_index)
    return wanted, instance
