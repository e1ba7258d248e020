"""What get_redshift_query says of a query: who stood in its way, what it missed, what it moved."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mcp_server.aws.redshift_connector_access import ConnectorRedshift
from mcp_server.redshift.details import joined
from mcp_server.redshift.fetch import plain
from mcp_server.redshift.locks import locks_at
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.redshift.server import RedshiftServer
from tests.mcp_server.redshift.conftest import FixedTarget
from tests.mcp_server.redshift.history_rows import lock, query, row
from tests.mcp_server.redshift.test_tools import client_of, text_of

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
NIGHT = "2026-11-22 "
COLUMNS = ", ".join(f"c{n:04}" for n in range(1000))
WIDE = f"select {COLUMNS} from mart.wide where id = 7"  # noqa: S608 - a statement to be read
TABLES = "create schema mart; create table mart.stock (id int); create table mart.sales (id int);"
ROWS = [
    TABLES,
    row("svv_table_info", schema="mart", table="stock", table_id=21, size=1, tbl_rows=1),
    row("svv_table_info", schema="mart", table="sales", table_id=22, size=1, tbl_rows=1),
    # A chain: n.roy holds stock; dbt waits for it and holds sales; the load waits for sales.
    query(100, "lock mart.stock", NIGHT + "00:40:00", 1, user="n.roy", xid=1, pid=11),
    query(101, "update mart.stock set id = 1", NIGHT + "02:10:00", 3240, user="dbt", xid=2, pid=12,
          status="running", waited=3200),
    query(102, "insert into mart.sales select 1", NIGHT + "02:31:00", 1980, xid=3, pid=13,
          status="running", kind="INSERT"),
    lock("n.roy", 1, 11, NIGHT + "00:39:55", 21),
    lock("dbt", 2, 12, NIGHT + "02:09:58", 22),
    lock("dbt", 2, 12, NIGHT + "02:09:58", 21, granted=False),
    lock("airflow_etl", 3, 13, NIGHT + "02:31:00", 22, granted=False),
    lock("airflow_etl", 3, 13, NIGHT + "02:31:00", 22),
    # It had waited for stock and was over before n.roy came.
    query(150, "delete from mart.stock", NIGHT + "00:20:00", 90, waited=80, kind="DELETE"),
    # One that an administrator ended, and a namesake session that was left alone.
    query(200, "insert into mart.kpi select 1", NIGHT + "01:00:00", 600, pid=82, kind="INSERT",
          status="canceled", error="Query (200) cancelled on user's request"),
    query(201, "select pg_terminate_backend(82)", NIGHT + "01:09:59", 1, user="ops.lee"),
    query(202, "select pg_terminate_backend(1822)", NIGHT + "01:10:00", 1, user="other"),
    # A transaction of two writes, the second of which failed.
    query(300, "delete from mart.day where d = '2026-11-21'", NIGHT + "01:20:00", 5, xid=30,
          kind="DELETE"),
    query(301, "insert into mart.day select 1 / 0", NIGHT + "01:20:06", 5, xid=30, kind="INSERT",
          status="failed", error="division by zero"),
    # A view that reads a column which somebody dropped, and a table closed to its reader.
    query(400, "alter table raw.orders drop column discount", "2026-11-21 17:08:40", 1,
          user="m.ito", kind="DDL"),
    query(401, "alter table raw.other drop column discount", "2026-11-21 18:00:00", 1, kind="DDL"),
    query(402, "create table mart.m as select o.discount from raw.orders o", NIGHT + "01:30:00", 2,
          kind="CTAS", status="failed", error="column o.discount does not exist in o"),
    query(410, "revoke select on mart.closed from etl", "2026-11-21 19:00:00", 1, user="admin",
          kind="UTILITY"),
    query(411, "select * from mart.closed", NIGHT + "01:31:00", 1, status="failed",
          error="permission denied for relation closed"),
    # Both sides of a conflict.
    query(500, "update mart.stock set id = 2", NIGHT + "01:40:00", 5, xid=50, kind="UPDATE",
          status="failed", error="1023 DETAIL: Serializable isolation violation on table - 21,"
          " transactions forming the cycle are: 50, 51 (pid:61)"),
    query(501, "insert into mart.stock select 9", NIGHT + "01:39:50", 20, xid=51, kind="INSERT",
          user="glue"),
    # An empty load, and one whose rows were refused in three files.
    query(600, "copy raw.c from 's3://lake/c/'", NIGHT + "01:50:00", 3, kind="COPY"),
    row("sys_load_history", query_id=600, status="completed", table_name="c",
        start_time=NIGHT + "01:50:00", duration=3_000_000, data_source="s3://lake/c/",
        loaded_rows=0, loaded_bytes=0, source_file_count=0, error_count=0),
    query(601, "copy raw.d from 's3://lake/d/'", NIGHT + "01:55:00", 3, kind="COPY",
          status="failed", error="Load into table 'd' failed."),
    *(row("sys_load_error_detail", query_id=601, table_id=9, start_time=NIGHT + "01:55:01",
          file_name=f"s3://lake/d/größe-{n}.csv", line_number=12, column_name="straße",
          column_type="varchar", column_length="10", error_code=1204,
          error_message="String length exceeds DDL length") for n in range(3)),
    # A statement of three pieces, a spill over nine segments, a full disk, an instant.
    query(700, WIDE[:4000], NIGHT + "01:57:00", 0.004),
    *(row("sys_query_text", query_id=700, sequence=n, text=WIDE[n * 4000 : (n + 1) * 4000])
      for n in range(2)),
    *(row("sys_query_detail", query_id=700, metrics_level="segment", segment_id=n,
          duration=1_000_000, spilled_block_local_disk=1024) for n in range(9)),
    query(800, "select 1", NIGHT + "01:58:00", 60, status="failed",
          error="Disk Full Detail: ----------------------- error: Disk Full code: 1016"),
]  # fmt: skip


@pytest.fixture(scope="module")
def redshift() -> Iterator[ConnectorRedshift]:
    clock = Clock(NOW)
    server = RedshiftServer("".join(ROWS), clock, Faults(), CallLog())
    reached = ConnectorRedshift(FixedTarget(server), "dev", str(server.ca_file))
    yield reached
    reached.close()
    server.close()


async def said(redshift: ConnectorRedshift, query_id: int) -> str:
    async with client_of(redshift) as client:
        return text_of(await client.call_tool("get_redshift_query", {"query_id": query_id}))


async def test_a_query_that_waits_names_its_holder_and_who_holds_that_one_up(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, 102)
    assert "not over yet" in text
    assert "blocker: user dbt (session 12) holds AccessExclusiveLock on mart.sales" in text
    assert "behind it all: user n.roy (session 11)" in text
    assert "mart.stock since 00:39:55Z" in text


async def test_a_wait_that_was_over_before_a_lock_began_is_not_that_locks_doing(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, 150)
    assert "who held it is not to be seen any more" in text
    assert "n.roy" not in text


async def test_a_session_is_told_once_with_its_own_wait_and_never_blocks_itself(
    redshift: ConnectorRedshift,
) -> None:
    locks = await locks_at(redshift, NOW - timedelta(hours=1), NOW)
    waits = {waiter.session_id: waiter for waiter in locks.waiters}
    assert len(waits) == len(locks.waiters)
    assert waits[12].waited_s == 3200
    assert [holder.session_id for holder in waits[13].holders] == [12]


async def test_who_ended_a_cancelled_query_is_named_by_its_session(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, 200)
    assert "ended by: user ops.lee 01:09:59Z, query 201" in text
    assert "1822" not in text


async def test_what_was_undone_with_a_failed_statement_is_listed(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, 301)
    assert "transaction 30: rolled back" in text
    assert "with query 300: delete from mart.day where d = '2026-11-21'" in text


async def test_a_missing_column_leads_to_who_dropped_it_from_a_table_that_is_read(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, 402)
    assert "user m.ito: alter table raw.orders drop column discount, query 400" in text
    assert "raw.other" not in text


async def test_a_denied_relation_leads_to_its_revoke(redshift: ConnectorRedshift) -> None:
    text = await said(redshift, 411)
    assert "changed before: 2026-11-21T19:00:00Z user admin: revoke select on mart.closed" in text


async def test_a_conflict_shows_its_other_side(redshift: ConnectorRedshift) -> None:
    text = await said(redshift, 500)
    assert "against user glue transaction 51, query 501" in text


async def test_a_copy_says_what_it_loaded_even_if_nothing(redshift: ConnectorRedshift) -> None:
    assert "loaded: 01:50:00Z completed c: 0 rows, 0 MB, 0 files" in await said(redshift, 600)


async def test_rows_refused_for_one_reason_are_one_line_under_the_statements_table(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, 601)
    assert text.count("load error:") == 1
    assert "COPY into raw.d" in text
    assert "größe-0.csv line 12, and 2 more rows in 3 files" in text


async def test_a_long_statement_keeps_its_end_and_all_spills_are_summed(
    redshift: ConnectorRedshift,
) -> None:
    text = await said(redshift, 700)
    assert "c0500" not in text
    assert text.count("from mart.wide where id = 7") == 1
    assert "spilled 9.0 GB to disk" in text
    assert "took 4 ms" in text
    assert len(text) / 4 <= 1500


async def test_ruled_lines_of_an_error_are_left_out(redshift: ConnectorRedshift) -> None:
    assert "error: Disk Full Detail: error: Disk Full code: 1016" in await said(redshift, 800)


def test_a_value_leaves_the_database_without_its_secret_and_its_padding() -> None:
    assert plain("postgresql://etl:S3cretPw9@dw:5439/dev   ") == "postgresql://etl:***@dw:5439/dev"


def test_pieces_join_where_the_padding_took_a_space_and_nowhere_else() -> None:
    assert joined(["a" * 3999, "from t"]) == "a" * 3999 + " from t"
    assert joined(["a" * 4000, "bc"]) == "a" * 4000 + "bc"
    assert joined(["é" * 2000, "x"]) == "é" * 2000 + "x"
    assert joined([]) == ""
