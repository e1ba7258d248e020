"""Load an incident's redshift.sql: statement by statement, as Redshift would take it."""

import re
from collections.abc import Callable, Iterator

from sandbox.redshift.dialect import as_postgres, without_storage
from sandbox.redshift.session import Session, SqlError

# One token of SQL, as far as finding the end of a statement needs it.
_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
    r"|(?P<tag>\$\w*\$).*?(?P=tag)|(?P<end>;)|.",
    re.DOTALL,
)
_SYSTEM = re.compile(r"(?:pg_catalog\.)?\"?((?:sys|svv|stl|stv|svl|svcs)_\w+)\"?$", re.IGNORECASE)
_INSERT = re.compile(
    r"\s*insert\s+into\s+(?P<table>[\w.\"]+)\s*(?:\((?P<columns>[^()]*)\))?", re.IGNORECASE
)
_MOST_REPAIRS = 40
# Each statement stands for itself, so that one can be repaired and run again.
_TRANSACTION = re.compile(r"(?:begin|start\s+transaction|commit|end)\b", re.IGNORECASE)
# What only a real cluster can do, and what no query of ours depends on.
_WITHOUT_EFFECT = re.compile(
    r"(?:grant|revoke|(?:create|alter|drop)\s+(?:user|role|group|default|external|datashare)"
    r"|analyze|vacuum|set|reset|comment|copy|unload)\b",
    re.IGNORECASE,
)


class ScriptWrong(Exception):
    """A statement of redshift.sql that cannot be loaded; names its line, text and error."""


def load_script(session: Session, script: str) -> list[str]:
    """Run every statement; returns notes on what Redshift has not and was added all the same."""
    notes: list[str] = []
    for line, statement in statements(script):
        if _TRANSACTION.match(statement):
            continue
        try:
            _run(session, without_storage(statement), notes)
        except SqlError as wrong:
            said = " ".join(statement.split())[:300]
            detail = f" ({wrong.detail})" if wrong.detail else ""
            if _WITHOUT_EFFECT.match(statement):
                notes.append(f"redshift.sql line {line} was passed over: {wrong.message}: {said}")
                continue
            raise ScriptWrong(
                f"redshift.sql line {line}: {wrong.message}{detail} [{wrong.code}] in: {said}"
            ) from None
    return notes


def statements(script: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line it begins on; comments alone are none."""
    begin, line = 0, 1
    for token in _TOKEN.finditer(script + ";"):
        if token["end"] is None:
            continue
        text = script[begin : token.start()]
        bare = re.sub(r"^(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)+", "", text, flags=re.DOTALL)
        if bare.strip():
            yield line + text[: len(text) - len(bare)].count("\n"), bare.strip()
        line += text.count("\n")
        begin = token.end()


def _run(session: Session, statement: str, notes: list[str]) -> None:
    for _ in range(_MOST_REPAIRS):
        try:
            session.query(statement)
        except SqlError as wrong:
            repair = _REPAIRS.get(wrong.code)
            repaired = repair(session, statement, wrong, notes) if repair else ""
            if not repaired:
                raise
            statement = repaired
        else:
            return


def _translated(session: Session, statement: str, wrong: SqlError, notes: list[str]) -> str:
    """Redshift's own syntax and functions, said in PostgreSQL's; "" when that changes nothing."""
    other = as_postgres(statement)
    return other if other != statement else ""


def _with_schema(session: Session, statement: str, wrong: SqlError, notes: list[str]) -> str:
    found = re.search(r'schema "(.+?)" does not exist', wrong.message)
    if found is None:
        return ""
    session.query(f'create schema "{found[1]}"')
    return statement


def _with_role(session: Session, statement: str, wrong: SqlError, notes: list[str]) -> str:
    found = re.search(r'role "(.+?)" does not exist', wrong.message)
    if found is None:
        return ""
    session.query(f'create role "{found[1]}" login')
    return statement


def _with_table(session: Session, statement: str, wrong: SqlError, notes: list[str]) -> str:
    found = _INSERT.match(statement)
    name = _SYSTEM.match(found["table"]) if found else None
    if found is None or name is None or not found["columns"]:
        return ""
    columns = ", ".join(f"{column.strip()} text" for column in found["columns"].split(","))
    session.query(f"create table pg_catalog.{name[1]} ({columns})")
    notes.append(f"redshift.sql: {name[1]} is not a table this sandbox knows; added as text")
    return statement


def _with_column(session: Session, statement: str, wrong: SqlError, notes: list[str]) -> str:
    table = _system_table(statement)
    found = re.search(r'column "(.+?)" of relation', wrong.message)
    if not table or found is None:
        return _translated(session, statement, wrong, notes)
    session.query(f'alter table pg_catalog.{table} add column "{found[1]}" text')
    notes.append(f"redshift.sql: {table} has no column {found[1]} in Redshift; added as text")
    return statement


def _wider(session: Session, statement: str, wrong: SqlError, notes: list[str]) -> str:
    """A value longer than its column: the columns of that length are widened, with a note."""
    table = _system_table(statement)
    found = re.search(r"type character(?: varying)?\((\d+)\)", wrong.message)
    if not table or found is None:
        return ""
    names = session.execute(
        "select attname from pg_attribute where attrelid = $1::text::regclass and "
        "atttypmod = $2::int + 4",
        [f"pg_catalog.{table}", found[1]],
    ).rows
    if not names:
        return ""
    changes = ", ".join(f"alter column {name} type bpchar" for (name,) in names)
    session.query(f"alter table pg_catalog.{table} {changes}")
    notes.append(f"redshift.sql: a value of {table} is longer than char({found[1]})")
    return statement


def _system_table(statement: str) -> str:
    found = _INSERT.match(statement)
    name = _SYSTEM.match(found["table"]) if found else None
    return name[1].lower() if name else ""


_Repair = Callable[[Session, str, SqlError, list[str]], str]
_REPAIRS: dict[str, _Repair] = {
    "42601": _translated,
    "42883": _translated,
    "42804": _translated,
    "3F000": _with_schema,
    "42704": _with_role,
    "42P01": _with_table,
    "42703": _with_column,
    "22001": _wider,
}
