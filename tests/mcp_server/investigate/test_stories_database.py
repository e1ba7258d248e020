"""Failed nights in the database: the log's line, and what Redshift proves about it."""

import pytest

from mcp_server.domain.trail import TrailEvent
from tests.mcp_server.investigate.rows import DAG, NIGHT, at, query
from tests.mcp_server.investigate.stories import diagnosed, quotes
from tests.mcp_server.investigate.world import night

pytestmark = pytest.mark.anyio
FAILED = {"status": "failed", "start_time": at("03:03"), "end_time": at("03:03:50")}


MISSING = 'psycopg2.errors.UndefinedTable: relation "stg.orders" does not exist'


async def test_a_dropped_table_names_who_dropped_it_and_when() -> None:
    world = night("{sql.py:1} INFO - Running: insert into mart.o select * from stg.orders", MISSING)
    world.redshift = {
        "ddl": [
            query(11, "DROP TABLE stg.orders", username="dbt_ci"),
            query(12, "drop table stg.returns", username="someone"),
        ],
        "queries": [
            query(
                13, "insert into mart.o select * from stg.orders", error_message=MISSING, **FAILED
            )
        ],
    }
    found = await diagnosed(world)
    assert found.category == "database.missing_object"
    assert found.confidence == "high"
    assert 'relation "stg.orders" does not exist' in found.cause
    assert "user dbt_ci ran `DROP TABLE stg.orders` at 02:41" in found.cause
    assert [c.quote for c in found.changes] == ["user dbt_ci at 02:41Z: DROP TABLE stg.orders"]
    assert "query 13 of user airflow_etl failed" in quotes(found)
    assert found.next_steps[0].startswith("Ask `dbt_ci` why `stg.orders`")


async def test_ddl_on_other_tables_explains_nothing() -> None:
    world = night(MISSING)
    world.redshift = {"ddl": [query(12, "drop table stg.returns", username="someone")]}
    found = await diagnosed(world)
    assert found.changes == []
    assert "someone" not in found.cause


async def test_a_renamed_column_is_found_by_its_name() -> None:
    world = night(
        "Running: select o.discount from stg.orders o",
        "psycopg2.errors.UndefinedColumn: column o.discount does not exist",
    )
    world.redshift = {
        "ddl": [
            query(21, "alter table stg.orders rename column discount to rebate", username="m.ito")
        ]
    }
    found = await diagnosed(world)
    assert "m.ito" in found.cause
    assert found.category == "database.missing_object"


async def test_a_revoked_privilege_is_a_change_with_its_author() -> None:
    world = night("psycopg2.errors.InsufficientPrivilege: permission denied for relation invoices")
    world.redshift = {
        "ddl": [
            query(31, "revoke select on fin.invoices from etl", username="h.osei"),
            query(32, "grant select on fin.other to etl", username="x"),
        ]
    }
    found = await diagnosed(world)
    assert found.category == "database.permission_denied"
    assert "h.osei" in found.cause
    assert len(found.changes) == 1
    assert found.safe_to_rerun.startswith("probably: the failing statement was refused")


async def test_a_table_made_anew_has_lost_its_grants() -> None:
    world = night("permission denied for relation fin.invoices")
    world.redshift = {"ddl": [query(33, "create table fin.invoices (id int)", username="dbt")]}
    found = await diagnosed(world)
    assert "create table fin.invoices" in quotes(found)


CANCELLED = "psycopg2.errors.QueryCanceled: Query (77) cancelled on user's request"


async def test_a_time_out_behind_a_lock_names_who_held_it() -> None:
    world = night("Running: delete from mart.returns", CANCELLED)
    waiting = query(
        77,
        "delete from mart.returns",
        error_message="Query (77) cancelled on user's request",
        lock_wait_time=290_000_000,
        **{**FAILED, "status": "canceled"},
    )
    world.redshift = {
        "queries": [waiting],
        "query": [waiting],
        "lock_waits": [waiting],
        "transactions": [
            {
                "owner": "l.brandt",
                "xid": 1,
                "pid": 2,
                "txn_start": at("01:47"),
                "lock_mode": "AccessExclusiveLock",
                "object_type": "relation",
                "table_id": 9,
                "granted": True,
            }
        ],
        "table_names": [{"table_id": 9, "name": "mart.returns"}],
        "transactions_ended": [
            {"transaction_id": 9077, "status": "rolledback", "commit_end_time": None}
        ],
    }
    found = await diagnosed(world)
    assert found.category == "database.query_cancelled"
    assert found.confidence == "high"
    assert "user l.brandt" in found.cause
    assert "AccessExclusiveLock on mart.returns" in quotes(found)
    assert found.safe_to_rerun.startswith("yes: transaction 9077 was rolled back")


