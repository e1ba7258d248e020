"""What check_redshift and audit_redshift say of a whole cluster, beyond the night of night.sql."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mcp_server.aws.redshift_connector_access import ConnectorRedshift
from mcp_server.domain.redshift import ClusterState
from mcp_server.redshift.rows import FailedQueries, Found, Holder, Locks, QueryRun, Waiter
from mcp_server.telling.redshift_state import ToldState
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.redshift.server import RedshiftServer
from tests.mcp_server.redshift.conftest import FixedTarget
from tests.mcp_server.redshift.history_rows import query, row
from tests.mcp_server.redshift.test_tools import client_of, text_of

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
DAY = "2026-11-21 "
ROWS = [
    "create schema late; create view late.v as select 1 as one;"
    'create schema "Mart"; create table "Mart"."Order Lines" ("Größe" varchar(20));',
    *(row("sys_connection_log", event="authentication failure", user_name="svc",
          record_time=f"2026-11-22 02:{n:02}:00", remote_host="10.2.4.7", auth_method="password")
      for n in range(25)),
    query(1, "revoke select on all tables in schema mart from group bi", DAY + "15:00:00", 1,
          kind="UTILITY", user="admin"),
    query(2, "grant usage on schema other to bi", DAY + "15:01:00", 1, kind="UTILITY"),
    query(3, "create user bot password 'Zx9!kkP0qq'", DAY + "15:02:00", 1, kind="UTILITY"),
    *(query(10 + n, "call mart.p({n})", f"2026-11-22 02:10:{n:02}", 1, hash="p",
            status="failed", error=f"Query ({10 + n}) cancelled on user's request")
      for n in range(30)),
    query(50, "select 1 from mart.x", "2026-11-22 02:20:00", 1, status="failed",
          error="division by zero", user="m.ito"),
]  # fmt: skip


@pytest.fixture(scope="module")
def redshift() -> Iterator[ConnectorRedshift]:
    server = RedshiftServer("".join(ROWS), Clock(NOW), Faults(), CallLog())
    reached = ConnectorRedshift(FixedTarget(server), "dev", str(server.ca_file))
    yield reached
    reached.close()
    server.close()


async def said(redshift: ConnectorRedshift, tool: str, **arguments: object) -> str:
    async with client_of(redshift) as client:
        return text_of(await client.call_tool(tool, arguments))


async def test_refusals_of_one_user_are_one_line_with_first_and_last(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, "audit_redshift", part="logins")
    assert "refused log-ins: 25\n" in text
    assert (
        "02:24:00Z authentication failure: user svc from 10.2.4.7 (password), 25 times since"
        in text
    )
    assert text.count("authentication failure") == 1


async def test_grants_on_a_tables_schema_are_grants_on_the_table(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, "audit_redshift", part="grants", table="mart.kpi")
    assert "revoke select on all tables in schema mart" in text
    assert "schema other" not in text


async def test_a_new_user_is_told_once_and_without_its_password(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, "audit_redshift")
    assert text.count("create user bot") == 1
    assert "Zx9" not in text


async def test_failed_queries_are_counted_by_error_and_lead_on(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, "check_redshift")
    assert "failed: 30 queries of airflow_etl, the last 39 02:10:30Z: Query (39) cancelled" in text
    assert "failed: 1 query of m.ito, the last 50 02:20:01Z: division by zero" in text
    assert "next: get_redshift_query query_id=39 shows why" in text


async def test_a_table_whose_name_has_a_space_is_found_with_and_without_quotes(
    redshift: ConnectorRedshift,
) -> None:
    for name in ('"Mart"."Order Lines"', "mart.order lines", "Order Lines"):
        assert "Größe" in await said(redshift, "describe_redshift_table", table=name)


async def test_a_view_is_told_as_one(redshift: ConnectorRedshift) -> None:
    text = await said(redshift, "describe_redshift_table", table="late.v")
    assert "view late.v" in text
    assert "a view: it has no size of its own" in text
    assert "1 column:" in text


async def test_a_list_that_is_cut_says_where_all_failures_are_counted(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, "find_redshift_queries", state="failed", limit=5)
    assert "the newest 5 queries, 5 failed or canceled" in text
    assert "check_redshift counts failures" in text


async def test_a_slip_of_the_key_still_finds_near_names(redshift: ConnectorRedshift) -> None:
    text = await said(redshift, "describe_redshift_table", table="mart.ordre linse")
    assert "Near names: Mart.Order Lines" in text


RUN = QueryRun(7, "bi", status="queued", elapsed_s=840, queue_s=840, generic_query_hash="q")
READ = ToldState("lab", NOW - timedelta(hours=1), NOW, ClusterState("lab", "available"))


def test_queries_of_one_statement_that_wait_for_a_slot_are_one_line() -> None:
    runs = tuple(replace(RUN, query_id=n, text="select 1") for n in range(1, 13))
    text = replace(READ, queue_waits=Found(runs), running=Found(runs)).text()
    assert text.count("queued: ") == 1
    assert "select 1 (and 11 more of it)" in text
    assert "now: 0 queries running, 12 queued" in text


def test_a_paused_cluster_leads_to_its_resumption() -> None:
    text = replace(READ, state=ClusterState("lab", "paused")).text()
    assert "status: paused" in text
    assert "next: resume the cluster" in text


def test_a_query_that_waits_for_a_lock_is_not_told_again_as_long() -> None:
    holder = Holder("n.roy", 11, table="mart.stock")
    waiter = Waiter("etl", 12, query_id=7, is_waiting=True, holders=(holder,))
    busy = replace(RUN, status="running", elapsed_s=4000)
    text = replace(READ, locks=Locks((waiter,)), running=Found((busy,))).text()
    assert "long:" not in text
    assert "next: ask n.roy to commit or roll back" in text
    assert "pg_terminate_backend(11)" in text


def test_an_error_that_another_line_tells_is_not_counted_again() -> None:
    failed = FailedQueries("cancelled", 1, ("etl",), last_query_id=7)
    waited = Waiter("etl", 12, query_id=7, waited_s=300)
    assert "failed:" in replace(READ, failed=Found((failed,))).text()
    text = replace(READ, failed=Found((failed,)), locks=Locks((waited,))).text()
    assert "failed:" not in text
