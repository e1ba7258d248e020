"""The task's failed statement as Redshift itself recorded it."""

import re
from collections.abc import Sequence
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.errors import DiagnosticError
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.probes.redshift_common import (
    query_quote,
    redshift_of,
    tables_of,
    unavailable,
    window,
)
from mcp_server.redshift.facts import QueryFilter, find_queries, queries_of_task
from mcp_server.redshift.rows import QueryRun
from mcp_server.redshift.verbs import names_table

WHAT = "the failed statement in Redshift"
ALIKE = 0.6


async def redshift_query(case: Case) -> Finding:
    """The failed query with its own error and statement; it confirms the log's line."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    run = await failed_query(case, redshift)
    if run is None:
        return NOTHING
    place = f"Redshift query {run.query_id}"
    clues = [Clue("redshift", query_quote(run), place, at=run.end, confirms=run.failed, rank=16)]
    if run.error and run.text:
        clues.append(Clue("redshift", f"query {run.query_id}: {run.text}", place, rank=40))
    names = (("query_id", str(run.query_id)), ("db_user", run.user))
    return Finding(tuple(clues), names=names)


async def failed_query(case: Case, redshift: Redshift) -> QueryRun | None:
    """The query that the failure is about, None when none fits."""
    return await case.shared.once("redshift/failed", partial(_failed_query, case, redshift))


async def failed_query_if_seen(case: Case, redshift: Redshift) -> QueryRun | None:
    """The same for a probe that can do without: its own answer stands if this one is refused."""
    try:
        return await failed_query(case, redshift)
    except DiagnosticError:
        return None


async def _failed_query(case: Case, redshift: Redshift) -> QueryRun | None:
    since, until = window(case)
    found = await queries_of_task(redshift, since, until, failed_only=True)
    run = best(found.rows, case)
    if run is not None or case.category != "timeout.task":
        return run
    tables = tables_of(case)
    if not tables:
        return None
    slow = QueryFilter(table=tables[0], least_seconds=60)
    running = await find_queries(redshift, since, until, slow)
    return max(running.rows, key=lambda one: one.elapsed_s, default=None)


def best(runs: Sequence[QueryRun], case: Case) -> QueryRun | None:
    """The run that the log names by id, by its error, or by its table; newest first."""
    text = case.log_text
    for run in runs:
        if re.search(rf"\b{run.query_id}\b", text):
            return run
    cause = (case.log.diagnosis.cause_line if case.log and case.log.diagnosis else "") or text[:400]
    alike = [run for run in runs if _likeness(run.error, cause) >= ALIKE]
    tables = tables_of(case)
    about = [run for run in runs if any(names_table(run.text, table) for table in tables)]
    both = [run for run in alike if run in about]
    return next(iter([*both, *alike, *about]), None)


def _likeness(error: str, cause: str) -> float:
    """The share of an error's words that the cause line holds."""
    said = set(re.findall(r"\w{2,}", error.lower()))
    heard = set(re.findall(r"\w{2,}", cause.lower()))
    return len(said & heard) / len(said) if said else 0.0
