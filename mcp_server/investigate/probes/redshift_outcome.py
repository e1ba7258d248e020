"""Is a rerun safe: what became of the failed transaction."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.probes.redshift_common import redshift_of, unavailable
from mcp_server.investigate.probes.redshift_query import failed_query
from mcp_server.redshift.facts import transaction_outcome
from mcp_server.redshift.rows import Outcome

WHAT = "what became of the transaction in Redshift"


async def redshift_transaction(case: Case) -> Finding:
    """Rolled back, committed in part, or still open."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    run = await failed_query(case, redshift)
    if run is None:
        return NOTHING
    outcome = await transaction_outcome(
        redshift, transaction_id=run.transaction_id, query_id=run.query_id
    )
    if outcome.state == "unknown":
        return NOTHING
    text = f"transaction {outcome.transaction_id}: {outcome.state}"
    place = f"Redshift transaction {outcome.transaction_id}"
    clue = Clue("redshift", text, place, at=outcome.at, rank=38)
    return Finding((clue,), safe_to_rerun=_said(outcome))


def _said(outcome: Outcome) -> str:
    """One answer for the reader at night."""
    number = outcome.transaction_id
    if outcome.state == "rolled back":
        return f"yes: transaction {number} was rolled back"
    if outcome.state == "open":
        return f"not yet: transaction {number} is still open"
    written = [one for one in outcome.writes if not one.failed]
    if written:
        return (
            f"careful: transaction {number} was committed after {len(written)} writing statements"
        )
    return f"yes: transaction {number} wrote nothing"
