"""Who stood behind a failed query: who ended its session, who changed what it missed."""

import re
from datetime import timedelta

from mcp_server.backends import Redshift
from mcp_server.redshift.changes import ddl_on, grants_and_users
from mcp_server.redshift.fetch import fetch_or_gap
from mcp_server.redshift.history import query_run
from mcp_server.redshift.rows import Change, Gap, QueryRun
from mcp_server.redshift.verbs import names_table

CHANGED_BEFORE = timedelta(days=2)
MOST_CHANGES = 3
_COLUMN = re.compile(r"column \"?(?:\w+\.)?(?P<name>\w+)\"?.*? does not exist", re.IGNORECASE)
_RELATION = re.compile(r"(?:relation|table) \"?(?P<name>[\w.]+)\"? does not exist", re.IGNORECASE)
_DENIED = re.compile(r"permission denied for (?:\w+ )?\"?(?P<name>[\w.]+)\"?", re.IGNORECASE)
_CANCELLED = re.compile(r"cancell?ed on user's request|terminat", re.IGNORECASE)


async def ended_by(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> QueryRun | None:
    """The statement that cancelled the query or ended its session, of whichever user."""
    if run.end is None or not run.failed or not _CANCELLED.search(run.error):
        return None
    asked = {
        "since": run.start,
        "until": run.end + timedelta(seconds=1),
        "session": str(run.session_id),
    }
    rows = await fetch_or_gap(redshift, "cancellations", asked, gaps, limit=20)
    named = re.compile(rf"(?<!\d){run.session_id}(?!\d)")
    found = [query_run(row) for row in rows]
    return next((one for one in found if named.search(one.text)), None)


async def changes_behind(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> tuple[Change, ...]:
    """Who dropped, renamed or revoked what the statement missed, the newest first."""
    if run.start is None or not run.failed:
        return ()
    since = run.start - CHANGED_BEFORE
    if denied := _DENIED.search(run.error):
        granted = await grants_and_users(redshift, since, run.start)
        gaps.extend(granted.gaps)
        taken = [c for c in granted.rows if "revoke" in c.kind or "drop" in c.kind]
        return _about(taken, run, denied["name"])
    missing = _RELATION.search(run.error) or _COLUMN.search(run.error)
    if missing is None:
        return ()
    found = await ddl_on(redshift, "", since, run.start)
    gaps.extend(found.gaps)
    if missing.re is _RELATION:
        return _about(found.rows, run, missing["name"])
    column = re.compile(rf"\b{re.escape(missing['name'])}\b", re.IGNORECASE)
    named = [change for change in found.rows if column.search(change.statement)]
    return _about(named, run, "")


def _about(
    changes: "list[Change] | tuple[Change, ...]", run: QueryRun, name: str
) -> tuple[Change, ...]:
    """Changes of the named object, or of a table that the statement reads; none by itself."""
    own = [change for change in changes if change.query_id != run.query_id]
    kept = [
        change
        for change in own
        if (name and names_table(change.statement, name))
        or (change.target and names_table(run.text, change.target))
    ]
    return tuple(kept[:MOST_CHANGES])
