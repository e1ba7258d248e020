"""Is it safe to run again: only what Redshift itself shows makes it a yes."""

from typing import Any

import pytest

from mcp_server.diagnostics.playbooks import load_playbooks
from tests.mcp_server.investigate.rows import at, instance, query
from tests.mcp_server.investigate.stories import diagnosed
from tests.mcp_server.investigate.world import World, night

pytestmark = pytest.mark.anyio
TEXT = "insert into mart.o select * from stg.orders"
ERROR = "Division by zero"


def row(
    query_id: int, text: str, transaction: int, session: int, **other: object
) -> dict[str, Any]:
    told = {"transaction_id": transaction, "session_id": session, "start_time": at("03:02:30")}
    return query(query_id, text, **{**told, **other})


def undone(*beside: dict[str, Any]) -> World:
    world = night(
        f"psycopg2.errors.DivisionByZero: {ERROR}", f"{{sql.py:1}} INFO - Running: {TEXT}"
    )
    failed = row(50, TEXT, 900, 31, status="failed", error_message=ERROR, end_time=at("03:03:50"))
    world.redshift = {
        "queries": [failed, *beside],
        "query": [failed],
        "queries_of_transaction": [failed],
        "transactions_ended": [
            {"transaction_id": 900, "status": "rolledback", "commit_end_time": None}
        ],
    }
    return world


async def test_a_rolled_back_transaction_of_a_session_that_wrote_nothing_else_is_safe() -> None:
    found = await diagnosed(undone(row(41, "select 1", 890, 31), row(42, TEXT, 891, 32)))
    assert (
        found.safe_to_rerun
        == "yes: transaction 900 was rolled back, and its session committed nothing else"
    )


async def test_an_earlier_committed_write_of_the_same_session_is_told() -> None:
    found = await diagnosed(undone(row(41, "delete from mart.o where d = 1", 890, 31)))
    assert found.safe_to_rerun == (
        "careful: transaction 900 was rolled back,"
        " but an earlier write of its session stands (query 41)"
    )


async def test_a_task_that_had_begun_is_not_called_never_run() -> None:
    line = "Executor reports task instance finished (failed) although the task says it's queued."
    assert (await diagnosed(night(line))).safe_to_rerun.startswith("unknown: Airflow shows")
    never = night(line)
    never.instances = [instance("load", start_date=None, queued_when=at("02:40"))]
    assert (await diagnosed(never)).safe_to_rerun == "yes: it never ran"


def test_no_playbook_calls_a_rerun_safe_where_the_task_may_have_written_before_it_failed() -> None:
    playbooks = load_playbooks()
    sure = {c for c in playbooks.categories() if playbooks.of(c).rerun.startswith("yes")}
    assert sure == {
        "timeout.sensor",
        "dbt.test_failure",
        "airflow.import_error",
        "airflow.template_error",
        "airflow.scheduling",
        "data_quality.check_failed",
        "upstream.failed",
    }
