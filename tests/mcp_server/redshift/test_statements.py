"""Each statement is Redshift SQL over columns that Redshift has."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

import sandbox.redshift
from mcp_server.diagnostics.sql_guard import check_sql
from mcp_server.redshift.statements import all_statements, statement

pytestmark = pytest.mark.anyio
NAMES = sorted(all_statements())
TABLES = (Path(next(iter(sandbox.redshift.__path__))) / "tables.sql").read_text()
# The catalog is PostgreSQL's own in Redshift too; SVV_COLUMNS and SVV_TABLES are documented apart.
KNOWN = {
    "pg_class": {"oid", "relname", "relnamespace", "relkind"},
    "pg_user": {"usesysid", "usename"},
    "pg_namespace": {"oid", "nspname"},
}


def listed() -> dict[str, set[str]]:
    """Column names by table, from the CREATE statements of the sandbox."""
    tables = dict(KNOWN)
    for name, body in re.findall(r"create table pg_catalog\.(\w+) \((.+?)\);", TABLES, re.DOTALL):
        without = re.sub(r"\(\d+(?:,\d+)?\)", "", body)
        tables[name] = {part.split()[0].strip('"') for part in without.split(",")}
    for name, body in re.findall(
        r"create view pg_catalog\.(\w+) as\s+select (.+?)\s+from", TABLES, re.DOTALL
    ):
        tables[name] = {part.strip() for part in body.split(",")}
    return tables


def asked_columns(tree: exp.Expr) -> set[str]:
    return {column.name for column in tree.find_all(exp.Column)}


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_uses_only_columns_that_are_listed(name: str) -> None:
    tree = sqlglot.parse_one(statement(name).text(), read="redshift")
    tables = [table.name for table in tree.find_all(exp.Table)]
    aliases = {alias.alias for alias in tree.find_all(exp.Alias)}
    known = set().union(*(listed()[table] for table in tables))
    assert tables
    assert asked_columns(tree) - known - aliases == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_passes_the_guard_and_says_what_it_is_for(name: str) -> None:
    said = statement(name)
    assert check_sql(said.text()).allowed
    assert said.purpose
    assert said.what
    returned = sqlglot.parse_one(said.text(), read="redshift").named_selects
    assert set(said.columns) <= set(returned)


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_needs_no_shim_and_no_literal_time(name: str) -> None:
    sql = statement(name).text().lower()
    assert not re.search(r"dateadd|datediff|getdate|sysdate|\bnow\(|listagg|::|interval", sql)
    assert "%" not in sql


@pytest.mark.parametrize("name", [n for n in NAMES if "{" in statement(n).sql])
def test_a_cluster_without_user_names_gets_the_stand_in(name: str) -> None:
    assert "username" in statement(name).text()
    assert "trim('')" in statement(name).text({"username"})
