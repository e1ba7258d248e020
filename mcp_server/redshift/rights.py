"""What the database user may see, and that it may not write: `doctor` asks."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.errors import AccessDenied
from mcp_server.redshift.fetch import fetch

# One statement a view that not every user may read, with what it is for.
_VIEWS = {
    "queries_slowest": "query history",
    "transactions": "locks: who blocks whom",
    "table_locks": "table locks",
    "connections": "log-ins",
    "user_changes": "changes of users",
    "transactions_ended": "what became of transactions",
    "conflicts": "serializable conflicts",
    "disk": "disk space",
    "largest_tables": "table sizes and statistics",
}
Try = Callable[[], Awaitable[object]]


def rights_of(redshift: Redshift) -> list[tuple[str, str, Try]]:
    """Checks as `doctor` runs them: the right, what for, a call that raises when it is missing."""
    now = datetime.now(UTC)
    asked = {"since": now - timedelta(hours=1), "until": now, "least": 0, "user_name": ""}
    asked |= {"transactions": ",0,"}
    views: list[tuple[str, str, Try]] = [
        ("redshift: sys:monitor", what, partial(_one, redshift, name, asked))
        for name, what in _VIEWS.items()
    ]
    return [*views, ("redshift: no write grants", "second lock", lambda: cannot_write(redshift))]


async def cannot_write(redshift: Redshift) -> None:
    """AccessDenied when the user may write tables; it names some."""
    rows = await fetch(redshift, "writable_tables", {}, limit=5)
    if rows:
        names = ", ".join(str(row["name"]) for row in rows)
        raise AccessDenied(
            f"The database user may write {names}. Give de-agent a user of its own that can only "
            "read (and has sys:monitor): over the Data API only the SQL guard stands beside it."
        )


async def _one(redshift: Redshift, name: str, asked: Mapping[str, object]) -> None:
    await fetch(redshift, name, asked, limit=1)