async def test_a_rule_that_ended_the_query_is_named() -> None:
    world = night(CANCELLED)
    world.redshift = {
        "queries": [query(77, "insert into a.b select 1", **{**FAILED, "status": "canceled"})],
        "rule_actions": [
            {
                "query_id": 77,
                "rule": "max_20_min",
                "action": "abort",
                "at": at("03:03"),
                "value": "1201",
                "service_class": 6,
                "service_class_name": "etl",
            }
        ],
    }
    found = await diagnosed(world)
    assert "rule max_20_min ended it" in found.cause
    assert "rule max_20_min of queue etl" in quotes(found)


async def test_a_failed_copy_names_file_line_and_column_but_no_value() -> None:
    world = night(
        (
            "psycopg2.errors.InternalError_: Load into table 'clicks' failed.  Check"
            " 'sys_load_error_detail' for details."
        ),
    )
    row = {
        "at": at("03:03"),
        "query_id": 5,
        "table_id": 4,
        "file": "s3://raw/clicks/part-0017.csv.gz",
        "line": 4711,
        "column_name": "agent",
        "column_type": "varchar",
        "column_length": "256",
        "position": 0,
        "code": 1204,
        "reason": "String length exceeds DDL length",
    }
    world.redshift = {"load_errors": [row], "table_names": [{"table_id": 4, "name": "web.clicks"}]}
    found = await diagnosed(world)
    assert found.category == "database.load_error"
    assert "line 4711 of s3://raw/clicks/part-0017.csv.gz" in found.cause
    assert found.next_steps[0].startswith("Look at line 4711 of `s3://raw/clicks/part-0017.csv.gz`")


async def test_an_isolation_violation_names_the_other_writer() -> None:
    world = night(
        "ERROR: 1023 DETAIL: Serializable isolation violation on table - 55,"
        " transactions forming the cycle are: 9, 8 (pid:1)"
    )
    world.redshift = {
        "conflicts": [
            {
                "transaction_id": 9,
                "session_id": 1,
                "started": at("03:00"),
                "at": at("03:03"),
                "table_id": 55,
            }
        ],
        "table_names": [{"table_id": 55, "name": "dw.stock"}],
        "writes_on_table": [
            query(880240, "update dw.stock set n = 0", username="archive_job", transaction_id=8)
        ],
    }
    found = await diagnosed(world)
    assert found.category == "database.lock_conflict"
    assert "archive_job" in found.cause
    assert "dw.stock" in found.cause


async def test_a_refused_login_after_a_rotated_secret() -> None:
    world = night(
        "Using connection ID 'redshift_default' for task execution.",
        'psycopg2.OperationalError: FATAL:  password authentication failed for user "etl"',
    )
    world.redshift = {
        "connections": [
            {
                "at": at("03:03"),
                "event": "authentication failure",
                "user_name": "etl",
                "remote_host": "10.0.0.9",
                "auth_method": "password",
                "database_name": "dev",
                "application_name": "",
                "session_id": 7,
                "duration": 0,
            }
        ]
    }
    world.trail = [
        TrailEvent(
            at("01:30"),
            "PutSecretValue",
            "secretsmanager.amazonaws.com",
            "rotator",
            request={"secretId": "airflow/connections/redshift_default"},
        )
    ]
    found = await diagnosed(world)
    assert found.category == "database.authentication"
    assert found.confidence == "high"
    assert "rotator called PutSecretValue at 01:30" in found.cause
    assert "authentication failure of user etl" in quotes(found)


async def test_a_paused_cluster_explains_a_refused_connection() -> None:
    world = night(
        "psycopg2.OperationalError: could not connect to server: Connection refused "
        ' Is the server running on host "dw.abc123.eu-west-1.redshift.amazonaws.com"'
        " (10.0.1.5) and accepting TCP/IP connections on port 5439?"
    )
    world.trail = [
        TrailEvent(
            at("02:10"),
            "PauseCluster",
            "redshift.amazonaws.com",
            "t.okafor",
            request={"clusterIdentifier": "dw"},
        ),
        TrailEvent(at("02:11"), "DescribeClusters", "redshift.amazonaws.com", "someone"),
    ]
    found = await diagnosed(world)
    assert found.category == "database.connection"
    assert "t.okafor called PauseCluster at 02:10" in found.cause
    assert len(found.changes) == 1


async def test_a_change_after_the_failure_is_no_cause() -> None:
    world = night(
        "psycopg2.OperationalError: could not connect to server: Connection refused"
        ' "dw.abc123.eu-west-1.redshift.amazonaws.com"'
    )
    world.trail = [
        TrailEvent(
            NIGHT.replace(minute=9),
            "PauseCluster",
            "redshift.amazonaws.com",
            "t",
            request={"clusterIdentifier": "dw"},
        )
    ]
    found = await diagnosed(world)
    assert found.changes == []
    assert DAG in found.dag_id
