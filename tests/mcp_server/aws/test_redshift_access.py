"""Both ways into Redshift, over the real driver and the real SDK."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import anyio
import pytest
from reached_redshift import NOW, ReachedRedshift

from mcp_server.aws import redshift_connector_access as connector_access
from mcp_server.aws import redshift_data_access as data_access
from mcp_server.aws import redshift_pool
from mcp_server.aws.redshift_wire import Connection
from mcp_server.errors import (
    AccessDenied,
    BadRequest,
    MissingColumn,
    MissingRelation,
    NotConfigured,
    NotFound,
    NotPermitted,
    Unavailable,
)
from sandbox.aws.redshift import ClusterEvent

pytestmark = pytest.mark.anyio
SCRIPT = """
create schema mart;
create table mart.orders (id int, note varchar(20), at timestamp, amount numeric(12,2));
insert into mart.orders values (1, 'a:b 100%', '2026-11-22 02:00:00', 12.50), (2, null, null, null);
create table mart.secret (id int);
revoke select on mart.secret from public;
revoke select on sys_userlog from public;
create table many as select i as id from generate_series(1, 100000) i;
insert into sys_query_history (query_id, user_id, status) values (7, 100, 'failed');
"""
WAYS = ["connector", "data-api"]


@pytest.fixture(scope="module")
def reached() -> Iterator[ReachedRedshift]:
    made = ReachedRedshift(SCRIPT)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, reached: ReachedRedshift) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", reached.aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ReachedRedshift]]:
    """A world of the test's own, with faults."""
    opened: list[ReachedRedshift] = []

    def make(**faults: str) -> ReachedRedshift:
        made = ReachedRedshift(SCRIPT, {key.replace("__", ":"): f for key, f in faults.items()})
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.aws.url)
        opened.append(made)
        return made

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize("way", WAYS)
async def test_named_parameters_and_plain_values_come_through(
    reached: ReachedRedshift, way: str
) -> None:
    redshift = reached.redshift(way)
    found = await redshift.run(
        "select id, note, at, amount from mart.orders "
        "where coalesce(at, cast(:when as timestamp)) <= cast(:when as timestamp) "
        "and (:text = '' or strpos(note, :text) > 0) order by id",
        {"when": NOW, "text": ""},
    )
    assert found.columns == ("id", "note", "at", "amount")
    at = datetime(2026, 11, 22, 2, tzinfo=UTC).replace(tzinfo=None)
    assert found.rows[0][:3] == (1, "a:b 100%", at)
    assert float(found.rows[0][3]) == 12.5
    assert found.rows[1] == (2, None, None, None)
    some = await redshift.run("select id from mart.orders where note = :n", {"n": "a:b 100%"})
    assert some.rows == ((1,),)


@pytest.mark.parametrize("way", WAYS)
async def test_a_large_result_is_cut_in_sql(reached: ReachedRedshift, way: str) -> None:
    redshift = reached.redshift(way)
    found = await redshift.run("select id from many order by id -- all", limit=50)
    assert len(found.rows) == 50
    assert found.cut
    whole = await redshift.run("select id from many where id <= 50", limit=50)
    assert len(whole.rows) == 50
    assert not whole.cut


@pytest.mark.parametrize("way", WAYS)
async def test_a_failed_statement_does_not_poison_the_next(
    reached: ReachedRedshift, way: str
) -> None:
    redshift = reached.redshift(way)
    with pytest.raises(MissingColumn, match="describe_redshift_table") as column:
        await redshift.run("select nope from mart.orders")
    assert column.value.name == "nope"
    with pytest.raises(MissingRelation, match="audit_redshift") as relation:
        await redshift.run("select 1 from mart.gone")
    assert relation.value.name == "mart.gone"
    with pytest.raises(BadRequest, match="division by zero"):
        await redshift.run("select 1 / 0")
    assert (await redshift.run("select 1")).rows == ((1,),)


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_not_permitted_names_the_grant(reached: ReachedRedshift, way: str) -> None:
    redshift = reached.redshift(way)
    with pytest.raises(NotPermitted, match=r"sys:monitor.*SYSLOG ACCESS UNRESTRICTED"):
        await redshift.run("select * from sys_userlog")
    with pytest.raises(NotPermitted, match="GRANT SELECT ON secret"):
        await redshift.run("select * from mart.secret")


