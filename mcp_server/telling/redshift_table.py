"""How a table is told: its shape and health, its columns, its last change and load."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from mcp_server.redshift.cluster_rows import Column, TableInfo
from mcp_server.redshift.rows import (
    Change,
    Load,
)
from mcp_server.redshift.tables import Described
from mcp_server.telling.redshift_problems import is_unhealthy
from mcp_server.telling.redshift_words import change_line, clock, table_line
from mcp_server.text import count
from mcp_server.text import table as lines_of

MOST_COLUMNS = 120


class TableAnswer(BaseModel):
    """A table's columns, size, health, last DDL and last load. Times: ISO 8601 UTC."""

    cluster: str
    table: str
    columns: list[Column] = Field(default_factory=list)
    info: TableInfo | None = None
    is_view: bool = False
    last_change: Change | None = None
    last_load: Load | None = None
    not_checked: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToldTable:
    """One table; parts that are unknown are None."""

    cluster: str
    now: datetime
    described: Described
    info: TableInfo | None = None
    changes: Sequence[Change] = ()
    loads: Sequence[Load] = ()
    others: Sequence[str] = ()
    missed: Sequence[str] = ()
    is_view: bool = False

    def data(self) -> TableAnswer:
        return TableAnswer(
            cluster=self.cluster,
            table=self.described.name,
            columns=list(self.described.columns),
            info=self.info,
            is_view=self.is_view,
            last_change=next(iter(self.changes), None),
            last_load=next(iter(self.loads), None),
            not_checked=list(self.missed),
        )

    def text(self) -> str:
        """Health, changes and loads first, since the columns may be many."""
        kind = "view" if self.is_view else "table"
        lines = [f"Redshift {self.cluster}: {kind} {self.described.name}"]
        if self.others:
            lines.append(f"also by that name: {', '.join(self.others)}")
        lines.append(self._health())
        lines += [f"DDL {change_line(change, self.now)}" for change in self.changes[:3]]
        if not self.changes:
            lines.append("DDL: none to be seen in 7 days")
        lines += [
            f"load {clock(load.at, self.now)} {load.status}: {load.loaded_rows:,} rows from "
            f"{load.source}, query {load.query_id}"
            for load in self.loads[:2]
        ]
        columns = self.described.columns
        rows = [
            (c.name, c.type, "" if c.nullable else "not null", c.default)
            for c in columns[:MOST_COLUMNS]
        ]
        lines += [f"{count(len(columns), 'column')}:"] if columns else ["no columns to be seen"]
        lines += lines_of(("column", "type", "null", "default"), rows)
        lines += [f"not checked: {line}" for line in self.missed]
        return "\n".join(lines)

    def _health(self) -> str:
        if self.is_view:
            return "a view: it has no size of its own"
        if self.info is None:
            return "size unknown: an empty table, a view, or SVV_TABLE_INFO is not open to the user"
        hint = "; ANALYZE and VACUUM are its owner's matter" if is_unhealthy(self.info) else ""
        return f"{table_line(self.info)}{hint}"
