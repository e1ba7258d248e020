"""Who took a privilege or a user away."""

import re
from collections.abc import Sequence

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.names import tables_in
from mcp_server.investigate.probes.redshift_common import (
    bare_name,
    change_clue,
    is_own,
    redshift_of,
    tables_of,
    unavailable,
    with_gaps,
)
from mcp_server.investigate.probes.redshift_query import failed_query_if_seen
from mcp_server.redshift.facts import ddl_on, grants_and_users
from mcp_server.redshift.rows import Change, Gap, QueryRun

WHAT = "grants and users in Redshift"
MOST = 3
_TAKES = re.compile(
    r"(?i)\brevoke\b|\bdrop\b|\balter (?:user|table|group)\b|owner to|create table|rename"
)


async def redshift_grants(case: Case) -> Finding:
    """REVOKE, user changes, and tables made anew (which lose their grants), newest first."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    since, until = await case.unbroken_since(), case.failed_at
    found = await grants_and_users(redshift, since, until)
    changes, gaps = [*found.rows], [*found.gaps]
    if case.category == "database.permission_denied":
        for table in tables_of(case)[:1]:
            made = await ddl_on(redshift, table, since, until)
            changes += made.rows
            gaps += made.gaps
    run = await failed_query_if_seen(case, redshift)
    names, schemas = [*_names(case), *_names_of(run)], _schemas(case, run)
    about = [c for c in changes if _concerns(c, names, schemas) and c.status != "failed"]
    about = [c for c in about if not is_own(case, c, run)]
    # The user log tells a statement once more, without who ran it.
    about.sort(key=lambda c: bool(c.user))
    unique = list({_told(c): c for c in about}.values())
    unique.sort(key=lambda c: (not _TAKES.search(c.statement), -(c.at.timestamp() if c.at else 0)))
    return _finding(case, unique, gaps)


def _finding(case: Case, about: Sequence[Change], gaps: Sequence[Gap]) -> Finding:
    clues = [
        change_clue(case, c, confirms=bool(_TAKES.search(c.statement)), rank=6 + at)
        for at, c in enumerate(about[:MOST])
    ]
    taken = next((c for c in about if _TAKES.search(c.statement)), None)
    explains = ""
    names: tuple[tuple[str, str], ...] = ()
    if taken is not None:
        when = f" at {clock_time(taken.at, case.failed_at)}" if taken.at else ""
        who = f"user {taken.user} ran " if taken.user else ""
        explains = f"{who}`{taken.statement[:120]}`{when}"
        names = (("changed_by", taken.user),)
    told = with_gaps(clues, gaps, explains)
    return Finding(told.clues, explains=explains, missed=told.missed, names=names)


def _told(change: Change) -> tuple[str, str]:
    """What makes it the same change: its words and its minute."""
    words = " ".join(change.statement.lower().replace(";", " ").split())
    return words, f"{change.at:%Y-%m-%d %H:%M}" if change.at else ""


def _names(case: Case) -> list[str]:
    """Tables and users that the failure names, without schema."""
    said = [*tables_of(case)[:2], case.names.get("db_user", ""), case.names.get("user", "")]
    return [bare_name(one) for one in said if one]


def _names_of(run: QueryRun | None) -> list[str]:
    """User and tables of the refused statement itself."""
    if run is None:
        return []
    return [name for name in [run.user, *map(bare_name, tables_in(run.text)[:2])] if name]


def _schemas(case: Case, run: QueryRun | None) -> list[str]:
    """Schemas of the failure: a right on one of them is a right on its tables."""
    tables = [*tables_of(case)[:4], *tables_in(run.text if run else "")[:2]]
    schemas = [table.split(".")[-2] for table in tables if "." in table]
    return [name for name in [case.names.get("schema", ""), *schemas] if name]


def _concerns(change: Change, names: Sequence[str], schemas: Sequence[str]) -> bool:
    """Whether it names one of the tables or users, or one of the schemas as a whole."""
    text = f"{change.target} {change.statement}".lower()
    wholes = [rf"schema\s+(?:[\w$\"]+\s*,\s*)*\"?{re.escape(name.lower())}" for name in schemas]
    sought = [*(rf"(?<![\w$]){re.escape(name.lower())}" for name in names), *wholes]
    return any(re.search(rf"{pattern}(?![\w$])", text) for pattern in sought)
