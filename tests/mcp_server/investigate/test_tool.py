"""`diagnose_failure` as a client calls it: lean text, the same facts typed, the alert's time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from mcp_server.domain.airflow import Asset, Dag, Task
from mcp_server.domain.diagnosis import Diagnosis
from mcp_server.server import build_server
from mcp_server.settings import Settings
from tests.mcp_server.golden import reads_as
from tests.mcp_server.investigate.rows import DAG, ENV, NIGHT, RUN, at, instance, query, run
from tests.mcp_server.investigate.world import World, night

pytestmark = pytest.mark.anyio
MISSING = 'psycopg2.errors.UndefinedTable: relation "stg.orders" does not exist'
ASKED = {"dag_id": DAG, "run_id": RUN, "task_id": "load"}


def dropped() -> World:
    world = night("{sql.py:1} INFO - Running: insert into mart.o select * from stg.orders", MISSING)
    before = "scheduled__2026-11-19T03:00:00+00:00"
    world.runs += [run(before), run("scheduled__2026-11-20T03:00:00+00:00", "success")]
    world.instances.append(
        instance(
            "load",
            run_id=before,
            start_date=at("2026-11-20T03:01"),
            end_date=at("2026-11-20T03:04"),
        )
    )
    world.log("load", MISSING, run=before)
    world.tasks[DAG] = [
        Task("load", "SQLExecuteQueryOperator", ("mart",), owner="data-platform"),
        Task("mart", "PythonOperator"),
    ]
    world.assets = [Asset("redshift://mart", ((DAG, "mart"),), ("finance_close",))]
    world.dags = [
        Dag(DAG, ("data-platform",), ("sla:05:00",), next_run_after=at("2026-11-23T03:00"))
    ]
    world.redshift = {"ddl": [query(11, "DROP TABLE stg.orders", username="dbt_ci")]}
    return world


@asynccontextmanager
async def client(world: World) -> AsyncIterator[Client]:
    settings = Settings(mwaa_environments=(ENV,), now=NIGHT)
    async with Client(build_server(world.backends(), settings)) as connected:
        yield connected


async def told(world: World, **other: object) -> CallToolResult:
    async with client(world) as connected:
        return await connected.call_tool("diagnose_failure", {**ASKED, **other})


def text_of(answer: CallToolResult) -> str:
    [block] = answer.content
    assert isinstance(block, TextContent)
    return block.text


async def test_a_dropped_table_reads_as_an_engineer_asks() -> None:
    assert reads_as("diagnose/dropped_table.txt", text_of(await told(dropped())))


async def test_what_could_not_be_read_stands_at_the_end() -> None:
    world = dropped()
    world.faults = {"redshift.run": "denied", "airflow.task_instances": "denied"}
    assert reads_as("diagnose/denied.txt", text_of(await told(world)))


async def test_nothing_found_is_said_plainly() -> None:
    world = night("{task.py:1} INFO - all is well", "{task.py:2} INFO - goodbye")
    assert reads_as("diagnose/inconclusive.txt", text_of(await told(world)))


async def test_text_and_structure_tell_the_same_and_fit_the_budget() -> None:
    answer = await told(dropped())
    found = Diagnosis.model_validate(answer.structured_content)
    assert found.cause in text_of(answer)
    assert [one.id for one in (*found.evidence, *found.changes)] == list(
        range(1, len(found.evidence) + len(found.changes) + 1)
    )
    assert len(text_of(answer)) <= 6_000


async def test_the_requests_own_time_is_the_reference() -> None:
    world = dropped()
    world.instances[0] = instance("load", "success", try_number=2, end_date=at("05:00"))
    world.tries = [instance("load", "failed", try_number=1)]
    async with client(world) as connected:
        answer = await connected.call_tool(
            "diagnose_failure",
            {**ASKED, "run_id": "latest_failed"},
            meta={"de-agent/reference_time": "2026-11-22T03:04:10Z"},
        )
    found = Diagnosis.model_validate(answer.structured_content)
    assert (found.run_id, found.try_number) == (RUN, 1)


async def test_an_unknown_dag_is_inconclusive_and_says_what_was_looked_for() -> None:
    answer = await told(dropped(), dag_id="nope", run_id="latest_failed", task_id="")
    found = Diagnosis.model_validate(answer.structured_content)
    assert found.confidence == "inconclusive"
    assert any("No dag named 'nope'." in miss.why for miss in found.not_checked)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"try_number": 9}, "Asked for try 9: not found, so try 1 was read."),
        ({"map_index": 5}, "Asked for map index 5: not found, so no map index was read."),
        (
            {"environment": "elsewhere"},
            "Asked for environment elsewhere: not found, so environment",
        ),
        (
            {"run_id": "latest_failed", "logical_date": "yesterday"},
            "No run of logical date yesterday: the last that failed was read.",
        ),
    ],
)
async def test_an_answer_about_something_else_than_was_asked_says_so(
    asked: dict[str, object], words: str
) -> None:
    assert words in text_of(await told(dropped(), **asked))


async def test_an_answer_about_what_was_asked_adds_no_word() -> None:
    asked = {"try_number": 1, "environment": "de-prod", "logical_date": "2026-11-21"}
    assert "Asked for" not in text_of(await told(dropped(), **asked))


async def test_asked_only_whether_it_recovered_it_says_that_alone() -> None:
    text = text_of(await told(dropped(), depth="state"))
    assert text.startswith("Not recovered: no later success of it was seen.\ndag orders")
    assert "Inconclusive" not in text


async def test_a_misspelt_dag_is_met_with_the_near_one() -> None:
    text = text_of(await told(dropped(), dag_id="order", run_id="latest_failed", task_id=""))
    assert "No dag named 'order'. Near: orders." in text
