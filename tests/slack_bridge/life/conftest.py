"""Both stores, each real: SQLite in a folder, DynamoDB over the wire with the real boto3."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.aws.server import AwsServer
from sandbox.calls import CallLog
from sandbox.faults import Faults
from slack_bridge import aws
from slack_bridge.incidents import Incidents
from slack_bridge.store.dynamodb import DynamoDbIncidents
from slack_bridge.store.sqlite import SqliteIncidents
from slack_bridge.store.table import table_definition

MakeStore = Callable[[], Incidents]


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    server = AwsServer([], Faults(), CallLog())
    server.start()
    patch = pytest.MonkeyPatch()
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        patch.setenv(f"AWS_{name}", "local")
    patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    patch.setenv("AWS_ENDPOINT_URL", server.url)
    aws.client.cache_clear()
    aws.client("dynamodb", 3).list_tables()  # moto takes seconds to load, boto3 waits 3
    yield server.url
    for kept in (aws.client("dynamodb", 3),):
        kept.close()
    aws.client.cache_clear()
    patch.undo()
    server.close()


def dynamodb() -> DynamoDbIncidents:
    name = f"incidents-{uuid.uuid4().hex[:12]}"
    aws.client("dynamodb", 3).create_table(**table_definition(name))
    return DynamoDbIncidents(name)


@pytest.fixture(params=["sqlite", "dynamodb"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Makes stores that share what they hold, as processes on one machine or table do."""
    made: list[Incidents] = []
    if request.param == "dynamodb":
        request.getfixturevalue("aws_url")
        table = dynamodb()

    def make() -> Incidents:
        store: Incidents = table if request.param == "dynamodb" else _sqlite(tmp_path)
        made.append(store)
        return store

    yield make
    for store in made:
        store.close()


def _sqlite(folder: Path) -> SqliteIncidents:
    return SqliteIncidents(str(folder / "deep" / "incidents.sqlite3"))


@pytest.fixture
def store(make_store: MakeStore) -> Incidents:
    return make_store()
