"""What Redshift tells about each kind of failure of one night, over the wire."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcp_server.backends import Redshift
from mcp_server.domain.redshift import Rows
from mcp_server.errors import AccessDenied, MissingColumn, NotPermitted
from mcp_server.redshift import facts
from mcp_server.redshift.queries import QueryFilter
from mcp_server.redshift.rights import rights_of
from sandbox.redshift.server import RedshiftServer

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, tzinfo=UTC)


async def test_a_tasks_failed_query_is_found_by_user_table_and_label(night: Redshift) -> None:
    wanted = {"users": ["airflow_etl"], "table": "mart.orders", "label": "etl"}
    found = await facts.queries_of_task(night, at(1), at(2), failed_only=True, **wanted)
    [run] = found.rows
    assert (run.query_id, run.user, run.status) == (1002, "airflow_etl", "failed")
    assert run.error == 'column "channel" of relation "orders" does not exist'
    assert run.start == at(1, 5) + timedelta(seconds=2)
    assert "Jane" not in run.text
    assert run.text.endswith("select id, channel, '***' from stage.orders")


async def test_a_table_is_not_one_whose_name_begins_alike(night: Redshift) -> None:
    found = await facts.queries_of_task(night, at(1), at(2), table="mart.orders")
    assert [run.query_id for run in found.rows] == [1004, 1002]


async def test_queries_are_cut_at_the_limit_and_it_is_said(night: Redshift) -> None:
    found = await facts.find_queries(night, at(0), at(3), QueryFilter(), limit=2)
    assert len(found.rows) == 2
    assert found.cut


async def test_who_dropped_the_column_is_told(night: Redshift) -> None:
    found = await facts.ddl_on(night, "mart.orders", at(0), at(3))
    [change] = found.rows
    assert (change.user, change.kind, change.target) == ("dbt_ci", "alter table", "mart.orders")
    assert change.statement == "alter table mart.orders drop column channel cascade"
    assert found.gaps == ()


async def test_a_wait_that_is_over_names_who_still_holds_the_table(night: Redshift) -> None:
    locks = await facts.locks_at(night, at(2), at(2, 15), "mart.returns")
    [cancelled] = [waiter for waiter in locks.waiters if waiter.query_id]
    assert (cancelled.query_id, round(cancelled.waited_s)) == (1103, 299)
    [holder] = cancelled.holders
    assert (holder.user, holder.lock_mode, holder.is_open) == (
        "l.brandt",
        "AccessExclusiveLock",
        True,
    )
    assert holder.statement == "alter table mart.returns add column reason varchar(64)"
    assert holder.since == at(1, 47) + timedelta(seconds=11)


async def test_the_chain_of_who_waits_for_whom_is_told(night: Redshift) -> None:
    locks = await facts.locks_at(night, at(3), NOW)
    waiting = {w.user: [h.user for h in w.holders] for w in locks.waiters if w.is_waiting}
    assert waiting == {"airflow_etl": ["l.brandt"], "dbt": ["airflow_etl"]}
    assert [holder.user for holder in locks.holders] == ["l.brandt", "airflow_etl"]


async def test_a_holder_that_has_committed_since_is_found_by_its_statement(
    night: Redshift,
) -> None:
    locks = await facts.locks_at(night, at(0), at(1), "mart.stock")
    [waiter] = locks.waiters
    assert [(h.user, h.statement, h.is_open) for h in waiter.holders] == [
        ("maint", "update mart.stock set qty = qty", False)
    ]


async def test_a_conflict_names_the_table_and_both_sides(night: Redshift) -> None:
    found = await facts.conflicts(night, at(2), at(3))
    [conflict] = found.rows
    assert (conflict.table, conflict.user, conflict.query_id) == (
        "mart.balance",
        "airflow_etl",
        1202,
    )
    assert [(run.user, run.query_id) for run in conflict.others] == [("finance", 1201)]


async def test_a_refused_row_is_told_by_its_place_and_never_by_its_value(
    night: Redshift,
) -> None:
    found = await facts.load_errors(night, at(2), at(3), "raw.customers")
    [error] = found.rows
    assert (error.file, error.line) == ("s3://lake/customers/2026-11-21/part-0007.csv", 48213)
    assert (error.table, error.column, error.column_length) == ("raw.customers", "postcode", "10")
    assert error.reason == "String length exceeds DDL length"


async def test_loads_tell_what_came_before(night: Redshift) -> None:
    found = await facts.loads(night, at(0) - timedelta(days=1), at(3), "raw.customers")
    assert [(load.status, load.loaded_rows) for load in found.rows] == [
        ("aborted", 0),
        ("completed", 1998222),
    ]


async def test_a_rule_that_aborted_a_query_is_named(night: Redshift) -> None:
    found = await facts.aborted_by_rule(night, at(2), at(3))
    [action] = found.rows
    assert (action.rule, action.action, action.service_class) == (
        "no_long_reports",
        "abort",
        "reports",
    )
    assert (action.user, action.query_id) == ("bi_tool", 1401)


async def test_grants_and_users_are_one_list(night: Redshift) -> None:
    found = await facts.grants_and_users(night, at(0) - timedelta(days=1), at(3))
    assert [change.kind for change in found.rows] == ["revoke", "drop user", "alter user"]
    [revoke, _, altered] = found.rows
    assert (revoke.user, revoke.target) == ("admin", "finance")
    assert altered.statement == "alter user report_svc password valid until 2026-11-22 00:00 UTC"
    only = await facts.grants_and_users(night, at(0), at(3), name="airflow_etl")
    assert [change.kind for change in only.rows] == ["revoke"]


async def test_a_refused_log_in_is_told_with_its_host(night: Redshift) -> None:
    found = await facts.connections(night, at(2), at(3), failed_only=True)
    [refused] = found.rows
    assert (refused.user, refused.remote_host) == ("report_svc", "10.2.1.7")
    assert refused.failed


async def test_a_full_disk_names_the_largest_table_and_who_spilled(night: Redshift) -> None:
    disk = await facts.disk(night, at(2), at(3))
    assert (round(disk.percent), round(disk.fullest_node_percent)) == (97, 99)
    assert disk.largest_tables[0].name == "mart.sales"
    assert [(spill.query_id, spill.mb) for spill in disk.spills] == [(1504, 93000.0)]


async def test_a_slow_run_is_measured_against_its_earlier_ones(night: Redshift) -> None:
    for asked in ({"query_id": 1504}, {"table": "mart.sales"}, {"generic_query_hash": "h-sales"}):
        slow = await facts.regression(night, until=at(3), **asked)
        assert slow.this is not None
        assert (slow.this.query_id, slow.usual_s, slow.factor) == (1504, 60.0, 20.0)
        assert slow.reasons == ("executed for 1190 s (usually 59 s)",)
        assert slow.spilled_mb == 93000
        assert slow.alerts == ("Missing statistics",)


async def test_what_became_of_a_transaction_is_told(night: Redshift) -> None:
    undone = await facts.transaction_outcome(night, transaction_id=602)
    assert (undone.state, [run.query_id for run in undone.writes]) == ("rolled back", [1103])
    assert (await facts.transaction_outcome(night, query_id=1002)).state == "rolled back"
    assert (await facts.transaction_outcome(night, query_id=1101)).state == "open"
    assert (await facts.transaction_outcome(night, query_id=1201)).state == "committed"
    assert (await facts.transaction_outcome(night, query_id=1503)).state == "unknown"
    assert (await facts.transaction_outcome(night, query_id=99)).state == "unknown"


async def test_tables_in_a_bad_shape_are_found_by_the_files_thresholds(night: Redshift) -> None:
    found = await facts.unhealthy_tables(night)
    assert [table.name for table in found.rows] == ["mart.sales"]
    [table] = (await facts.table_health(night, "mart.sales")).rows
    assert (table.stats_off, table.skew_rows) == (64.2, 7.31)


async def test_what_is_withheld_costs_its_own_part_and_names_the_grant(
    shut_out: Redshift,
) -> None:
    locks = await facts.locks_at(shut_out, at(2), at(2, 15), "mart.returns")
    assert [waiter.query_id for waiter in locks.waiters] == [1103]
    assert {gap.what for gap in locks.gaps} == {
        "open transactions and locks",
        "table locks",
        "transaction history",
    }
    assert all("sys:monitor" in gap.why for gap in locks.gaps)
    undone = await facts.transaction_outcome(shut_out, query_id=1103)
    assert undone.state == "rolled back"
    with pytest.raises(NotPermitted, match="SYS_CONNECTION_LOG is for superusers"):
        await facts.connections(shut_out, at(2), at(3))
    grants = await facts.grants_and_users(shut_out, at(0), at(3))
    assert [change.kind for change in grants.rows] == ["revoke"]
    assert [gap.what for gap in grants.gaps] == ["user changes"]


class OldCluster:
    """A cluster whose history has no user names: a fake over another one."""

    is_serverless = False

    def __init__(self, inner: Redshift) -> None:
        self.inner = inner
        self.refused = 0

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        if "trim(username)" in sql:
            self.refused += 1
            raise MissingColumn('column "username" does not exist', "username")
        return await self.inner.run(sql, parameters, limit=limit)


async def test_a_cluster_without_user_names_is_read_all_the_same(night: Redshift) -> None:
    old = OldCluster(night)
    for _ in range(2):
        found = await facts.queries_of_task(old, at(1), at(2), failed_only=True)
        assert [run.user for run in found.rows] == ["id 107"]
    assert old.refused == 1


class Catalog(OldCluster):
    """The same where the catalog knows the users by id."""

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        if "pg_user" in sql:
            return Rows(("user_id", "user_name"), ((107, "airflow_etl"), (1, "rdsdb")))
        return await super().run(sql, parameters, limit=limit)


async def test_users_without_a_name_get_the_catalogs_and_are_never_filtered_away_unknown(
    night: Redshift,
) -> None:
    for redshift, names in ((Catalog(night), ["airflow_etl"]), (OldCluster(night), ["id 107"])):
        found = await facts.queries_of_task(
            redshift, at(1), at(2), users=("airflow_etl",), failed_only=True
        )
        assert [run.user for run in found.rows] == names
    other = await facts.queries_of_task(Catalog(night), at(1), at(2), users=("m.ito",))
    assert "airflow_etl" not in {run.user for run in other.rows}


class Serverless:
    """A workgroup: whoever asks it for a table of the main cluster is wrong."""

    is_serverless = True

    def __init__(self, inner: Redshift) -> None:
        self.inner = inner

    async def run(
        self, sql: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 200
    ) -> Rows:
        assert "stl_" not in sql
        assert "stv_" not in sql
        return await self.inner.run(sql, parameters, limit=limit)


async def test_serverless_is_asked_sys_and_svv_views_only(night: Redshift) -> None:
    workgroup = Serverless(night)
    assert (await facts.locks_at(workgroup, at(2), NOW)).waiters
    assert (await facts.load_errors(workgroup, at(2), at(3))).rows
    assert (await facts.conflicts(workgroup, at(2), at(3))).rows[0].table == "mart.balance"
    limited = await facts.aborted_by_rule(workgroup, at(2), at(3))
    assert [action.query_id for action in limited.rows] == [1401]
    assert (await facts.disk(workgroup, at(2), at(3))).percent == -1


async def test_a_reader_may_not_write_and_every_view_is_open(night: Redshift) -> None:
    for _, _, check in rights_of(night):
        await check()


async def test_what_the_user_may_write_or_not_see_is_told(
    served: RedshiftServer, shut_out: Redshift
) -> None:
    served.run("grant insert on mart.orders to plain")
    said = {}
    for right, what, check in rights_of(shut_out):
        try:
            await check()
        except AccessDenied as wrong:
            said[what] = f"{right}: {wrong}"
    served.run("revoke insert on mart.orders from plain")
    assert "may write mart.orders" in said["second lock"]
    assert "GRANT ROLE sys:monitor" in said["log-ins"]
    assert "query history" not in said
