"""Who dropped, renamed or altered what the failure names."""

import asyncio
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
from mcp_server.redshift.facts import ddl_on
from mcp_server.redshift.rows import Change
from mcp_server.redshift.verbs import names_table

WHAT = "DDL in Redshift"
MOST = 3
_TAKES = re.compile(r"(?i)\bdrop\b|rename|\balter\b|truncate|set schema")
_GRANTS = ("grant", "revoke")


async def redshift_ddl(case: Case) -> Finding:
    """DDL on the failure's table, column or schema between the last success and the failure."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    since = await case.unbroken_since()
    found, run = await asyncio.gather(
        ddl_on(redshift, "", since, case.failed_at), failed_query_if_seen(case, redshift)
    )
    changes = [c for c in found.rows if not c.kind.startswith(_GRANTS) and c.status != "failed"]
    changes = [c for c in changes if not is_own(case, c, run)]
    tables = [*tables_of(case), *tables_in(run.text if run else "")]
    about = sorted(_closest(case, changes, tables), key=lambda c: _rank(case, c))
    clues = [
        change_clue(case, change, confirms=_takes_away(case, change), rank=5 + at)
        for at, change in enumerate(about[:MOST])
    ]
    first = next((c for c in about if _takes_away(case, c)), None)
    finding = with_gaps(clues, found.gaps, _explains(case, first) if first else "")
    return finding if first is None else _named(finding, first)


def _named(finding: Finding, change: Change) -> Finding:
    changed = [("table", name) for name in tables_in(change.statement)[:1]]
    return Finding(
        finding.clues,
        explains=finding.explains,
        missed=finding.missed,
        names=(("changed_by", change.user), *changed),
    )


def _explains(case: Case, change: Change) -> str:
    when = f" at {clock_time(change.at, case.failed_at)}" if change.at else ""
    return f"user {change.user} ran `{change.statement[:120]}`{when}"


def _closest(case: Case, changes: Sequence[Change], tables: Sequence[str]) -> list[Change]:
    """Those on the statement's own tables where one of them takes something away, else all."""
    on_them = [c for c in changes if any(names_table(c.statement, table) for table in tables)]
    if any(_takes_away(case, c) for c in on_them):
        return on_them
    return [c for c in changes if _concerns(case, c, tables)]


def _concerns(case: Case, change: Change, tables: Sequence[str]) -> bool:
    """Whether it names the failure's table, or the column, schema or function it misses."""
    text = change.statement
    if any(names_table(text, table) for table in tables):
        return True
    column = bare_name(case.names.get("column", ""))
    if len(column) > 2 and re.search(rf"(?i)\b{re.escape(column)}\b", text):
        return True
    schema = case.names.get("schema", "")
    return bool(schema) and re.search(rf"(?i)\bschema\b.*\b{re.escape(schema)}\b", text) is not None


def _takes_away(case: Case, change: Change) -> bool:
    """A drop, rename or alteration made before the task began explains what it then missed."""
    early = change.at is None or change.at <= case.started_at
    return bool(_TAKES.search(f"{change.kind} {change.statement}")) and early


def _rank(case: Case, change: Change) -> tuple[bool, bool, float]:
    """What takes the cause line's own table or column away first, then the newest."""
    own = case.names.get("column", "") or case.names.get("table", "")
    named = bool(own) and bare_name(own) in change.statement.lower()
    moment = change.at.timestamp() if change.at else 0.0
    return not _takes_away(case, change), not named, -moment
