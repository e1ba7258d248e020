"""Run a statement by name; a missing column or right costs that part alone, and says so."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from mcp_server.backends import Redshift
from mcp_server.diagnostics.redact import redact
from mcp_server.errors import DiagnosticError, MissingColumn, NotPermitted
from mcp_server.redshift.rows import Gap
from mcp_server.redshift.statements import Statement, statement

_NAMED = re.compile(r":([a-z_]+)")
Row = Mapping[str, Any]  # Any: a database's values
T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
MOST_USERS = 2_000
# Columns that a cluster turned out not to have.
_missing: WeakKeyDictionary[Redshift, set[str]] = WeakKeyDictionary()
# User names by id, where the history has none.
_names: WeakKeyDictionary[Redshift, Mapping[Any, str]] = WeakKeyDictionary()  # Any: as Row


async def fetch(
    redshift: Redshift, name: str, parameters: Mapping[str, object], *, limit: int = 200
) -> Sequence[Row]:
    """Rows by column name: texts without padding, times aware UTC, decimals as floats.

    A history without user names gets those that the catalog knows. Raises DiagnosticError;
    NotPermitted names the grant.
    """
    rows = await _rows(redshift, name, parameters, limit)
    if any("username" in row and not row["username"] for row in rows):
        return await _with_names(redshift, rows)
    return rows


async def _rows(
    redshift: Redshift, name: str, parameters: Mapping[str, object], limit: int
) -> Sequence[Row]:
    wanted = statement(name)
    if wanted.main_cluster_only and redshift.is_serverless:
        return []
    missing = _missing.setdefault(redshift, set())
    for _ in range(len(wanted.optional or {}) + 1):
        text = wanted.text(missing)
        try:
            found = await redshift.run(text, _used(text, parameters), limit=limit)
        except MissingColumn as wrong:
            if wrong.name not in (wanted.optional or {}) or wrong.name in missing:
                raise
            missing.add(wrong.name)
        except NotPermitted as refused:
            raise _with_grant(refused, wanted) from refused
        else:
            columns = [column.lower() for column in found.columns]
            return [dict(zip(columns, (plain(v) for v in row), strict=True)) for row in found.rows]
    raise MissingColumn(f"{wanted.what}: this cluster lacks too many of the columns")


async def _with_names(redshift: Redshift, rows: Sequence[Row]) -> Sequence[Row]:
    names = _names.get(redshift)
    if names is None:
        try:
            users = await _rows(redshift, "usernames", {}, MOST_USERS)
        except DiagnosticError:
            # They stand under the users' ids, which says as much as could be read.
            return rows
        names = _names[redshift] = {row["user_id"]: row["user_name"] for row in users}
    return [{**row, "username": row["username"] or names.get(row["user_id"], "")} for row in rows]


async def fetch_or_gap(
    redshift: Redshift,
    name: str,
    parameters: Mapping[str, object],
    gaps: list[Gap],
    *,
    limit: int = 200,
) -> Sequence[Row]:
    """As `fetch`; what cannot be had becomes a Gap and no rows."""
    try:
        return await fetch(redshift, name, parameters, limit=limit)
    except DiagnosticError as wrong:
        gaps.append(Gap(statement(name).what, str(wrong)))
        return []


async def gathered(
    *parts: Callable[[], Awaitable[T]],
) -> list[T]:
    """Run the parts side by side; the answers in their order. The first error is raised."""
    import anyio

    answers: dict[int, T] = {}

    async def run(at: int, part: Callable[[], Awaitable[T]]) -> None:
        answers[at] = await part()

    async with anyio.create_task_group() as group:
        for at, part in enumerate(parts):
            group.start_soon(run, at, part)
    return [answers[at] for at in range(len(parts))]


async def pair(
    first: Callable[[], Awaitable[A]], second: Callable[[], Awaitable[B]]
) -> tuple[A, B]:
    """Two parts of different kinds side by side; the first error is raised."""
    parts: tuple[Callable[[], Awaitable[A | B]], ...] = (first, second)
    one, other = await gathered(*parts)
    return cast(A, one), cast(B, other)


def _used(sql: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
    """The parameters that the statement names; the Data API refuses others."""
    named = set(_NAMED.findall(sql))
    return {name: value for name, value in parameters.items() if name in named}


def _with_grant(refused: NotPermitted, wanted: Statement) -> NotPermitted:
    if not wanted.grant:
        return refused
    return NotPermitted(f"not permitted: {wanted.grant}")


def plain(value: Any) -> Any:  # noqa: ANN401 - a database's values
    """A value as `fetch` gives it: text redacted, times aware UTC, decimals as floats."""
    if isinstance(value, str):
        return redact(value.rstrip())
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if isinstance(value, Decimal):
        return float(value)
    return value
