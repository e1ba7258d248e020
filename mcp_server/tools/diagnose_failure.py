"""The tool `diagnose_failure`."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import Field

from mcp_server.app import App, reference_time
from mcp_server.diagnostics.redact import redact
from mcp_server.domain.diagnosis import Diagnosis
from mcp_server.investigate.question import Question
from mcp_server.investigate.telling import tell, tell_state
from mcp_server.telling.asked import otherwise
from mcp_server.text import answer


async def diagnose_failure(  # noqa: PLR0913 - a tool's arguments are what a caller may know of a failure
    ctx: Context[App],
    dag_id: str,
    run_id: Annotated[
        str, Field(description="run id, logical date, latest or latest_failed")
    ] = "latest_failed",
    task_id: Annotated[str, Field(description="Empty: the first failure of the run")] = "",
    try_number: Annotated[int, Field(ge=0, description="0: the one that failed")] = 0,
    map_index: Annotated[int, Field(ge=-1, description="-1: not mapped")] = -1,
    environment: Annotated[str, Field(description="MWAA environment, if several")] = "",
    logical_date: Annotated[str, Field(description="instead of run_id, ISO 8601")] = "",
    said: Annotated[str, Field(description="The alert's exception text")] = "",
    depth: Annotated[
        Literal["full", "logs", "state"],
        Field(description="logs: only the task log; state: only whether it recovered"),
    ] = "full",
    wait_seconds: Annotated[float, Field(ge=0, le=60)] = 20,
) -> Annotated[CallToolResult, Diagnosis]:
    """Why a task or run failed: cause, proof, history, impact, changes, next steps."""
    app = ctx.request_context.lifespan_context
    question = Question(
        dag_id=dag_id.strip(),
        at=reference_time(ctx),
        run_id=run_id.strip(),
        task_id=task_id.strip(),
        map_index=map_index,
        try_number=try_number,
        logical_date=logical_date.strip(),
        environment=environment.strip(),
        said=redact(said)[:4000],
        depth=depth,
    )
    diagnosis = await app.investigations.diagnose(question, wait_seconds)
    if depth == "state":
        return answer(tell_state(diagnosis), diagnosis)
    more = "get_task_log shows the lines around the cause."
    return answer(tell(diagnosis, otherwise(question, diagnosis)), diagnosis, more=more)
