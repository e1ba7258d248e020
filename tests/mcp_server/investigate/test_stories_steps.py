"""The next steps fit the failure at hand: they name what the log names, and no other remedy."""

from dataclasses import replace

import pytest

from mcp_server.domain.airflow import Dag
from tests.mcp_server.investigate.rows import DAG, RUN, at, instance, query, run
from tests.mcp_server.investigate.stories import changed, diagnosed, quotes
from tests.mcp_server.investigate.world import World, night

pytestmark = pytest.mark.anyio
CLEAR = f"clear `load` of `{DAG}` for run `{RUN}`"
DENIED = "An error occurred (AccessDenied) when calling the PutObject operation: User:"
WHO = "arn:aws:sts::1:assumed-role/lake-exec/x is not authorized to perform: s3:PutObject"


@pytest.mark.parametrize(
    ("line", "category", "steps"),
    [
        (
            "06:01:31  2 of 2 ERROR STALE freshness of shop.orders ........ [ERROR STALE in 1.4s]",
            "dbt.test_failure",
            [
                "Find why source `shop.orders` was not loaded in time: the task that loads it,"
                " or its supplier.",
                f"Load `shop.orders`, then {CLEAR}.",
            ],
        ),
        (
            "ERROR YarnScheduler: Lost executor 7 on ip-10-1-9-7: Container killed by YARN for"
            " exceeding memory limits. 10.2 GB of 10 GB physical memory used.",
            "resource.out_of_memory",
            [
                "Give the executors of `load` more memory (spark.executor.memory, memoryOverhead),"
                " or smaller partitions: Container killed by YARN for exceeding memory limits."
            ],
        ),
        (
            "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint"
            ' "o_pk"',
            "database.data_error",
            ["Find the rows that break constraint `o_pk`: loaded twice, or wrong at their source."],
        ),
        (
            f"botocore.exceptions.ClientError: {DENIED} {WHO} with an explicit deny in a"
            " resource-based policy",
            "aws.access_denied",
            [
                "See which policy of `lake-exec` should allow `s3:PutObject`, and when it last"
                " changed.",
                "Take the explicit deny of `s3:PutObject` out of the resource-based policy,"
                " or except `lake-exec` from it.",
            ],
        ),
        (
            "botocore.exceptions.ClientError: An error occurred (KMSInvalidStateException) when"
            " calling the Decrypt operation: arn:aws:kms:eu-west-1:1:key/0f0f-11 is pending"
            " deletion.",
            "aws.access_denied",
            [
                "Cancel the deletion of KMS key `0f0f-11`, or enable it again: nothing can be"
                " decrypted without it.",
                "Look who disabled key `0f0f-11` or set it to be deleted, before it is gone for"
                " good.",
            ],
        ),
        (
            "ImportError: cannot import name 'formatargspec' from 'inspect' (/usr/lib/inspect.py)",
            "python.import_error",
            [
                "Look when `formatargspec` was last in requirements.txt, and at the last update of"
                " `de-prod`.",
                "Find what asks `inspect` for `formatargspec`: the versions do not fit; then"
                f" {CLEAR}.",
            ],
        ),
        (
            "airflow.exceptions.AirflowException: EMR job failed: for reason Unknown Error. with"
            " message None and log file s3://emr-logs/j-3ABCD/steps/s-09/stderr.gz",
            "aws.service_failure",
            [
                "Read `s3://emr-logs/j-3ABCD/steps/s-09/stderr.gz`, where EMR keeps the log of the"
                " failed step."
            ],
        ),
    ],
)
async def test_the_steps_name_what_the_log_names(
    line: str, category: str, steps: list[str]
) -> None:
    found = await diagnosed(night(line))
    assert found.category == category
    assert found.next_steps[: len(steps)] == steps


@pytest.mark.parametrize(
    ("below", "about"),
    [
        (
            "\n\tCheck: row_count_check,\n\tCheck Values: {'success': False}",
            "check row_count_check",
        ),
        (
            "\n{'expectation_type': 'expect_values_not_null', 'kwargs': {'column': 'customer'}}",
            "expectation expect_values_not_null on customer",
        ),
    ],
)
async def test_a_failed_check_is_named_where_only_the_rows_below_say_which(
    below: str, about: str
) -> None:
    line = "airflow.exceptions.AirflowException: The following tests have failed:"
    found = await diagnosed(night(f"{line}{below}"))
    assert found.category == "data_quality.check_failed"
    assert found.cause.startswith(f"{about}: ")


def waiting(*runs: str) -> World:
    world = night(
        f"{{external_task.py:1}} INFO - Poking for DAG 'ingest' on {at('03:00').isoformat()} ...",
        "airflow.exceptions.AirflowSensorTimeout: Sensor has timed out; run duration of 61.0"
        " seconds exceeds the specified timeout of 60.0.",
    )
    world.dags.append(Dag("ingest", is_paused=not runs))
    return world


async def test_of_a_paused_dag_the_first_step_is_to_unpause_it() -> None:
    found = await diagnosed(waiting())
    assert found.next_steps[0].startswith("Unpause dag `ingest`")


async def test_of_a_run_that_goes_on_the_task_that_runs_longest_is_named() -> None:
    world = waiting("r1")
    world.runs.append(replace(run("r1", "running"), dag_id="ingest", logical_date=at("03:00")))
    for task, since in (("second", "02:50"), ("first", "02:20")):
        one = instance(task, "running", run_id="r1", start_date=at(since), end_date=None)
        world.instances.append(replace(one, dag_id="ingest"))
    found = await diagnosed(world)
    assert "dag ingest run r1 is running: task first runs since 02:20Z" in quotes(found)


async def test_a_dropped_user_is_told_once_and_by_whom() -> None:
    world = night('psycopg2.OperationalError: password authentication failed for user "hr_loader"')
    world.redshift = {
        "ddl": [query(700, "drop user hr_loader", username="root.admin", start_time=at("02:30"))],
        "user_changes": [
            {
                "user_name": "hr_loader",
                "original_user_name": "",
                "action": "drop",
                "is_superuser": 0,
                "password_expiration": None,
                "at": at("02:30:10"),
                "session_id": 7,
                "transaction_id": 9,
            }
        ],
    }
    found = await diagnosed(world)
    assert changed(found) == "user root.admin at 02:30Z: drop user hr_loader"
