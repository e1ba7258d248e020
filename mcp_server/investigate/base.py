"""What every diagnosis tells beside the cause: what waits for it, and who owns it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import TypeVar

from mcp_server.domain.airflow import Asset, Dag, Task, TaskInstance
from mcp_server.errors import DiagnosticError, NotFound
from mcp_server.investigate.composing import Findings
from mcp_server.investigate.facts import Facts
from mcp_server.investigate.impact import (
    Waiting,
    blocked_tasks,
    sensing,
    waiting_dags,
)
from mcp_server.investigate.target import Target
from mcp_server.reading.ended import left_undone
from mcp_server.reading.source import task_passages

T = TypeVar("T")
MOST_SOURCES = 25


async def read_impact(facts: Facts, target: Target, found: Findings) -> None:
    """Fill in dag, task, and what waits for it. Raises DiagnosticError after all it could do."""
    asked = await asyncio.gather(
        _or_error(facts.dag()),
        _or_error(facts.tasks()),
        _or_error(facts.instances(target.run_id)),
        _or_error(facts.assets()),
    )
    dag, tasks, instances, assets = asked
    if isinstance(dag, Dag):
        found.dag = dag
    graph: list[Task] = [] if isinstance(tasks, DiagnosticError) else list(tasks)
    rows: list[TaskInstance] = [] if isinstance(instances, DiagnosticError) else list(instances)
    made: list[Asset] = [] if isinstance(assets, DiagnosticError) else list(assets)
    found.task = next((t for t in graph if t.task_id == target.root_task_id), None)
    root, own = target.root_task_id, target.task_id
    blocked = blocked_tasks(graph, rows, root, own) if root else left_undone(rows, target.run)
    makers = [target.root_task_id, target.task_id, *blocked]
    found.waiting = Waiting(blocked, waiting_dags(made, target.dag_id, makers))
    for one in asked:
        if isinstance(one, DiagnosticError) and not isinstance(one, NotFound):
            raise one


async def read_sensing(facts: Facts, found: Findings) -> None:
    """Add the dags whose sensors wait for this one, as their sources say; a few dozen are read."""
    every = await facts.dags()
    dags = [d for d in every if d.dag_id != facts.dag_id]
    if len(dags) > MOST_SOURCES:
        return
    files = Counter(dag.fileloc for dag in every)
    asked = await asyncio.gather(
        *(
            _or_error(
                _waits(
                    facts.other(d.dag_id), facts.dag_id, bool(d.fileloc) and files[d.fileloc] > 1
                )
            )
            for d in dags
        )
    )
    waiting = [dag.dag_id for dag, waits in zip(dags, asked, strict=True) if waits is True]
    known = found.waiting
    together = tuple(dict.fromkeys([*known.dags, *waiting]))
    found.waiting = Waiting(known.tasks, together)


async def _waits(other: Facts, dag_id: str, is_shared: bool) -> bool:
    """Whether a dag's source names `dag_id`; in a file of several dags, its own tasks' part."""
    source = await other.source()
    if not sensing(source, dag_id) or not is_shared:
        return sensing(source, dag_id)
    return any(
        sensing("\n".join(passage.lines), dag_id)
        for task in await other.tasks()
        for passage in task_passages(source, task.task_id)
    )


async def _or_error(call: Awaitable[T]) -> T | DiagnosticError:
    try:
        return await call
    except DiagnosticError as error:
        return error
