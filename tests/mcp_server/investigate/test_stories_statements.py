"""Statements that got slow, and what the steps and the evidence name."""

import pytest

from tests.mcp_server.investigate.rows import at, query
from tests.mcp_server.investigate.stories import diagnosed, quotes
from tests.mcp_server.investigate.world import night

pytestmark = pytest.mark.anyio


async def test_a_slow_statement_names_the_table_whose_statistics_are_stale() -> None:
    world = night(
        "Running statement: insert into mart.ltv select * from mart.lines",
        "airflow.exceptions.AirflowTaskTimeout: Timeout, PID: 17",
    )
    table = {
        "schema": "mart", "table": "lines", "table_id": 9, "size": 1, "tbl_rows": 900,
        "skew_rows": 1, "stats_off": 92.4, "unsorted": 61, "pct_used": 1,
        "diststyle": "", "sortkey1": "",
    }  # fmt: skip
    world.redshift = {"table_info": [table]}
    found = await diagnosed(world)
    assert found.category == "timeout.task"
    assert "table mart.lines: statistics 92 % stale, 61 % unsorted" in quotes(found)
    assert "`mart.lines` to run ANALYZE" in found.next_steps[0]


async def test_steps_name_the_table_that_was_altered_and_not_the_one_being_filled() -> None:
    world = night(
        "Running: insert into mart.kpis select weight from stg.parcels",
        'psycopg2.errors.UndefinedColumn: column "weight" does not exist in parcels',
    )
    said = "alter table stg.parcels rename column weight to weight_kg"
    world.redshift = {"ddl": [query(21, said, username="c.adeyemi")]}
    found = await diagnosed(world)
    assert found.next_steps[0].startswith("Ask `c.adeyemi` why `stg.parcels`")


async def test_a_source_line_of_the_traceback_is_no_evidence() -> None:
    world = night(
        "Task failed with exception\nTraceback (most recent call last):\n"
        '  File "/x/timeout.py", line 69, in handle\n'
        "    raise AirflowTaskTimeout(self.error_message)\n"
        "airflow.exceptions.AirflowTaskTimeout: Timeout, PID: 17"
    )
    found = await diagnosed(world)
    assert "AirflowTaskTimeout: Timeout, PID: 17" in quotes(found)
    assert "raise " not in quotes(found)


async def test_a_failing_dbt_test_is_named_beside_its_count() -> None:
    world = night(
        "Failure in test unique_orders_id (models/core/schema.yml)",
        "  Got 3 results, configured to fail if != 0",
        "Failure in test not_null_orders_customer (models/core/schema.yml)",
        "  Got 312 results, configured to fail if != 0",
    )
    found = await diagnosed(world)
    assert found.category == "dbt.test_failure"
    assert found.cause.startswith("test unique_orders_id: Got 3 results")


async def test_only_runs_that_succeeded_say_how_long_a_statement_usually_takes() -> None:
    world = night(
        "Running: delete from mart.returns",
        "psycopg2.errors.QueryCanceled: Query (77) cancelled on user's request",
    )
    said = "delete from mart.returns"
    ended = {"status": "canceled", "elapsed_time": 300_000_000, "error_message": "cancelled"}
    this = query(77, said, **ended)
    early = {"start_time": at("2026-11-21T02:41")}
    before = [
        query(70, said, **early),
        query(71, said, **early, **ended),
        query(72, said, **early),
    ]
    world.redshift = {"queries": [this], "query": [this], "query_repeats": before}
    assert "usually 2 s (2 earlier runs that succeeded)" in quotes(await diagnosed(world))
