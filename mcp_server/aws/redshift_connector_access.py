"""Redshift over its own wire: each statement in a read-only transaction that is rolled back."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mcp_server.aws.redshift_errors import Asked, is_busy, is_lost, of_driver
from mcp_server.aws.redshift_limit import MOST_ROWS, with_limit
from mcp_server.aws.redshift_pool import Pool
from mcp_server.aws.redshift_target import Logins, Target
from mcp_server.aws.redshift_wire import Connection, Login, driver_errors, open_connection
from mcp_server.aws.session import in_thread
from mcp_server.domain.redshift import ClusterEvent, ClusterState, Rows
from mcp_server.errors import AccessDenied, Unavailable

CONNECT_SECONDS = 8
STATEMENT_SECONDS = 15
# The socket outlasts the statement, so that its end comes from Redshift and nothing runs on.
SOCKET_SECONDS = 20
BUSY_PAUSES = (0.2, 0.4, 0.6, 0.8, 1.0)


class ConnectorRedshift:
    """`Redshift` over redshift_connector."""

    def __init__(self, target: Target, database: str, ca_file: str = "") -> None:
        self.is_serverless = target.is_serverless
        self._target = target
        self._database = database
        self._ca_file = ca_file
        self._logins = Logins(target, database)
        self._pool = Pool()

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        """One read-only statement; see `mcp_server.backends.Redshift`."""
        login = await self._logins.get()
        limit = min(limit, MOST_ROWS)
        text = with_limit(sql, limit + 1)
        values = {name: _naive(value) for name, value in (parameters or {}).items()}
        asked = Asked(self._target.name, login.user, self._database, login.host, STATEMENT_SECONDS)
        try:
            return await in_thread(lambda: self._run(login, text, values, limit))
        except driver_errors() as error:
            refused = of_driver(error, asked)
            if is_lost(error) and isinstance(refused, AccessDenied | Unavailable):
                self._logins.forget()
                # A cluster that has been paused since says so itself.
                await self._target.endpoint()
            raise refused from error

    async def state(self) -> ClusterState:
        return await self._target.state()

    async def events(self, since: datetime, until: datetime) -> Sequence[ClusterEvent]:
        return await self._target.events(since, until)

    def close(self) -> None:
        """End the idle connections."""
        self._pool.close()

    def _run(self, login: Login, sql: str, values: Mapping[str, Any], limit: int) -> Rows:
        return self._pool.use(
            lambda: self._opened(login), lambda connection: _read(connection, sql, values, limit)
        )

    def _opened(self, login: Login) -> Connection:
        """A new connection; when the cluster has no room for it, again after a pause."""
        for pause in BUSY_PAUSES:
            try:
                return self._open(login)
            except driver_errors() as error:
                if not is_busy(error):
                    raise
            time.sleep(pause)
        return self._open(login)

    def _open(self, login: Login) -> Connection:
        connection = open_connection(
            login,
            ca_file=self._ca_file,
            seconds=CONNECT_SECONDS,
            statement_seconds=SOCKET_SECONDS,
        )
        _execute(connection, f"set statement_timeout to {STATEMENT_SECONDS * 1000}")
        return connection


def _read(connection: Connection, sql: str, values: Mapping[str, Any], limit: int) -> Rows:
    _execute(connection, "begin read only")
    try:
        cursor = _execute(connection, sql, values)
        columns = tuple(str(column[0]) for column in cursor.description or ())
        rows = tuple(tuple(row) for row in cursor.fetchall()) if columns else ()
    except driver_errors() as error:
        if not is_lost(error):
            _execute(connection, "rollback")
        raise
    _execute(connection, "rollback")
    return Rows(columns, rows[:limit], cut=len(rows) > limit)


def _execute(connection: Connection, sql: str, values: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - the driver publishes no types
    cursor = connection.cursor()
    cursor.paramstyle = "named"
    cursor.execute(sql, values or None)
    return cursor


def _naive(value: Any) -> Any:  # noqa: ANN401 - whatever a statement takes
    """Redshift's TIMESTAMP has no zone; its system views are in UTC."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
