"""The services around Redshift, asked by boto3."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.aws.redshift import ClusterEvent, RedshiftClusters
from sandbox.aws.redshift_data import PAGE_ROWS, RedshiftData
from sandbox.aws.redshift_serverless import RedshiftWorkgroups
from sandbox.aws.server import AwsServer
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.redshift.server import RedshiftServer

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
RESIZED = ClusterEvent(datetime(2026, 11, 22, 2, 50, tzinfo=UTC), "Resize of the cluster started.")


@dataclass
class Aws:
    url: str
    server: RedshiftServer
    clusters: RedshiftClusters

    def client(self, name: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        return boto3.client(
            name,
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )

    def run(self, sql: str, **parameters: str) -> tuple[Any, dict[str, Any]]:
        data = self.client("redshift-data")
        given = [{"name": name, "value": value} for name, value in parameters.items()]
        asked = {"Parameters": given} if given else {}
        made = data.execute_statement(Sql=sql, Database="dev", ClusterIdentifier="lab", **asked)
        while (said := data.describe_statement(Id=made["Id"]))["Status"] == "STARTED":
            pass
        return data, said


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    script = "create table t as select i as id, i % 2 = 0 as even from generate_series(1, 1200) i;"
    faults, calls = Faults(), CallLog()
    server = RedshiftServer(script, Clock(NOW), faults, calls)
    clusters = RedshiftClusters(server, "lab", events=[RESIZED])
    workgroups = RedshiftWorkgroups(server, "nightly")
    data = RedshiftData(server, ["lab", "nightly"])
    services = [clusters.service, workgroups.service, data.service]
    http = AwsServer(services, faults, calls)
    http.start()
    yield Aws(http.url, server, clusters)
    http.close()
    server.close()


def test_a_cluster_tells_where_it_is(aws: Aws) -> None:
    [cluster] = aws.client("redshift").describe_clusters(ClusterIdentifier="lab")["Clusters"]
    assert cluster["Endpoint"] == {"Address": "localhost", "Port": aws.server.port}
    assert cluster["ClusterStatus"] == "available"


def test_an_unknown_cluster_is_not_found(aws: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        aws.client("redshift").describe_clusters(ClusterIdentifier="other")
    assert caught.value.response["Error"]["Code"] == "ClusterNotFound"


def test_credentials_come_with_a_user_and_an_end(aws: Aws) -> None:
    redshift = aws.client("redshift")
    given = redshift.get_cluster_credentials(DbUser="etl", ClusterIdentifier="lab")
    assert given["DbUser"] == "IAM:etl"
    assert given["Expiration"] > NOW
    by_role = redshift.get_cluster_credentials_with_iam(ClusterIdentifier="lab")
    assert by_role["DbUser"].startswith("IAMR:")
    assert by_role["DbPassword"] != given["DbPassword"]


def test_events_are_told_in_their_window(aws: Aws) -> None:
    redshift = aws.client("redshift")
    asked = {"SourceIdentifier": "lab", "SourceType": "cluster", "EndTime": NOW}
    window = redshift.describe_events(StartTime=datetime(2026, 11, 22, tzinfo=UTC), **asked)
    assert [event["Message"] for event in window["Events"]] == ["Resize of the cluster started."]
    later = redshift.describe_events(StartTime=datetime(2026, 11, 22, 3, tzinfo=UTC), **asked)
    assert later["Events"] == []


def test_a_workgroup_tells_where_it_is_and_gives_credentials(aws: Aws) -> None:
    serverless = aws.client("redshift-serverless")
    endpoint = serverless.get_workgroup(workgroupName="nightly")["workgroup"]["endpoint"]
    assert endpoint["port"] == aws.server.port
    assert serverless.get_credentials(workgroupName="nightly")["dbPassword"]
    with pytest.raises(ClientError, match="not found"):
        serverless.get_workgroup(workgroupName="other")


def test_the_data_api_runs_a_statement_with_parameters_page_by_page(aws: Aws) -> None:
    data, said = aws.run(
        "select id, even, null::int as n from t where id > :low and 'a:b' <> :text order by id",
        low="100",
        text="x",
    )
    assert (said["Status"], said["ResultRows"]) == ("FINISHED", 1100)
    first = data.get_statement_result(Id=said["Id"])
    assert [column["typeName"] for column in first["ColumnMetadata"]] == ["int4", "bool", "int4"]
    assert first["Records"][0] == [{"longValue": 101}, {"booleanValue": False}, {"isNull": True}]
    assert len(first["Records"]) == PAGE_ROWS
    pages = data.get_paginator("get_statement_result").paginate(Id=said["Id"])
    assert sum(len(page["Records"]) for page in pages) == 1100


def test_a_statement_that_fails_says_why(aws: Aws) -> None:
    _, said = aws.run("select nope from t")
    assert said["Status"] == "FAILED"
    assert said["Error"] == 'ERROR: column "nope" does not exist'


def test_a_running_statement_is_cancelled(aws: Aws) -> None:
    data = aws.client("redshift-data")
    slow = "select count(*) from generate_series(1, 1000000000)"
    made = data.execute_statement(Sql=slow, Database="dev", WorkgroupName="nightly")
    while not data.cancel_statement(Id=made["Id"])["Status"]:
        pass
    assert data.describe_statement(Id=made["Id"])["Status"] == "ABORTED"


def test_parameters_that_do_not_match_are_refused(aws: Aws) -> None:
    with pytest.raises(ClientError, match="do not match the SQL: other"):
        aws.run("select 1", other="x")
