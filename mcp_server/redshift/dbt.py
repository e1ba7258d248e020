"""dbt's own results, where a team keeps them in the warehouse: which table, which columns."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from mcp_server.backends import Redshift
from mcp_server.diagnostics.redact import redact
from mcp_server.redshift.cluster_rows import DbtResult
from mcp_server.redshift.fetch import fetch, plain
from mcp_server.redshift.history import whole, words
from mcp_server.redshift.rows import (
    Found,
)
from mcp_server.redshift.tables import Described, described

MESSAGE_SHOWN = 300


@dataclass(frozen=True, slots=True)
class DbtAudit:
    """The table that was read ("" when there is none) and its rows."""

    table: str
    found: Found[DbtResult]


async def dbt_results(
    redshift: Redshift,
    since: datetime,
    until: datetime,
    *,
    table: str = "",
    model: str = "",
    limit: int = 50,
) -> DbtAudit:
    """Failed results first, then the newest; `table` is the configured one, "" looks for one.

    `model` is a part of the model's name.
    """
    where = await _audit_table(redshift, table)
    columns = _columns(where) if where else {}
    if where is None or not {"at", "model", "status"} <= set(columns):
        return DbtAudit("", Found())
    asked = {"since": since, "until": until, "model": model.lower()}
    found = await redshift.run(_sql(where, columns), asked, limit=limit)
    rows = [dict(zip(columns, map(plain, row), strict=True)) for row in found.rows]
    results = tuple(_result(row) for row in rows)
    return DbtAudit(where.name, Found(results, cut=found.cut))


async def _audit_table(redshift: Redshift, table: str) -> Described | None:
    if table:
        return next(iter(await described(redshift, table)), None)
    names = [str(name) for name in _layout()["tables"]]
    bare = {name.rpartition(".")[2] for name in names}
    rows = await fetch(redshift, "tables_named", {"names": f",{','.join(sorted(bare))},"}, limit=50)
    seen = [f"{words(r['table_schema'])}.{words(r['table_name'])}".lower() for r in rows]
    for name in names:
        for one in seen:
            if one == name or ("." not in name and one.rpartition(".")[2] == name):
                return next(iter(await described(redshift, one)), None)
    return None


def _columns(table: Described) -> Mapping[str, str]:
    """The table's column for each part of a line that it has."""
    there = {column.name for column in table.columns}
    parts: Mapping[str, Sequence[str]] = _layout()["columns"]
    chosen = {part: next((n for n in names if n in there), "") for part, names in parts.items()}
    return {part: name for part, name in chosen.items() if name}


def _sql(table: Described, columns: Mapping[str, str]) -> str:
    """All names come from the catalog; they are quoted all the same."""
    at, model, status = (_quoted(columns[part]) for part in ("at", "model", "status"))
    picked = ", ".join(
        f"cast({_quoted(name)} as timestamp) as at" if part == "at" else _quoted(name)
        for part, name in columns.items()
    )
    return (
        f"select {picked} from {_quoted(table.schema)}.{_quoted(table.table)} "  # noqa: S608 - quoted names of the catalog
        f"where cast({at} as timestamp) >= cast(:since as timestamp) "
        f"and cast({at} as timestamp) <= cast(:until as timestamp) "
        f"and (:model = '' or strpos(lower({model}), :model) > 0) "
        f"order by case when lower({status}) in ('error', 'fail', 'failed', 'skipped') then 0 "
        f"else 1 end, cast({at} as timestamp) desc"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _result(row: Mapping[str, Any]) -> DbtResult:  # Any: a database's values
    taken = row.get("seconds")
    return DbtResult(
        at=row["at"],
        model=words(row["model"]),
        status=words(row["status"]).lower(),
        message=redact(words(row.get("message")))[:MESSAGE_SHOWN],
        seconds=float(taken) if isinstance(taken, int | float) else 0.0,
        rows=whole(row.get("rows")),
        invocation=words(row.get("invocation")),
    )


@cache
def _layout() -> Mapping[str, Any]:  # Any: TOML's values
    file = resources.files("mcp_server.redshift").joinpath("dbt_audit.toml")
    return tomllib.loads(file.read_text("utf-8"))