async def test_a_write_is_refused_by_the_transaction(reached: ReachedRedshift) -> None:
    redshift = reached.redshift()
    with pytest.raises(BadRequest, match="Only reading"):
        await redshift.run("create table mart.mine (id int)")
    assert reached.statements()[-2:] == ["query", "rollback"]


async def test_connections_are_kept_and_at_most_three(reached: ReachedRedshift) -> None:
    redshift = reached.redshift()
    before = reached.statements().count("connect")
    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(redshift.run, "select count(*) from many")
    assert 1 <= reached.statements().count("connect") - before <= 3


async def test_a_serverless_workgroup_is_reached_with_its_own_credentials(
    reached: ReachedRedshift,
) -> None:
    redshift = reached.redshift(REDSHIFT_WORKGROUP="nightly")
    assert redshift.is_serverless
    assert (await redshift.run("select 1")).rows == ((1,),)
    state = await redshift.state()
    assert (state.status, state.base_rpu) == ("available", 32)
    by_api = reached.redshift("data-api", REDSHIFT_WORKGROUP="nightly")
    assert (await by_api.run("select 1")).rows == ((1,),)


async def test_a_database_user_gets_its_own_credentials(reached: ReachedRedshift) -> None:
    redshift = reached.redshift(REDSHIFT_DB_USER="oncall")
    assert (await redshift.run("select current_user")).rows == (("IAM:oncall",),)


async def test_a_killed_connection_is_replaced(reached: ReachedRedshift) -> None:
    redshift = reached.redshift(REDSHIFT_DB_USER="killed")
    [[pid]] = (await redshift.run("select pg_backend_pid()")).rows
    reached.server.run(f"select pg_terminate_backend({pid})")
    [[other]] = (await redshift.run("select pg_backend_pid()")).rows
    assert other != pid


async def test_a_connection_killed_in_the_middle_says_so_and_the_next_call_works(
    reached: ReachedRedshift,
) -> None:
    redshift = reached.redshift(REDSHIFT_DB_USER="struck")
    with pytest.raises(Unavailable, match="Ask again"):
        await redshift.run("select pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")
    assert (await redshift.run("select 1")).rows == ((1,),)


