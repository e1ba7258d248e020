"""A table as it is: its columns, and near names when there is none."""

import difflib
from dataclasses import dataclass

from mcp_server.backends import Redshift
from mcp_server.redshift.cluster_rows import Column
from mcp_server.redshift.fetch import Row, fetch
from mcp_server.redshift.history import whole, words
from mcp_server.redshift.verbs import last_part, schema_part

# Among so many names a misspelt one is looked for.
MOST_NAMES = 2_000


@dataclass(frozen=True, slots=True)
class Described:
    """One table of that name, with its columns in order."""

    schema: str
    table: str
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """schema.table."""
        return f"{self.schema}.{self.table}"


async def described(redshift: Redshift, table: str) -> tuple[Described, ...]:
    """Tables and views of that name, one a schema; empty when there is none to be seen."""
    asked = {"table": last_part(table), "schema": schema_part(table)}
    rows = await fetch(redshift, "table_columns", asked, limit=1600)
    names = dict.fromkeys((words(r["table_schema"]), words(r["table_name"])) for r in rows)
    return tuple(
        Described(
            schema,
            name,
            tuple(
                _column(row)
                for row in rows
                if (words(row["table_schema"]), words(row["table_name"])) == (schema, name)
            ),
        )
        for schema, name in names
    )


async def views_named(redshift: Redshift, table: str) -> frozenset[str]:
    """schema.name of the views of that name, in lower case."""
    rows = await fetch(redshift, "tables_named", {"names": f",{last_part(table)},"}, limit=50)
    return frozenset(
        f"{words(row['table_schema'])}.{words(row['table_name'])}".lower()
        for row in rows
        if "view" in words(row["table_type"]).lower()
    )


async def near_names(redshift: Redshift, table: str, most: int = 8) -> tuple[str, ...]:
    """Tables whose names share a part of this one, else those that differ by a slip of the key."""
    own, schema = last_part(table), schema_part(table)
    parts = [own, *sorted(own.split("_"), key=len, reverse=True), own[:4]]
    for part, where in [(p, w) for w in (schema, "") for p in parts if len(p) >= 3]:
        found = await _names_like(redshift, where, part, most)
        if found:
            return found
    known = {name.lower(): name for name in await _names_like(redshift, schema, "", MOST_NAMES)}
    wanted = f"{schema}.{own}" if schema else own
    return tuple(known[one] for one in difflib.get_close_matches(wanted, known, most))


async def _names_like(redshift: Redshift, schema: str, part: str, most: int) -> tuple[str, ...]:
    asked = {"schema": schema, "part": part}
    rows = await fetch(redshift, "tables_like", asked, limit=most)
    return tuple(f"{words(row['table_schema'])}.{words(row['table_name'])}" for row in rows)


def _column(row: Row) -> Column:
    kind = words(row["data_type"])
    if length := whole(row["character_maximum_length"]):
        kind = f"{kind}({length})"
    elif kind == "numeric" and (precision := whole(row["numeric_precision"])):
        kind = f"numeric({precision},{whole(row['numeric_scale'])})"
    return Column(
        name=words(row["column_name"]),
        type=kind,
        nullable=words(row["is_nullable"]).upper() != "NO",
        default=words(row["column_default"]),
    )
