"""Log-ins that Redshift turned away, and connections that it ended."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.probes.redshift_common import redshift_of, unavailable, window
from mcp_server.redshift.facts import connections

WHAT = "log-ins in Redshift's connection log"


async def redshift_connections(case: Case) -> Finding:
    """Failed log-ins in those minutes, of the failure's user where it is known."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    since, until = window(case)
    user = case.names.get("db_user", "") or case.names.get("user", "")
    found = await connections(redshift, since, until, user=user, failed_only=True, limit=200)
    if not found.rows:
        return NOTHING
    last = found.rows[0]
    when = f" at {clock_time(last.at, case.failed_at)}Z" if last.at else ""
    method = f" ({last.auth_method})" if last.auth_method else ""
    text = f"{last.event} of user {last.user}{when} from {last.remote_host}{method}"
    if len(found.rows) > 1:
        text += f", {len(found.rows)} times"
    clue = Clue("redshift", text, "Redshift SYS_CONNECTION_LOG", at=last.at, confirms=True, rank=9)
    return Finding((clue,), names=(("db_user", last.user),))
