"""Redshift stories in which only the failed statement, or a chain, names who is behind it."""

import pytest

from tests.mcp_server.investigate.rows import at, query
from tests.mcp_server.investigate.stories import diagnosed, quotes
from tests.mcp_server.investigate.world import night

pytestmark = pytest.mark.anyio
FAILED = {"status": "failed", "start_time": at("03:03"), "end_time": at("03:03:50")}
TOO_LONG = "value too long for type character varying(32)"


def _lock(owner: str, session: int, table: int, mode: str, *, granted: bool) -> dict[str, object]:
    return {
        "owner": owner,
        "xid": session + 1000,
        "pid": session,
        "txn_start": at("01:47"),
        "lock_mode": mode,
        "object_type": "relation",
        "table_id": table,
        "granted": granted,
    }


async def test_a_chain_of_locks_is_followed_to_the_one_that_waits_for_nobody() -> None:
    world = night(
        "Running: delete from mart.returns", "canceling statement due to statement timeout"
    )
    world.redshift = {
        "transactions": [
            _lock("m.okafor", 31, 8, "AccessExclusiveLock", granted=True),
            _lock("bi", 32, 9, "ShareRowExclusiveLock", granted=True),
            _lock("bi", 32, 8, "AccessShareLock", granted=False),
            _lock("airflow_etl", 33, 9, "ShareRowExclusiveLock", granted=False),
        ],
        "table_names": [
            {"table_id": 8, "name": "mart.skus"},
            {"table_id": 9, "name": "mart.returns"},
        ],
    }
    found = await diagnosed(world)
    assert "in turn waits for user m.okafor (session 31)" in found.cause
    assert "Ask `m.okafor` to commit or end session 31: it holds `mart.skus`." in found.next_steps
    assert "waited 0 s" not in quotes(found)


async def test_a_change_of_the_table_that_only_the_failed_statement_names_is_found() -> None:
    world = night(f"psycopg2.errors.StringDataRightTruncation: {TOO_LONG}")
    failed = query(
        77, "insert into dim.customer select * from s.c", error_message=TOO_LONG, **FAILED
    )
    narrowed = query(
        31, "alter table dim.customer alter column name type varchar(32)", username="schema_bot"
    )
    own = query(78, "create table dim.customer (id int)", **{**FAILED, "status": "success"})
    world.redshift = {"queries": [failed], "query": [failed], "ddl": [narrowed, own]}
    found = await diagnosed(world)
    assert [change.quote.split(" at ")[0] for change in found.changes] == ["user schema_bot"]


async def test_the_tasks_own_statement_of_another_night_is_no_change() -> None:
    world = night(f"psycopg2.errors.StringDataRightTruncation: {TOO_LONG}")
    text = "create table mart.margin_tmp as (select * from dim.customer where day = '2026-11-22')"
    failed = query(77, text, error_message=TOO_LONG, **FAILED)
    before = query(12, text.replace("11-22", "11-21"), start_time=at("02:03"))
    narrowed = query(
        31, "alter table dim.customer alter column name type varchar(32)", username="schema_bot"
    )
    world.redshift = {"queries": [failed], "query": [failed], "ddl": [narrowed, before]}
    found = await diagnosed(world)
    assert [change.quote.split(" at ")[0] for change in found.changes] == ["user schema_bot"]
