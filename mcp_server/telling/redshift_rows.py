"""How a query's rows are told: tab-separated lines, values cut, what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from mcp_server.diagnostics.redact_tokens import MASK
from mcp_server.diagnostics.redact_words import names_secret
from mcp_server.domain.redshift import Rows
from mcp_server.text import clipped, count, table

CELL = 200
Value = str | int | float | bool | None


class RowsAnswer(BaseModel):
    """The rows of a SELECT; times as ISO 8601, decimals as numbers."""

    columns: list[str] = Field(default_factory=list)
    rows: list[list[Any]] = Field(default_factory=list)  # Any: a database's values
    is_cut: bool = Field(default=False, description="True: there are more rows.")
    sql: str = Field("", description="The statement as it ran, with its limit.")


@dataclass(frozen=True, slots=True)
class ToldRows:
    """A statement's rows; `limit` is what bounded them."""

    sql: str
    found: Rows
    limit: int

    def data(self) -> RowsAnswer:
        return RowsAnswer(
            columns=list(self.found.columns),
            rows=[[plain_value(value) for value in row] for row in self._rows()],
            is_cut=self.found.cut,
            sql=self.sql,
        )

    def text(self) -> str:
        """Header and rows; "no rows" is an answer."""
        rows = self._rows()
        if not rows:
            return f"No rows. Columns: {', '.join(self.found.columns) or 'none'}."
        more = f" (cut at {self.limit}: add conditions, or raise limit)" if self.found.cut else ""
        lines = [f"{count(len(rows), 'row')}{more}"]
        shown = [[_shown(value) for value in row] for row in rows]
        return "\n".join(lines + _table(self.found.columns, shown))

    def _rows(self) -> list[list[Any]]:  # Any: a database's values
        """The rows; text under a column such as `password` is hidden whole."""
        hidden = [names_secret(column) for column in self.found.columns]
        return [
            [MASK if hide and value and isinstance(value, str) else value for hide, value in pairs]
            for pairs in (zip(hidden, row, strict=True) for row in self.found.rows)
        ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    # A column without any value is an answer too.
    return table(columns, rows) or ["\t".join(columns), "(all values are null)"]


def _shown(value: Any) -> str:  # noqa: ANN401 - a database's values
    return "" if value is None else clipped(str(plain_value(value)), CELL)


def plain_value(value: Any) -> Value:  # noqa: ANN401 - a database's values
    """A value as JSON has it; what JSON has not becomes text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bool | int | float) or value is None:
        return value
    return str(value).rstrip()
