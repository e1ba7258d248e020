"""Which line of which file COPY refused, and which COPY loaded nothing."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.probes.redshift_common import (
    bare_name,
    missed,
    redshift_of,
    tables_of,
    unavailable,
    window,
)
from mcp_server.redshift.facts import load_errors, loads
from mcp_server.redshift.rows import Load, LoadError

WHAT = "load errors in Redshift"
MOST = 3


async def redshift_load_errors(case: Case) -> Finding:
    """The refused values' file, line, column and reason; the values themselves are never read."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, WHAT)
    since, until = window(case)
    tables = [bare_name(table) for table in tables_of(case)[:1]]
    found = await load_errors(redshift, since, until, *tables)
    rows = found.rows or ((await load_errors(redshift, since, until)).rows if tables else ())
    if not rows:
        return Finding(missed=missed(found.gaps)) if found.gaps else NOTHING
    clues = tuple(_clue(row, at) for at, row in enumerate(_distinct(rows)[:MOST]))
    first = rows[0]
    more = f" ({len(rows)} such lines)" if len(rows) > 1 else ""
    names = {
        "file": first.file,
        "line": str(first.line) if first.line else "",
        "column": first.column,
        "table": first.table,
    }
    return Finding(
        clues,
        explains=f"{_reason(first)}{more}",
        names=tuple((key, value) for key, value in names.items() if value),
    )


async def redshift_loads(case: Case) -> Finding:
    """COPY commands into the failure's tables since the last success, when one loaded nothing."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, "loads in Redshift")
    clues = []
    for table in tables_of(case)[:2]:
        found = await loads(redshift, await case.unbroken_since(), case.failed_at, table)
        clues += [_load_clue(case, one) for one in found.rows if not one.loaded_rows or one.errors]
    worst = next(iter(clues), None)
    return Finding(tuple(clues[:MOST]), explains=worst.quote) if worst else NOTHING


def _load_clue(case: Case, load: Load) -> Clue:
    when = f" at {clock_time(load.at, case.failed_at)}Z" if load.at else ""
    text = f"COPY of {load.table}{when} loaded {load.loaded_rows} rows from {load.source}"
    if load.errors:
        text += f", {load.errors} errors"
    place = f"Redshift query {load.query_id}, load history"
    return Clue("redshift", text, place, at=load.at, confirms=True, rank=9)


def _distinct(rows: tuple[LoadError, ...]) -> list[LoadError]:
    """One of each reason, column and file."""
    return list({(r.reason, r.column, r.file): r for r in reversed(rows)}.values())[::-1]


def _reason(row: LoadError) -> str:
    kind = f" {row.column_type}" if row.column_type else ""
    size = f"({row.column_length})" if row.column_length and row.column_type else ""
    column = f", column {row.column}{kind}{size}" if row.column else ""
    return f"{row.reason}: line {row.line} of {row.file}{column}"


def _clue(row: LoadError, at: int) -> Clue:
    place = f"Redshift query {row.query_id}, load error detail"
    return Clue("redshift", _reason(row), place, at=row.at, confirms=True, rank=4 + at)
