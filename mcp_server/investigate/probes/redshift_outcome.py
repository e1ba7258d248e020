"""Is a rerun safe: what became of the failed transaction, and what was written beside it."""

import asyncio
from collections.abc import Sequence

from mcp_server.backends import Redshift
from mcp_server.errors import DiagnosticError
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.probes.redshift_common import redshift_of, unavailable, window
from mcp_server.investigate.probes.redshift_query import failed_query
from mcp_server.redshift.facts import queries_of_task, transaction_outcome
from mcp_server.redshift.rows import Outcome, QueryRun
from mcp_server.redshift.verbs import writes

WHAT = "what became of the transaction in Redshift"


async def redshift_transaction(case: Case) -> Finding:
    """Rolled back, committed in part, or still open."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    run = await failed_query(case, redshift)
    if run is None:
        return NOTHING
    outcome, beside = await asyncio.gather(
        transaction_outcome(redshift, transaction_id=run.transaction_id, query_id=run.query_id),
        _committed_beside(case, redshift, run),
    )
    if outcome.state == "unknown":
        return NOTHING
    text = f"transaction {outcome.transaction_id}: {outcome.state}"
    place = f"Redshift transaction {outcome.transaction_id}"
    clue = Clue("redshift", text, place, at=outcome.at, rank=38)
    return Finding((clue,), safe_to_rerun=_said(outcome, beside))


async def _committed_beside(
    case: Case, redshift: Redshift, run: QueryRun
) -> Sequence[QueryRun] | None:
    """Writing statements of the same session in other transactions; None when not to be had."""
    since, until = window(case)
    if not run.session_id:
        return None
    try:
        found = await queries_of_task(
            redshift, since, run.end or until, users=(run.user,), limit=200
        )
    except DiagnosticError:
        # The transaction's own end is still worth saying, with less certainty.
        return None
    return [
        one
        for one in found.rows
        if one.session_id == run.session_id
        and one.transaction_id != run.transaction_id
        and one.status == "success"
        and writes(one.text)
    ]


def _said(outcome: Outcome, beside: Sequence[QueryRun] | None) -> str:
    """One answer for the reader at night."""
    number = outcome.transaction_id
    if outcome.state == "rolled back":
        return _undone(number, beside)
    if outcome.state == "open":
        return f"not yet: transaction {number} is still open"
    written = [one for one in outcome.writes if not one.failed]
    if written:
        return (
            f"careful: transaction {number} was committed after {len(written)} writing statements"
        )
    return f"yes: transaction {number} wrote nothing"


def _undone(number: int, beside: Sequence[QueryRun] | None) -> str:
    undone = f"transaction {number} was rolled back"
    if beside is None:
        return f"probably: {undone}; what its session wrote before is not known"
    if not beside:
        return f"yes: {undone}, and its session committed nothing else"
    last = max(one.query_id for one in beside)
    count = f"{len(beside)} earlier writes of its session stand"
    if len(beside) == 1:
        count = "an earlier write of its session stands"
    return f"careful: {undone}, but {count} (query {last})"
