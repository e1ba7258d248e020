"""COPY: the rows it refused and what it loaded. Refused values are never read."""

from collections.abc import Mapping
from datetime import datetime

from mcp_server.backends import Redshift
from mcp_server.errors import DiagnosticError
from mcp_server.redshift.fetch import Row, fetch, fetch_or_gap
from mcp_server.redshift.history import seconds, whole, words
from mcp_server.redshift.names import table_names
from mcp_server.redshift.rows import Found, Gap, Load, LoadError
from mcp_server.redshift.verbs import last_part, names_table


async def load_errors(
    redshift: Redshift,
    since: datetime,
    until: datetime,
    table: str = "",
    *,
    query_id: int = 0,
    limit: int = 100,
) -> Found[LoadError]:
    """Rows that COPY refused, newest first, from the SYS view, else from STL_LOAD_ERRORS."""
    gaps: list[Gap] = []
    asked = {"since": since, "until": until, "query_id": query_id}
    rows = await fetch_or_gap(redshift, "load_errors", asked, gaps, limit=limit)
    if not rows:
        rows = await fetch_or_gap(redshift, "load_errors_main_cluster", asked, gaps, limit=limit)
    unnamed: list[Gap] = []
    names = await table_names(redshift, {whole(row["table_id"]) for row in rows}, unnamed)
    found = [_load_error(row, names) for row in rows]
    about = [one for one in found if not table or not one.table or names_table(one.table, table)]
    return Found(tuple(about), tuple(gaps if not rows else gaps[:0]), cut=len(rows) == limit)


async def loads(
    redshift: Redshift, since: datetime, until: datetime, table: str = "", *, limit: int = 50
) -> Found[Load]:
    """COPY commands of the window, newest first."""
    asked = {"since": since, "until": until, "table": last_part(table)}
    try:
        rows = await fetch(redshift, "loads", asked, limit=limit)
    except DiagnosticError as wrong:
        return Found(gaps=(Gap("load history", str(wrong)),))
    return Found(tuple(_load(row) for row in rows), cut=len(rows) == limit)


def _load_error(row: Row, names: Mapping[int, str]) -> LoadError:
    table_id = whole(row["table_id"])
    return LoadError(
        at=row["at"],
        query_id=whole(row["query_id"]),
        file=words(row["file"]),
        line=whole(row["line"]),
        column=words(row["column_name"]),
        column_type=words(row["column_type"]),
        column_length=words(row["column_length"]),
        position=whole(row["position"]),
        code=whole(row["code"]),
        reason=words(row["reason"]),
        table=names.get(table_id, ""),
        table_id=table_id,
    )


def _load(row: Row) -> Load:
    return Load(
        at=row["at"],
        query_id=whole(row["query_id"]),
        table=words(row["table_name"]),
        status=words(row["status"]).lower(),
        source=words(row["source"]),
        file_format=words(row["file_format"]),
        loaded_rows=whole(row["loaded_rows"]),
        loaded_bytes=whole(row["loaded_bytes"]),
        files=whole(row["files"]),
        errors=whole(row["error_count"]),
        seconds=seconds(row["duration"]),
    )
