"""The local Redshift, asked by Redshift's own driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import redshift_connector

from mcp_server.aws.redshift_wire import Connection, Login, open_connection
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.redshift.script import ScriptWrong, statements
from sandbox.redshift.server import RedshiftServer

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
GIVEN = "right"
ROW = (
    "insert into sys_query_history (query_id, user_id, status, start_time, query_text) values "
    "(7, 100, 'failed', timestamp '2026-11-22 03:00:00', 'select ''a;b''');"
)


@contextmanager
def server(sql: str = "", **faults: str) -> Iterator[tuple[RedshiftServer, CallLog]]:
    calls = CallLog()
    rules = {key.replace("__", ":"): kind for key, kind in faults.items()}
    users = {"etl": GIVEN}
    made = RedshiftServer(sql, Clock(NOW), Faults(rules), calls, users=users)
    try:
        yield made, calls
    finally:
        made.close()


@contextmanager
def connection(
    made: RedshiftServer, password: str = GIVEN, seconds: int = 5
) -> Iterator[Connection]:
    login = Login(made.host, made.port, "dev", "etl", password)
    opened = open_connection(login, ca_file=str(made.ca_file), seconds=seconds)
    try:
        yield opened
    finally:
        opened.close()


def rows(opened: Connection, sql: str, *values: object) -> list[list[object]]:
    cursor = opened.cursor()
    cursor.execute(sql, values or None)
    return list(cursor.fetchall())


def test_the_driver_reads_a_storys_rows_over_tls() -> None:
    with server(ROW) as (made, calls), connection(made) as opened:
        sql = "select query_id, status, start_time, query_text from {}sys_query_history"
        [[query_id, status, start, text]] = rows(opened, sql.format(""))
        assert (query_id, status, text.rstrip()) == (7, "failed    ", "select 'a;b'")
        assert start == datetime(2026, 11, 22, 3, 0)  # noqa: DTZ001 - TIMESTAMP has no zone
        assert rows(opened, sql.format("pg_catalog."))
        assert rows(opened, "select 1 from sys_query_history where query_id = %s", 7) == [[1]]
        [[world]] = rows(opened, "select getdate()")
        assert 0 <= (world - NOW.replace(tzinfo=None)).total_seconds() < 60
        recorded = [(call.service, call.operation) for call in calls.all()]
        assert recorded == [("redshift", "connect")] + [("redshift", "query")] * 4


def test_what_only_redshift_understands_is_translated() -> None:
    with server(ROW) as (made, _), connection(made) as opened:
        recent = (
            "select top 1 query_id from sys_query_history "
            "where start_time > dateadd({}, -1, getdate())"
        )
        assert rows(opened, recent.format("hour")) == [[7]]
        assert rows(opened, recent.format("minute")) == []
        listed = (
            "select listagg(query_id, ',') within group (order by query_id), len('ab') "
            "from sys_query_history"
        )
        assert rows(opened, listed) == [["7", 2]]


def test_a_wrong_password_is_refused_as_redshift_refuses_it() -> None:
    with (
        server() as (made, _),
        pytest.raises(redshift_connector.Error, match=r"28000.*password authentication failed"),
        connection(made, password="wrong"),
    ):
        pass


def test_a_denied_world_refuses_even_the_right_password() -> None:
    with (
        server(redshift="denied") as (made, _),
        pytest.raises(redshift_connector.Error, match="password authentication failed"),
        connection(made),
    ):
        pass


def test_a_throttled_world_takes_the_fourth_connection() -> None:
    with server(redshift="throttled") as (made, _):
        for _try in range(3):
            with (
                pytest.raises(redshift_connector.Error, match="connection limit"),
                connection(made),
            ):
                pass
        with connection(made) as opened:
            assert rows(opened, "select 1") == [[1]]


def test_a_hanging_world_closes_all_the_same() -> None:
    with (
        server(redshift="hang") as (made, _),
        pytest.raises(TimeoutError),
        connection(made, seconds=1),
    ):
        pass


def test_nothing_is_left_on_the_disk() -> None:
    with server() as (made, _):
        folder = made.ca_file.parent
        assert folder.exists()
    assert not folder.exists()


def test_a_storys_own_tables_may_be_written_as_redshift_writes_them() -> None:
    script = """
    /* Redshift's storage words */
    create table mart.orders (id bigint identity(1,1) encode az64, note varchar(max), s super)
      diststyle key distkey(id) compound sortkey(id, note);
    insert into mart.orders (note) values ('x'), (nvl2(null, 'a', 'b'));
    insert into stl_wlm_rule_action values (100, 7, 6, 'abort_long', 'abort',
      dateadd(minute, -5, '2026-11-22 03:00:00'::timestamp));
    grant role "sys:monitor" to analyst;
    begin;
    create view mart.v as select id from mart.orders with no schema binding;
    create table stg.raw (id int identity(0,1), note nvarchar(20), body varbyte(20), g geometry);
    commit;
    """
    with server(script) as (made, _), connection(made) as opened:
        assert rows(opened, "select id, note from mart.orders order by id") == [[1, "x"], [2, "b"]]
        [[at]] = rows(opened, "select recordtime from stl_wlm_rule_action")
        assert at == datetime(2026, 11, 22, 2, 55)  # noqa: DTZ001 - TIMESTAMP has no zone
        assert any("sys:monitor" in note for note in made.notes)


def test_what_redshift_has_not_is_added_and_noted() -> None:
    script = "insert into sys_query_history (query_id, error_code) values (1, 'x');"
    with server(script) as (made, _):
        assert made.notes == [
            "redshift.sql: sys_query_history has no column error_code in Redshift; added as text"
        ]


def test_a_statement_that_cannot_be_loaded_is_named_with_its_line() -> None:
    with (
        pytest.raises(ScriptWrong, match=r"line 3: relation \"nowhere\" does not exist.*nowhere"),
        server(f"{ROW}\n-- a comment; with an end\ninsert into nowhere values (1);"),
    ):
        pass


def test_semicolons_in_strings_and_comments_end_no_statement() -> None:
    script = "select ';' -- ;\n;\n/* ; */ select $$;$$;; select \";\""
    assert list(statements(script)) == [
        (1, "select ';' -- ;"), (3, "select $$;$$"), (3, 'select ";"'),
    ]  # fmt: skip


def test_a_revoked_table_is_refused_to_the_reader() -> None:
    with (
        server("revoke select on sys_userlog from public;") as (made, _),
        connection(made) as opened,
        pytest.raises(redshift_connector.ProgrammingError, match="42501"),
    ):
        rows(opened, "select * from sys_userlog")
