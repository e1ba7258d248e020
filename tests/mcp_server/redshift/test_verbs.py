"""What a statement does, to which table, and how it is shown without its data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.redshift.verbs import (
    Verb,
    names_table,
    shown,
    verb_of,
    writes,
    written_table,
)


@pytest.mark.parametrize(
    ("sql", "verb"),
    [
        ("drop table if exists mart.orders cascade", Verb("drop table", "mart.orders")),
        ("/* dbt */ ALTER TABLE \"Mart\".orders\n rename to orders_old",
         Verb("rename", "mart.orders", "orders_old")),
        ("create or replace view v as select 1", Verb("create view", "v")),
        ("create external table s.t (a int)", Verb("create table", "s.t")),
        ("begin; truncate mart.orders; commit", Verb("truncate table", "mart.orders")),
        ("truncate table mart.orders", Verb("truncate table", "mart.orders")),
        ("grant select on all tables in schema fin to u", Verb("grant", "fin")),
        ("revoke usage on schema crm from group etl", Verb("revoke", "crm")),
        ("alter user svc valid until '2026-01-01'", Verb("alter user", "svc")),
        ("create materialized view mv as select 1", Verb("create view", "mv")),
        ("drop materialized view mv", Verb("drop view", "mv")),
        ("create temp table x as select 1", Verb("create table", "x")),
        ("select 'drop table t' from u", Verb()),
        ("insert into t values (1)", Verb()),
    ],
)  # fmt: skip
def test_the_verb_and_its_target_are_read(sql: str, verb: Verb) -> None:
    assert verb_of(sql) == verb


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("insert into mart.orders select * from stage.orders", "mart.orders"),
        ("-- nightly\nDELETE FROM mart.orders using stage.o where 1=1", "mart.orders"),
        ("update mart.orders set note = 'delete from x'", "mart.orders"),
        ("merge into mart.orders using s on true when matched then delete", "mart.orders"),
        ("copy raw.clicks from 's3://b/k' iam_role default", "raw.clicks"),
        ("create table if not exists mart.daily as select 1", "mart.daily"),
        ("select note from mart.orders where note = 'update x set a'", ""),
    ],
)
def test_the_table_that_is_written_is_read(sql: str, table: str) -> None:
    assert written_table(sql) == table
    assert writes(sql) is bool(table)


@pytest.mark.parametrize(
    ("sql", "table", "named"),
    [
        ("select * from mart.orders", "mart.orders", True),
        ("select * from MART.\"orders\" o", "mart.orders", True),
        ("select * from orders", "mart.orders", True),
        ("select * from dev.mart.orders", "mart.orders", True),
        ("select * from mart.orders", "orders", True),
        ("select * from stage.orders", "mart.orders", False),
        ("select * from mart.orders_old", "mart.orders", False),
        ("select * from mart.old_orders", "mart.orders", False),
        ("select orders$ from t", "orders", False),
        ('select * from "Mart"."Order Lines"', '"mart"."order lines"', True),
        ('select * from "My Mart".orders', '"my mart" . orders', True),
        ('select * from "My Mart".orders', "mart.orders", False),
    ],
)  # fmt: skip
def test_a_table_is_named_under_its_schema_or_under_none(sql: str, table: str, named: bool) -> None:
    assert names_table(sql, table) is named


def test_what_is_shown_keeps_dates_and_paths_and_hides_data_and_secrets() -> None:
    sql = (
        "copy raw.c from 's3://lake/c/2026-11-21/' credentials 'aws_access_key_id=AKIAIOSFODNN7' "
        "timeformat 'auto'; update c set name = 'Jane Q. Public, 12 Long Street, Springfield' "
        "where day = '2026-11-21'"
    )
    text = shown(sql, 400)
    assert "'s3://lake/c/2026-11-21/'" in text
    assert "day = '2026-11-21'" in text
    assert "AKIA" not in text
    assert "Jane" not in text
    assert shown("select " + "a, " * 400).endswith("...")


@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_is_read_without_harm(sql: str, table: str) -> None:
    verb_of(sql)
    written_table(sql)
    names_table(sql, table)
    assert len(shown(sql, 80)) <= 80
    assert "\n" not in shown(sql)
