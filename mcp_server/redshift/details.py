"""All about one query: its whole text, where its time went, who stood in its way."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from mcp_server.backends import Redshift
from mcp_server.redshift.changes import ddl_on, transaction_outcome
from mcp_server.redshift.cluster_rows import Step
from mcp_server.redshift.fetch import Row, fetch_or_gap, gathered
from mcp_server.redshift.health import aborted_by_rule
from mcp_server.redshift.history import seconds, whole, words
from mcp_server.redshift.loads import load_errors
from mcp_server.redshift.locks import locks_at
from mcp_server.redshift.queries import query_by_id, regression
from mcp_server.redshift.rows import (
    Change,
    Gap,
    LoadError,
    Outcome,
    QueryRun,
    Regression,
    RuleAction,
    Waiter,
)
from mcp_server.redshift.verbs import shown, written_table

LONGEST_TEXT = 3_000
AROUND = timedelta(minutes=5)
CHANGED_BEFORE = timedelta(days=2)
_MISSING = re.compile(
    r"column \"?(?P<column>\w+)\"?[^\"]* .*?does not exist"
    r"|(?:relation|table) \"?(?P<relation>[\w.]+)\"? does not exist"
)
# Waits shorter than this explain nothing.
WORTH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a query; parts that do not apply are empty."""

    run: QueryRun
    text: str
    steps: tuple[Step, ...] = ()
    alerts: tuple[str, ...] = ()
    waiter: Waiter | None = None
    load_errors: tuple[LoadError, ...] = ()
    rule: RuleAction | None = None
    outcome: Outcome | None = None
    compared: Regression | None = None
    changes: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()


async def details(redshift: Redshift, query_id: int) -> Details | None:
    """All about a query; None when the history has it not."""
    run = await query_by_id(redshift, query_id)
    if run is None or run.start is None:
        return None
    gaps: list[Gap] = []
    found: list[Any]  # Any: one kind a part
    found = await gathered(*(partial(part, redshift, run, gaps) for part in _PARTS))
    return replace(Details(run, *found), gaps=tuple(dict.fromkeys(gaps)))


async def _whole_text(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> str:
    asked = {"query_id": run.query_id}
    rows = await fetch_or_gap(redshift, "query_text", asked, gaps, limit=20)
    whole_text = "".join(str(row["text"] or "") for row in rows)
    return shown(whole_text, LONGEST_TEXT) if whole_text else run.text


async def _steps(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> tuple[Step, ...]:
    asked = {"query_id": run.query_id}
    rows = await fetch_or_gap(redshift, "query_steps", asked, gaps, limit=200)
    steps = [_step(row) for row in rows]
    telling = [step for step in steps if step.mb_spilled or step.alert or step.skew >= 50]
    return tuple(telling[:6] or steps[:3])


async def _alerts(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> tuple[str, ...]:
    asked = {"query_id": run.query_id}
    rows = await fetch_or_gap(redshift, "query_alerts", asked, gaps, limit=10)
    return tuple(f"{words(row['event'])} ({words(row['solution'])})" for row in rows)


def _step(row: Row) -> Step:
    blocks = whole(row["spilled_block_local_disk"]) + whole(row["spilled_block_remote_disk"])
    return Step(
        level=words(row["metrics_level"]),
        segment=whole(row["segment_id"]),
        name=words(row["step_name"]),
        table=words(row["table_name"]),
        seconds=seconds(row["duration"]),
        rows=whole(row["output_rows"]),
        mb_spilled=float(blocks),
        skew=float(whole(row["data_skewness"])),
        alert=words(row["alert"]),
    )


async def _waiter(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> Waiter | None:
    if run.lock_wait_s < WORTH_SECONDS or run.start is None:
        return None
    until = (run.end or run.start) + AROUND
    locks = await locks_at(redshift, run.start - AROUND, until, written_table(run.text))
    gaps.extend(locks.gaps)
    return next((w for w in locks.waiters if w.query_id == run.query_id), None)


async def _load_errors(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> tuple[LoadError, ...]:
    if run.query_type != "COPY" or run.start is None:
        return ()
    until = (run.end or run.start) + AROUND
    found = await load_errors(redshift, run.start - AROUND, until, query_id=run.query_id)
    gaps.extend(found.gaps)
    return found.rows[:5]


async def _rule(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> RuleAction | None:
    if not run.failed or run.start is None:
        return None
    until = (run.end or run.start) + AROUND
    found = await aborted_by_rule(redshift, run.start, until, query_id=run.query_id)
    gaps.extend(found.gaps)
    return next(iter(found.rows), None)


async def _outcome(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> Outcome | None:
    if not run.transaction_id or run.query_type == "SELECT":
        return None
    found = await transaction_outcome(redshift, transaction_id=run.transaction_id)
    gaps.extend(found.gaps)
    return found


async def _compared(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> Regression | None:
    if not run.generic_query_hash or run.start is None:
        return None
    found = await regression(
        redshift,
        until=run.start,
        query_id=run.query_id,
        generic_query_hash=run.generic_query_hash,
    )
    gaps.extend(found.gaps)
    return found if found.earlier else None


async def _changes(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> tuple[Change, ...]:
    """Who changed the table whose column, or which itself, the statement missed."""
    missing = _MISSING.search(run.error)
    if missing is None or run.start is None:
        return ()
    table = written_table(run.text) if missing["column"] else missing["relation"]
    found = await ddl_on(redshift, table or "", run.start - CHANGED_BEFORE, run.start)
    gaps.extend(found.gaps)
    about = [c for c in found.rows if not missing["column"] or missing["column"] in c.statement]
    return tuple((about or found.rows)[:3]) if table else ()


_PARTS: tuple[Callable[[Redshift, QueryRun, list[Gap]], Awaitable[object]], ...] = (
    _whole_text,
    _steps,
    _alerts,
    _waiter,
    _load_errors,
    _rule,
    _outcome,
    _compared,
    _changes,
)
