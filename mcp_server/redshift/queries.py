"""Queries: those of a task, one with all about it, this run against earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import TypedDict, Unpack

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import fetch, fetch_or_gap
from mcp_server.redshift.history import MICROSECONDS, NAMELESS, query_run
from mcp_server.redshift.rows import Found, Gap, QueryRun, Regression
from mcp_server.redshift.statements import statement
from mcp_server.redshift.verbs import last_part, names_table, writes
from mcp_server.redshift.work import work

# A query that began this long before the window may still have run in it.
LONGEST_QUERY = timedelta(hours=12)
HISTORY = timedelta(days=7)
FAILED = ("failed", "canceled")


@dataclass(frozen=True, slots=True)
class QueryFilter:
    """Which queries; "" and () mean any.

    `users` are database users (with or without IAM: before them), `text` and `label` parts of the
    statement and of the query group, `table` schema.table or a bare name, `states` as
    SYS_QUERY_HISTORY words them.
    """

    users: Sequence[str] = ()
    text: str = ""
    table: str = ""
    label: str = ""
    states: Sequence[str] = ()
    least_seconds: float = 0.0


async def find_queries(
    redshift: Redshift, since: datetime, until: datetime, wanted: QueryFilter, *, limit: int = 50
) -> Found[QueryRun]:
    """Queries that ran between the two times, newest first."""
    parameters = {
        "earliest": since - LONGEST_QUERY,
        "since": since,
        "until": until,
        "users": _user_list(wanted.users),
        "text": wanted.text.lower(),
        "table": last_part(wanted.table),
        "label": wanted.label.lower(),
        "state": _listed(wanted.states),
        "least": int(wanted.least_seconds * MICROSECONDS),
    }
    rows = await fetch(redshift, "queries", parameters, limit=limit)
    table = wanted.table
    named = [row for row in rows if not table or names_table(str(row["query_text"]), table)]
    runs = [query_run(row) for row in named]
    of_users = [run for run in runs if _may_be(run, _user_list(wanted.users))]
    return Found(tuple(of_users), cut=len(rows) == limit)


class Wanted(TypedDict, total=False):
    """The words of `queries_of_task`, as `QueryFilter` explains them."""

    users: Sequence[str]
    text: str
    table: str
    label: str
    failed_only: bool
    least_seconds: float


async def queries_of_task(
    redshift: Redshift,
    since: datetime,
    until: datetime,
    *,
    limit: int = 50,
    **wanted: Unpack[Wanted],
) -> Found[QueryRun]:
    """`find_queries` for what a task ran: users, text, table, label, failed_only, least_seconds."""
    which = QueryFilter(
        users=wanted.get("users", ()),
        text=wanted.get("text", ""),
        table=wanted.get("table", ""),
        label=wanted.get("label", ""),
        states=FAILED if wanted.get("failed_only") else (),
        least_seconds=wanted.get("least_seconds", 0.0),
    )
    return await find_queries(redshift, since, until, which, limit=limit)


async def query_by_id(redshift: Redshift, query_id: int) -> QueryRun | None:
    """One query; None when the history (7 days, own rows without the grant) has it not."""
    rows = await fetch(redshift, "query", {"query_id": query_id}, limit=1)
    return query_run(rows[0], width=1500) if rows else None


async def regression(
    redshift: Redshift,
    *,
    until: datetime,
    query_id: int = 0,
    generic_query_hash: str = "",
    table: str = "",
    runs: int = 50,
) -> Regression:
    """A statement's last run before `until` against its earlier successful ones of 7 days.

    The statement is the query of that id, or of that hash, or the last that wrote `table`.
    """
    gaps: list[Gap] = []
    this = await _this_run(redshift, query_id, generic_query_hash, table, until)
    wanted = generic_query_hash or (this.generic_query_hash if this else "")
    if not wanted:
        return Regression(this=this)
    asked = {"since": until - HISTORY, "until": until, "hash": wanted}
    rows = await fetch_or_gap(redshift, "query_repeats", asked, gaps, limit=runs)
    found = [query_run(row) for row in rows]
    this = this or (found[0] if found else None)
    if this is None:
        return Regression(gaps=tuple(gaps))
    before = [run for run in found if run.query_id != this.query_id and _before(run, this)]
    compared = _compared(this, tuple(before), gaps)
    return await _with_work(redshift, compared, gaps)


async def _this_run(
    redshift: Redshift, query_id: int, generic_query_hash: str, table: str, until: datetime
) -> QueryRun | None:
    if query_id:
        return await query_by_id(redshift, query_id)
    if generic_query_hash or not table:
        return None
    wanted = QueryFilter(table=table)
    found = await find_queries(redshift, until - timedelta(hours=6), until, wanted, limit=100)
    written = [run for run in found.rows if writes(run.text)]
    return max(written or found.rows, key=lambda run: run.elapsed_s, default=None)


def _before(run: QueryRun, this: QueryRun) -> bool:
    return run.start is not None and this.start is not None and run.start < this.start


def _compared(this: QueryRun, earlier: tuple[QueryRun, ...], gaps: list[Gap]) -> Regression:
    good = [run for run in earlier if run.status == "success" and not run.from_cache]
    usual = median([run.elapsed_s for run in good]) if good else 0.0
    factor = this.elapsed_s / usual if usual else 0.0
    reasons = tuple(_reasons(this, good, usual))
    return Regression(this, earlier, usual, factor, reasons, gaps=tuple(gaps))


def _reasons(this: QueryRun, good: Sequence[QueryRun], usual: float) -> list[str]:
    """What of this run's time is new: waits and compilation are told apart from the work."""
    if not good:
        return []
    parts = {
        "waited for a lock": (this.lock_wait_s, [run.lock_wait_s for run in good]),
        "waited in the queue": (this.queue_s, [run.queue_s for run in good]),
        "compiled": (this.compile_s, [run.compile_s for run in good]),
        "planned": (this.planning_s, [run.planning_s for run in good]),
        "executed": (this.execution_s, [run.execution_s for run in good]),
    }
    return [
        f"{words_} for {now:.0f} s (usually {median(before):.0f} s)"
        for words_, (now, before) in parts.items()
        if now - median(before) > max(1.0, 0.2 * usual)
    ]


async def _with_work(redshift: Redshift, compared: Regression, gaps: list[Gap]) -> Regression:
    if compared.this is None:
        return compared
    done = await work(redshift, compared.this, gaps)
    return replace(
        compared, spilled_mb=done.spilled_mb, alerts=tuple(sorted(done.alerts)), gaps=tuple(gaps)
    )


def _may_be(run: QueryRun, users: str) -> bool:
    """Whether the query is of one of the users; a query without a name may be."""
    return not users or run.user.startswith(NAMELESS) or f",{run.user.lower()}," in users


def _user_list(users: Sequence[str]) -> str:
    names = [user.lower() for user in users if user]
    variants = [f"{prefix}{name}" for name in names for prefix in ("", "iam:", "iama:", "iamr:")]
    return _listed(variants)


def _listed(values: Sequence[str]) -> str:
    """A list as `strpos` finds its members: ",a,b,"; "" for none."""
    return f",{','.join(values)}," if values else ""


def spill_threshold_mb() -> float:
    """From how many MB on a spill is worth telling."""
    return statement("query_steps").threshold("spilled_mb")