@pytest.mark.parametrize("way", WAYS)
async def test_a_slow_statement_is_cancelled_and_the_next_works(
    reached: ReachedRedshift, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = reached.redshift(way)
    with monkeypatch.context() as hurry:
        hurry.setattr(connector_access, "STATEMENT_SECONDS", 1)
        hurry.setattr(data_access, "STATEMENT_SECONDS", 0.3)
        with pytest.raises(Unavailable, match="check_redshift"):
            await redshift.run("select count(*) from generate_series(1, 10000000000)")
    assert (await redshift.run("select 1")).rows == ((1,),)


async def test_an_answer_that_never_comes_costs_its_connection_alone(
    another: Callable[..., ReachedRedshift], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_access, "SOCKET_SECONDS", 3)
    reached = another(redshift__query="hang")
    redshift = reached.redshift()
    with pytest.raises(Unavailable, match="did not answer"):
        await redshift.run("select 1")
    assert reached.statements().count("connect") == 1


async def test_a_wrong_password_says_where_it_comes_from(reached: ReachedRedshift) -> None:
    redshift = reached.redshift()
    user, _ = await redshift._target.credentials()

    async def wrong() -> tuple[str, str]:
        return user, "expired"

    redshift._target.credentials = wrong
    with pytest.raises(AccessDenied, match="REDSHIFT_SECRET_ARN"):
        await redshift.run("select 1")
    del redshift._target.credentials
    assert (await redshift.run("select 1")).rows == ((1,),)


async def test_denied_credentials_name_the_iam_action(
    another: Callable[..., ReachedRedshift],
) -> None:
    reached = another(redshift__GetClusterCredentialsWithIAM="denied")
    with pytest.raises(AccessDenied, match="redshift:GetClusterCredentialsWithIAM"):
        await reached.redshift().run("select 1")


async def test_a_full_cluster_is_tried_again(another: Callable[..., ReachedRedshift]) -> None:
    reached = another(redshift__connect="throttled")
    assert (await reached.redshift().run("select 1")).rows == ((1,),)


async def test_a_paused_cluster_says_that_somebody_must_resume_it(
    another: Callable[..., ReachedRedshift],
) -> None:
    reached = another()
    reached.clusters.status = "paused"
    with pytest.raises(Unavailable, match=r"paused.*resume"):
        await reached.redshift().run("select 1")
    assert (await reached.redshift().state()).status == "paused"


async def test_a_cluster_paused_while_it_is_asked_says_so_instead_of_the_network(
    another: Callable[..., ReachedRedshift],
) -> None:
    reached = another()
    reached.server.port = 1
    redshift = reached.redshift()
    await redshift._logins.get()
    reached.clusters.status = "paused"
    with pytest.raises(Unavailable, match=r"is paused.*resume-cluster"):
        await redshift.run("select 1")


def test_calls_that_waited_for_a_connection_share_its_refusal_and_later_ones_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[float] = []
    now = [5.0]
    monkeypatch.setattr(redshift_pool.time, "monotonic", lambda: now[0])

    def refused() -> Connection:
        tried.append(now[0])
        raise ConnectionRefusedError("nobody there")

    pool = redshift_pool.Pool()
    for at in (5.0, 5.0, 6.0):
        now[0] = at
        with pytest.raises(ConnectionRefusedError):
            pool.use(refused, lambda connection: connection)
    assert tried == [5.0, 6.0]


async def test_an_unknown_cluster_is_not_found(reached: ReachedRedshift) -> None:
    with pytest.raises(NotFound, match="cluster other"):
        await reached.redshift(REDSHIFT_CLUSTER_ID="other").run("select 1")


async def test_an_unknown_database_names_the_setting(reached: ReachedRedshift) -> None:
    with pytest.raises(NotConfigured, match="REDSHIFT_DATABASE"):
        await reached.redshift(REDSHIFT_DATABASE="other").run("select 1")


async def test_no_route_names_the_other_way_in(another: Callable[..., ReachedRedshift]) -> None:
    reached = another()
    reached.server.port = 1
    with pytest.raises(Unavailable, match=r"refuses connections.*REDSHIFT_ACCESS=data-api"):
        await reached.redshift().run("select 1")
    reached.server.host = "nowhere.invalid"
    with pytest.raises(Unavailable, match="cannot be resolved"):
        await reached.redshift().run("select 1")


async def test_a_certificate_of_another_host_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = ReachedRedshift(certificate_hosts=("other.example",))
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", reached.aws.url)
        with pytest.raises(NotConfigured, match=r"certificate that does not fit.*localhost"):
            await reached.redshift().run("select 1")
    finally:
        reached.close()


async def test_the_clusters_state_and_events_are_told(reached: ReachedRedshift) -> None:
    at = datetime(2026, 11, 22, 2, 50, tzinfo=UTC)
    reached.clusters.events.append(ClusterEvent(at, "Resize started."))
    redshift = reached.redshift()
    state = await redshift.state()
    assert (state.name, state.status, state.nodes) == ("lab", "available", 4)
    [event] = await redshift.events(at, NOW)
    assert (event.at, event.message) == (at, "Resize started.")
