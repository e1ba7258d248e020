"""All about one query: its whole text, where its time went, who stood in its way."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from mcp_server.backends import Redshift
from mcp_server.redshift.blame import changes_behind, ended_by
from mcp_server.redshift.changes import transaction_outcome
from mcp_server.redshift.conflicts import conflicts
from mcp_server.redshift.fetch import fetch_or_gap, gathered
from mcp_server.redshift.health import aborted_by_rule
from mcp_server.redshift.loads import load_errors, loads
from mcp_server.redshift.locks import locks_at
from mcp_server.redshift.queries import query_by_id, regression
from mcp_server.redshift.rows import (
    Change,
    Conflict,
    Gap,
    Load,
    LoadError,
    Outcome,
    QueryRun,
    Regression,
    RuleAction,
    Waiter,
)
from mcp_server.redshift.verbs import shown, written_table
from mcp_server.redshift.work import NO_WORK, Work, work

LONGEST_TEXT = 2_400
# The end of a long statement holds its tables and conditions.
LONGEST_TAIL = 1_200
# SYS_QUERY_TEXT cuts a statement into pieces of this size.
PIECE_BYTES = 4_000
AROUND = timedelta(minutes=5)
# Waits shorter than this explain nothing.
WORTH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a query; parts that do not apply are empty."""

    run: QueryRun
    text: str
    work: Work = NO_WORK
    waiter: Waiter | None = None
    conflict: Conflict | None = None
    ended_by: QueryRun | None = None
    load: Load | None = None
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
    whole_text = joined([str(row["text"] or "") for row in rows])
    return shown(whole_text, LONGEST_TEXT, tail=LONGEST_TAIL) if whole_text else run.text


def joined(pieces: Sequence[str]) -> str:
    """A text's pieces in one: a piece that lost bytes to the padding had ended with a space."""
    ended = [piece if len(piece.encode()) >= PIECE_BYTES else f"{piece} " for piece in pieces[:-1]]
    return "".join([*ended, *pieces[-1:]])


async def _waiter(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> Waiter | None:
    if run.start is None or (run.lock_wait_s < WORTH_SECONDS and not run.is_open):
        return None
    until = (run.end or run.start) + AROUND
    locks = await locks_at(redshift, run.start - AROUND, until)
    gaps.extend(locks.gaps if run.lock_wait_s >= WORTH_SECONDS else ())
    return next((w for w in locks.waiters if w.query_id == run.query_id), None)


async def _conflict(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> Conflict | None:
    if "serializable isolation" not in run.error.lower() or run.start is None:
        return None
    found = await conflicts(redshift, run.start, (run.end or run.start) + AROUND)
    gaps.extend(found.gaps)
    return next((c for c in found.rows if c.transaction_id == run.transaction_id), None)


async def _load(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> Load | None:
    if run.query_type != "COPY" or run.start is None:
        return None
    found = await loads(redshift, run.start - AROUND, (run.end or run.start) + AROUND)
    gaps.extend(found.gaps)
    return next((load for load in found.rows if load.query_id == run.query_id), None)


async def _load_errors(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> tuple[LoadError, ...]:
    if run.query_type != "COPY" or run.start is None:
        return ()
    until = (run.end or run.start) + AROUND
    found = await load_errors(redshift, run.start - AROUND, until, query_id=run.query_id)
    gaps.extend(found.gaps)
    into = written_table(run.text)
    return tuple(replace(error, table=error.table or into) for error in found.rows)


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


_PARTS: tuple[Callable[[Redshift, QueryRun, list[Gap]], Awaitable[object]], ...] = (
    _whole_text,
    work,
    _waiter,
    _conflict,
    ended_by,
    _load,
    _load_errors,
    _rule,
    _outcome,
    _compared,
    changes_behind,
)
