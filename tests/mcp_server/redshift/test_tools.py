"""The Redshift tools as a client reads them, on the night of night.sql."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult

from mcp_server.aws.redshift_connector_access import ConnectorRedshift
from mcp_server.backends import Backends, Redshift
from mcp_server.domain.logs import FoundEvent
from mcp_server.server import build_server
from mcp_server.settings import Settings
from sandbox.redshift.server import RedshiftServer

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
GOLDEN = Path(__file__).parents[2] / "golden" / "redshift"
SETTINGS = {"REDSHIFT_CLUSTER_ID": "lab", "REDSHIFT_DATABASE": "dev", "AWS_REGION": "eu-west-1"}


def client_of(redshift: Redshift, **others: Any) -> Client:  # noqa: ANN401 - Backends' own fields
    settings = Settings.from_environment(SETTINGS)
    return Client(build_server(Backends(redshift=redshift, **others), settings, lambda: NOW))


@pytest.fixture
async def client(night: ConnectorRedshift) -> AsyncIterator[Client]:
    async with client_of(night) as opened:
        yield opened


def text_of(answer: CallToolResult) -> str:
    [content] = answer.content
    return str(getattr(content, "text", ""))


def reads_as(name: str, text: str) -> bool:
    """Compare with the golden file; UPDATE_GOLDEN=1 makes it anew, to be read before it is kept."""
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text + "\n")
    assert text + "\n" == file.read_text()
    return True


LATEST = "select query_id, status, end_time from sys_query_history order by query_id desc"
CALLS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "queries": ("find_redshift_queries", {"since": "4h"}),
    "queries_failed": ("find_redshift_queries", {"state": "failed", "user": "airflow_etl"}),
    "queries_none": ("find_redshift_queries", {"since": "5m", "table": "mart.orders"}),
    "query_missing_column": ("get_redshift_query", {"query_id": 1002}),
    "query_lock": ("get_redshift_query", {"query_id": 1103}),
    "query_load": ("get_redshift_query", {"query_id": 1301}),
    "query_rule": ("get_redshift_query", {"query_id": 1401}),
    "query_slow": ("get_redshift_query", {"query_id": 1504}),
    "state": ("check_redshift", {"since": "2h"}),
    "state_of_table": ("check_redshift", {"since": "2h", "table": "raw.customers"}),
    "audit": ("audit_redshift", {"since": "12h"}),
    "audit_of_table": ("audit_redshift", {"since": "7d", "table": "mart.orders", "part": "ddl"}),
    "table": ("describe_redshift_table", {"table": "mart.orders"}),
    "table_unhealthy": ("describe_redshift_table", {"table": "mart.sales"}),
    "rows": ("query_redshift", {"sql": LATEST, "limit": 3}),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_an_answer_reads_as_its_golden_file(client: Client, name: str) -> None:
    tool, arguments = CALLS[name]
    answer = await client.call_tool(tool, dict(arguments))
    assert not answer.is_error
    assert reads_as(name, text_of(answer))
    assert len(text_of(answer)) / 4 <= 1500
    assert json.dumps(answer.structured_content)
    assert "Jane" not in json.dumps(answer.structured_content)


async def test_an_unknown_query_says_why_it_may_be_unseen(client: Client) -> None:
    answer = await client.call_tool("get_redshift_query", {"query_id": 99})
    assert answer.is_error
    assert "SYSLOG ACCESS UNRESTRICTED" in text_of(answer)


async def test_an_unknown_table_lists_near_names(client: Client) -> None:
    answer = await client.call_tool("describe_redshift_table", {"table": "mart.order"})
    assert answer.is_error
    assert "Near names: mart.orders" in text_of(answer)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("delete from mart.orders", "only SELECT"),
        ("select 1; drop table mart.orders", "2 statements"),
        ("select * from mart.gone", "audit_redshift"),
        ("select nope from sys_query_history", "describe_redshift_table"),
    ],
)
async def test_a_statement_that_cannot_run_says_what_to_do(
    client: Client, sql: str, said: str
) -> None:
    answer = await client.call_tool("query_redshift", {"sql": sql})
    assert answer.is_error
    assert said in text_of(answer)


@pytest.mark.parametrize(
    "sql",
    [
        "select query_id from sys_query_history order by 1 limit 10000 -- all",
        "select top 100 query_id from sys_query_history order by 1;",
        "select query_id from sys_query_history order by 1",
        "(select query_id from sys_query_history) union all (select 1) order by 1 desc",
        "select query_id from sys_query_history order by 1 limit 4",
    ],
)
async def test_rows_are_bounded_however_the_statement_bounds_itself(
    client: Client, sql: str
) -> None:
    answer = await client.call_tool("query_redshift", {"sql": sql, "limit": 4})
    assert not answer.is_error, text_of(answer)
    assert answer.structured_content is not None
    assert len(answer.structured_content["rows"]) == 4


async def test_what_is_withheld_is_told_and_the_rest_is_answered(
    shut_out: ConnectorRedshift,
) -> None:
    async with client_of(shut_out) as opened:
        answer = await opened.call_tool("check_redshift", {"since": "2h"})
        assert not answer.is_error
        assert "rule no_long_reports: abort query 1401" in text_of(answer)
        assert reads_as("state_withheld", text_of(answer))


class AuditLogs:
    """The audit log groups of a cluster: a fake that knows two lines."""

    async def groups(self, prefix: str = "", limit: int = 50) -> list[str]:
        assert prefix == "/aws/redshift/cluster/lab/"
        return [f"{prefix}connectionlog", f"{prefix}userlog", f"{prefix}useractivitylog"]

    async def search(
        self, log_group: str, pattern: str, **bounds: object
    ) -> tuple[list[FoundEvent], bool]:
        lines = {
            "connectionlog": "authentication failure|Sun, 22 Nov 2026 02:59:58|10.2.1.7|dev|svc",
            "userlog": "120|old_etl||drop|0|0|0||98|941",
        }
        line = lines[log_group.rpartition("/")[2]]
        return [FoundEvent("lab", int(NOW.timestamp() * 1000) - 242_000, line)], False


async def test_the_audit_logs_tell_what_the_views_withhold(shut_out: ConnectorRedshift) -> None:
    async with client_of(shut_out, logs=AuditLogs()) as opened:
        answer = await opened.call_tool("audit_redshift", {"since": "12h"})
        assert "02:59:58Z authentication failure|Sun, 22 Nov 2026 02:59:58|10.2.1.7" in text_of(
            answer
        )
        assert "old_etl||drop" in text_of(answer)
        assert "not checked: logins: " in text_of(answer)


DBT = """
create schema dbt_audit;
create table dbt_audit.run_results (invocation_id varchar(64), unique_id varchar(200),
  status varchar(20), message varchar(2000), execution_time float8,
  execute_completed_at varchar(40));
insert into dbt_audit.run_results values
 ('i-1', 'model.shop.orders', 'success', 'INSERT 0 1', 3.5, '2026-11-22T01:00:00Z'),
 ('i-1', 'model.shop.refunds', 'error', 'Database Error: relation "stage.refunds" does not exist',
  0.4, '2026-11-22T00:59:00Z');
"""


async def test_dbts_own_results_are_found_where_they_are_kept(
    served: RedshiftServer, client: Client
) -> None:
    none = await client.call_tool("audit_redshift", {"since": "12h", "part": "dbt"})
    assert "DE_AGENT_DBT_AUDIT_TABLE" in text_of(none)
    served.run(DBT)
    try:
        answer = await client.call_tool("audit_redshift", {"since": "12h", "part": "dbt"})
        assert reads_as("audit_dbt", text_of(answer))
    finally:
        served.run("drop schema dbt_audit cascade")


async def test_without_redshift_its_tools_are_not_listed() -> None:
    server = build_server(Backends(), Settings.from_environment({}), lambda: NOW)
    async with Client(server) as opened:
        names = [tool.name for tool in (await opened.list_tools()).tools]
    assert not [name for name in names if "redshift" in name]
