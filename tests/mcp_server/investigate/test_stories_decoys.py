"""Changes near the failure that look like its reason and are not; and the ones that are."""

import pytest

from mcp_server.backends import TrailEvent
from tests.mcp_server.investigate.rows import DAG, ENV, RUN, at, instance, query
from tests.mcp_server.investigate.stories import changed, diagnosed, quotes
from tests.mcp_server.investigate.test_stories_upstream import OTHER_RUN, external
from tests.mcp_server.investigate.world import night

pytestmark = pytest.mark.anyio


async def test_the_same_column_of_another_table_is_not_blamed() -> None:
    world = night(
        "Running: merge into dw.orders using src.orders o on dw.orders.id = o.id",
        "psycopg2.errors.UndefinedColumn: column o.cust_id does not exist",
    )
    world.redshift = {
        "ddl": [
            query(
                22,
                "alter table src.returns rename column cust_id to c",
                username="z.other",
                start_time=at("02:50"),
            ),
            query(21, "alter table src.orders rename column cust_id to cid", username="a.beck"),
        ]
    }
    found = await diagnosed(world)
    assert "a.beck" in found.cause
    assert "z.other" not in changed(found)
    assert found.next_steps[0].startswith("Ask `a.beck` why `src.orders`")


async def test_a_revoke_on_the_schema_counts_and_one_on_its_other_tables_does_not() -> None:
    world = night(
        "Running: insert into fin.margin select * from fin.cost_prices",
        "psycopg2.errors.InsufficientPrivilege: permission denied for relation cost_prices",
    )
    world.redshift = {
        "ddl": [
            query(31, "revoke select on fin.salaries from group bi", username="k.other"),
            query(32, "revoke select on all tables in schema fin from group bi", username="k.l"),
        ]
    }
    found = await diagnosed(world)
    assert "k.l" in found.cause
    assert "salaries" not in changed(found)


async def test_the_secret_of_the_connection_that_the_log_names_is_the_one_to_compare() -> None:
    world = night(
        "{base.py:84} INFO - Retrieving connection 'claims_dw'",
        'psycopg2.OperationalError: password authentication failed for user "claims_etl"',
    )
    world.trail = [
        TrailEvent(
            at("02:30"),
            "PutSecretValue",
            "secretsmanager.amazonaws.com",
            user,
            request={"secretId": secret},
        )
        for user, secret in (("x", "other/thing"), ("rotator", "airflow/connections/claims_dw"))
    ]
    found = await diagnosed(world)
    assert "rotator called PutSecretValue" in found.cause
    assert found.next_steps[0] == (
        "Compare the login of Airflow connection `claims_dw` with secret"
        " `airflow/connections/claims_dw`, which `rotator` changed."
    )


async def test_a_query_that_a_rule_ended_did_not_wait_for_anybody() -> None:
    line = 'Query (77) canceled by WLM abort action of Query Monitoring Rule "max_spill".'
    world = night(f"psycopg2.errors.InternalError_: {line}")
    rule = {
        "query_id": 77,
        "rule": "max_spill",
        "action": "abort",
        "at": at("03:03"),
        "value": "",
        "service_class": 6,
        "service_class_name": "etl",
    }
    ended = query(77, "select 1", status="canceled", end_time=at("03:03"))
    world.redshift = {"rule_actions": [rule], "query": [ended], "queries": [ended]}
    found = await diagnosed(world)
    assert found.next_steps[0].startswith("Lighten the statement of `load`, or have the limit of")
    assert "waited" not in " ".join(found.next_steps)


async def test_workers_that_were_scaled_in_are_the_first_thing_to_mend() -> None:
    world = night("Received SIGTERM. Terminating subprocesses.")
    key = ("AWS/MWAA", "NumAdditionalWorkers", f"Environment={ENV}")
    world.metrics[key] = [(at("02:40"), 5.0), (at("02:59"), 1.0)]
    found = await diagnosed(world)
    assert found.next_steps[0] == (
        f"Raise MinWorkers of `{ENV}`, or split `load`: workers were scaled in while it ran"
        " (5 to 1 at 02:59)."
    )


async def test_a_sensor_tells_what_it_looked_for() -> None:
    world = night(
        "{s3.py:119} INFO - Poking for key : s3://bank-in/stmt_20261121.mt940",
        "airflow.exceptions.AirflowSensorTimeout: Sensor has timed out; run duration of 61.0"
        " seconds exceeds the specified timeout of 60.0.",
    )
    found = await diagnosed(world)
    assert "Poking for key : s3://bank-in/stmt_20261121.mt940" in quotes(found)
    assert found.next_steps[0] == (
        "Check whether `s3://bank-in/stmt_20261121.mt940` was delivered late or never."
    )


async def test_a_task_that_waited_for_another_dag_is_cleared_last() -> None:
    world = external()
    stream = f"dag_id=stage/run_id={OTHER_RUN}/task_id=pull/attempt=1.log".replace(":", "_")
    world.say("Task", stream, "FileNotFoundError: [Errno 2] No such file or directory: '/in/a.csv'")
    found = await diagnosed(world, task_id="wait")
    assert found.next_steps[-2:] == [
        f"Clear `pull` of `stage` for run `{OTHER_RUN}` once it is there.",
        f"Then clear `wait` of `{DAG}` for run `{RUN}`: it only waited for that.",
    ]


async def test_a_task_of_its_own_run_needs_no_second_clearing() -> None:
    world = night("KeyError: 'x'")
    world.instances = [instance("load")]
    assert not [s for s in (await diagnosed(world)).next_steps if "only waited" in s]
