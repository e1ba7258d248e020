"""Redshift over the Data API: no network path needed; statements are polled and cancelled."""

import re
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import anyio

from mcp_server.aws.redshift_errors import Asked, from_database, timed_out
from mcp_server.aws.redshift_limit import MOST_ROWS, with_limit
from mcp_server.aws.redshift_target import Target
from mcp_server.aws.session import AwsClients
from mcp_server.domain.redshift import ClusterEvent, ClusterState, Rows
from mcp_server.errors import DiagnosticError, Unavailable

STATEMENT_SECONDS = 20.0
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 1.5, 1.6
CANCEL_SECONDS = 3.0
_PARAMETER = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|::|:(?P<name>[A-Za-z_]\w*)", re.DOTALL
)
Json = Mapping[str, Any]  # Any: AWS's documents


class DataApiRedshift:
    """`Redshift` over the Data API.

    It opens no transaction of its own: what keeps a statement from writing is the SQL guard and a
    database user without write grants (`doctor` tests that).
    """

    def __init__(self, target: Target, database: str, clients: AwsClients) -> None:
        self.is_serverless = target.is_serverless
        self._target = target
        self._database = database
        self._clients = clients

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        """One statement; see `mcp_server.backends.Redshift`."""
        limit = min(limit, MOST_ROWS)
        began = time.monotonic()
        statement_id = await self._begin(with_limit(sql, limit + 1), parameters or {})
        try:
            said = await self._ended(statement_id, began)
        except BaseException:
            await self._cancel(statement_id)
            raise
        if said["Status"] != "FINISHED":
            raise self._failed(said)
        return await self._result(statement_id, limit) if said.get("HasResultSet") else Rows((), ())

    async def state(self) -> ClusterState:
        return await self._target.state()

    async def events(self, since: datetime, until: datetime) -> Sequence[ClusterEvent]:
        return await self._target.events(since, until)

    def close(self) -> None:
        """Nothing stays open here."""

    async def _call(self, operation: str, arguments: Json) -> Json:
        return await self._clients.call(
            "redshift-data", operation, arguments, resource=self._target.name
        )

    async def _begin(self, sql: str, parameters: Mapping[str, Any]) -> str:
        texts = {name: _text(value) for name, value in parameters.items()}
        given = [{"name": name, "value": value} for name, value in texts.items() if value]
        arguments = {
            "Sql": _without_empty(sql, {name for name, value in texts.items() if not value}),
            "Database": self._database,
            "StatementName": "de-agent",
            **self._target.data_api_arguments(),
            **({"Parameters": given} if given else {}),
        }
        return str((await self._call("execute_statement", arguments))["Id"])

    async def _ended(self, statement_id: str, began: float) -> Json:
        """Poll until the statement is over; Unavailable when it takes too long."""
        pause = FIRST_PAUSE
        while True:
            said = await self._call("describe_statement", {"Id": statement_id})
            if said["Status"] in {"FINISHED", "FAILED", "ABORTED"}:
                return said
            if time.monotonic() - began + pause > STATEMENT_SECONDS:
                raise timed_out(self._asked())
            await anyio.sleep(pause)
            pause = min(pause * GROWTH, LONGEST_PAUSE)

    async def _cancel(self, statement_id: str) -> None:
        """Statements run on without their caller: end it, also when the caller was cancelled."""
        with anyio.move_on_after(CANCEL_SECONDS, shield=True):
            try:
                await self._call("cancel_statement", {"Id": statement_id})
            except DiagnosticError:
                # It may have ended by itself just now; its time-out at the server ends it else.
                return

    def _failed(self, said: Json) -> DiagnosticError:
        if said["Status"] == "ABORTED":
            return Unavailable("The statement was cancelled in Redshift. Ask again, or for less.")
        return from_database("", str(said.get("Error", "")), self._asked())

    def _asked(self) -> Asked:
        user = str(self._target.data_api_arguments().get("DbUser", ""))
        seconds = int(STATEMENT_SECONDS)
        return Asked(self._target.name, user, self._database, seconds=seconds)

    async def _result(self, statement_id: str, limit: int) -> Rows:
        columns: tuple[str, ...] = ()
        rows: list[tuple[Any, ...]] = []  # Any: a database's values
        token: dict[str, str] = {}
        while len(rows) <= limit:
            page = await self._call("get_statement_result", {"Id": statement_id, **token})
            metadata = page["ColumnMetadata"]
            columns = tuple(str(column.get("label") or column["name"]) for column in metadata)
            types = [str(column.get("typeName", "")) for column in metadata]
            rows += [
                tuple(_value(field, kind) for field, kind in zip(record, types, strict=True))
                for record in page["Records"]
            ]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        return Rows(columns, tuple(rows[:limit]), cut=len(rows) > limit)


def _without_empty(sql: str, names: Collection[str]) -> str:
    """The API takes no empty text as a parameter: it stands in the statement itself."""
    return _PARAMETER.sub(lambda found: "''" if found["name"] in names else found[0], sql)


def _text(value: object) -> str:
    """A parameter as the Data API takes it: everything is text, times are UTC without a zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(value)


def _value(field: Json, kind: str) -> Any:  # noqa: ANN401 - a database's values
    if field.get("isNull"):
        return None
    [value] = field.values()
    if not isinstance(value, str):
        return value
    if kind.startswith("timestamp"):
        return _moment(value)
    if kind == "date":
        return date.fromisoformat(value)
    return Decimal(value) if kind == "numeric" else value


def _moment(text: str) -> Any:  # noqa: ANN401 - "infinity" stays text
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text
