"""What failed in a window, errors that differ in their numbers alone taken as one."""

import re
from collections.abc import Sequence
from datetime import datetime

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import Row, fetch
from mcp_server.redshift.history import ERROR_SHOWN, user_of, whole, words
from mcp_server.redshift.rows import FailedQueries, Found

_NUMBER = re.compile(r"\d+")


async def failures(redshift: Redshift, since: datetime, until: datetime) -> Found[FailedQueries]:
    """Errors of the window's failed and canceled queries, the most frequent first."""
    rows = await fetch(redshift, "failed_statements", {"since": since, "until": until})
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_NUMBER.sub("#", words(row["error_message"])), []).append(row)
    found = sorted((_together(group) for group in groups.values()), key=lambda f: -f.runs)
    return Found(tuple(found))


def _together(rows: Sequence[Row]) -> FailedQueries:
    last = max(rows, key=lambda row: whole(row["last_query_id"]))
    return FailedQueries(
        error=words(last["error_message"])[:ERROR_SHOWN],
        runs=sum(whole(row["runs"]) for row in rows),
        users=tuple(dict.fromkeys(user_of(row) for row in rows)),
        last_query_id=whole(last["last_query_id"]),
        last_at=last["last_end"],
    )
