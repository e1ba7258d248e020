"""Did the statement get slower than it used to be."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.probes.redshift_common import redshift_of, unavailable
from mcp_server.investigate.probes.redshift_query import failed_query
from mcp_server.redshift.facts import regression
from mcp_server.text import count
from mcp_server.times import span

SLOWER = 2.0


async def redshift_regression(case: Case) -> Finding:
    """The failed query's time against the same statement's earlier runs, with the reasons seen."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, "earlier runs of the statement in Redshift")
    run = await failed_query(case, redshift)
    if run is None:
        return NOTHING
    found = await regression(redshift, until=case.failed_at, query_id=run.query_id)
    if found.this is None or not found.earlier or found.factor < SLOWER:
        return NOTHING
    good = sum(earlier.status == "success" for earlier in found.earlier)
    text = (
        f"query {run.query_id} ran {span(found.this.elapsed_s)}; usually {span(found.usual_s)}"
        f" ({count(good, 'earlier run')} that succeeded)"
    )
    usual = f"it usually takes {span(found.usual_s)}"
    reasons = ", ".join(found.reasons[:3])
    clue = Clue(
        "redshift",
        f"{text}: {reasons}" if reasons else text,
        f"Redshift query {run.query_id}",
        confirms=True,
        rank=22,
    )
    return Finding((clue,), explains=found.reasons[0] if found.reasons else usual)
