"""The Redshift Data API: statements run in the background on the same database."""

import re
import threading
import time
import uuid
from collections.abc import Mapping, Sequence

from sandbox.aws.errors import AwsError
from sandbox.aws.redshift import ROLE_USER
from sandbox.aws.service import Document, JsonService
from sandbox.redshift.dialect import as_postgres, needs_translation
from sandbox.redshift.server import RedshiftServer
from sandbox.redshift.session import Result, Session, SqlError

PAGE_ROWS = 500
_TYPES = {
    16: "bool", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid", 700: "float4",
    701: "float8", 1042: "bpchar", 1043: "varchar", 1082: "date", 1114: "timestamp",
    1184: "timestamptz", 1700: "numeric",
}  # fmt: skip
_PARAMETER = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|::|:(?P<name>[A-Za-z_]\w*)", re.DOTALL
)


class RedshiftData:
    """Statements by id; their results are kept until the world closes."""

    def __init__(self, server: RedshiftServer | None, identifiers: Sequence[str]) -> None:
        self._server = server
        self._identifiers = frozenset(identifiers)
        self._statements: dict[str, _Statement] = {}
        self.service = JsonService(
            "redshift-data",
            {
                "ExecuteStatement": self.execute_statement,
                "DescribeStatement": self.describe_statement,
                "GetStatementResult": self.get_statement_result,
                "CancelStatement": self.cancel_statement,
            },
        )

    def execute_statement(self, asked: Document, region: str) -> Document:
        named = asked.get("ClusterIdentifier") or asked.get("WorkgroupName") or ""
        if self._server is None or named not in self._identifiers:
            raise _invalid(f"Redshift endpoint doesn't exist in this region: {named!r}")
        if asked.get("Database") != self._server.database:
            raise _invalid(f'database "{asked.get("Database")}" does not exist')
        given = {p["name"]: p["value"] for p in asked.get("Parameters", [])}
        sql, values = _bound(asked["Sql"], given)
        user = asked.get("DbUser") or ROLE_USER
        statement = _Statement(self._server, asked["Sql"], sql, values, user)
        self._statements[statement.id] = statement
        statement.start()
        return {"Id": statement.id, "CreatedAt": statement.created, "Database": asked["Database"]}

    def describe_statement(self, asked: Document, region: str) -> Document:
        return self._known(asked).described()

    def get_statement_result(self, asked: Document, region: str) -> Document:
        statement = self._known(asked)
        if statement.status != "FINISHED" or not statement.result.columns:
            raise AwsError("ResourceNotFoundException", "Query does not have result.")
        start = int(asked.get("NextToken") or 0)
        rows = statement.result.rows[start : start + PAGE_ROWS]
        columns = statement.result.columns
        end = start + len(rows)
        more = {"NextToken": str(end)} if end < len(statement.result.rows) else {}
        return {
            "ColumnMetadata": [
                {"name": name, "label": name, "typeName": _TYPES.get(oid, "varchar"), "nullable": 1}
                for name, oid in columns
            ],
            "Records": [
                [_field(value, oid) for value, (_, oid) in zip(row, columns, strict=True)]
                for row in rows
            ],
            "TotalNumRows": len(statement.result.rows),
            **more,
        }

    def cancel_statement(self, asked: Document, region: str) -> Document:
        return {"Status": self._known(asked).cancel()}

    def _known(self, asked: Document) -> "_Statement":
        statement = self._statements.get(str(asked.get("Id", "")).partition(":")[0])
        if statement is None:
            raise AwsError("ResourceNotFoundException", "Query does not exist.")
        return statement


class _Statement:
    """One statement on a connection of its own: STARTED, then FINISHED, FAILED or ABORTED."""

    def __init__(
        self, server: RedshiftServer, text: str, sql: str, values: list[str], user: str
    ) -> None:
        self.id = str(uuid.uuid4())
        self.created = time.time()
        self.status = "STARTED"
        self.result = Result()
        self._server = server
        self._text = text
        self._sql = as_postgres(sql) if needs_translation(sql) else sql
        self._values = values
        self._user = user
        self._error = ""
        self._session: Session | None = None
        self._ended = self.created

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def cancel(self) -> bool:
        """Whether there was something to cancel."""
        session = self._session
        if self.status != "STARTED" or session is None:
            return False
        self.status = "ABORTED"
        session.cancel()
        return True

    def described(self) -> Document:
        is_over = self.status in {"FINISHED", "FAILED", "ABORTED"}
        nanoseconds = int((self._ended - self.created) * 1e9) if is_over else -1
        return {
            "Id": self.id,
            "Status": self.status,
            "Duration": nanoseconds,
            "HasResultSet": bool(self.result.columns),
            "ResultRows": len(self.result.rows) if is_over else -1,
            "ResultSize": sum(len(str(row)) for row in self.result.rows),
            "QueryString": self._text,
            "CreatedAt": self.created,
            "UpdatedAt": self._ended,
            **({"Error": self._error} if self._error else {}),
        }

    def _run(self) -> None:
        status, error = "FINISHED", ""
        try:
            self._session = self._server.session(self._user)
            self.result = self._session.execute(self._sql, self._values)
        except SqlError as wrong:
            status, error = "FAILED", f"ERROR: {wrong.message}"
        except OSError as wrong:
            status, error = "FAILED", f"ERROR: the connection was lost ({wrong})"
        finally:
            if self._session:
                self._session.close()
        self._ended, self._error = time.time(), error
        if self.status == "STARTED":
            self.status = status


def _bound(sql: str, given: Mapping[str, str]) -> tuple[str, list[str]]:
    """`:name` as `$n`; a parameter that is not given, or given and not used, is refused."""
    used: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name not in used:
            used.append(name)
        return f"${used.index(name) + 1}"

    text = _PARAMETER.sub(place, sql)
    if unknown := set(used) ^ set(given):
        raise _invalid(f"Parameters do not match the SQL: {', '.join(sorted(unknown))}")
    return text, [str(given[name]) for name in used]


def _field(value: str | None, oid: int) -> Document:
    if value is None:
        return {"isNull": True}
    kind = _TYPES.get(oid, "")
    if kind == "bool":
        return {"booleanValue": value == "t"}
    if kind in {"int2", "int4", "int8", "oid"}:
        return {"longValue": int(value)}
    if kind in {"float4", "float8"}:
        return {"doubleValue": float(value)}
    return {"stringValue": value}


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
