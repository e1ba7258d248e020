"""The names that a cause line gives to playbooks and probes."""

import pytest

from mcp_server.diagnostics.entities import entities_of

NAMED = [
    (
        "redshift_connector.error.ProgrammingError: {'S': 'ERROR', 'C': '42P01', 'M': "
        "'relation \"stage.dly\" does not exist'}",
        {"table": "stage.dly", "sqlstate": "42P01"},
    ),
    ("permission denied for relation raw_costs", {"table": "raw_costs"}),
    ("permission denied for schema finance", {"schema": "finance"}),
    ("Invalid object name 'dbo.Sales'. (208)", {"table": "dbo.Sales"}),
    ("Object 'A.B.C' does not exist or not authorized.", {"table": "A.B.C"}),
    ("404 Not found: Table acme:raw.ev was not found in location EU", {"table": "acme:raw.ev"}),
    ("Load into table 'orders' failed.  Check 'stl_load_errors'", {"table": "orders"}),
    ("INSERT INTO mart.daily SELECT 1", {"table": "mart.daily"}),
    ('column "region_cd" does not exist', {"column": "region_cd"}),
    ("Unknown column 'o.qty' in 'field list'", {"column": "o.qty"}),
    ('schema "mart_v2" does not exist', {"schema": "mart_v2"}),
    ('violates unique constraint "orders_pkey"', {"constraint": "orders_pkey"}),
    ("Database Error in model fct_margin (models/fct_margin.sql)", {"model": "fct_margin"}),
    ("Failure in test not_null_id (models/schema.yml)", {"test": "not_null_id"}),
    ("3 of 9 FAIL 12 relationships_orders [FAIL 12 in 1s]", {"test": "relationships_orders"}),
    ("s3://lake/raw/a.csv does not exist", {"bucket": "lake", "key": "raw/a.csv"}),
    ("key or pattern orders/x.gz does not exist in bucket acme-land", {"bucket": "acme-land"}),
    (
        "User: arn:aws:sts::123456789012:assumed-role/mwaa-etl/s is not authorized to perform: "
        "glue:StartJobRun on resource: arn:aws:glue:eu-west-1:123456789012:job/orders",
        {"role": "mwaa-etl", "action": "glue:StartJobRun", "glue_job": "orders"},
    ),
    ("(AccessDenied) when calling the PutObject operation", {"action": "PutObject"}),
    (
        'connection to server at "dw.internal" (10.2.3.4), port 5432 failed',
        {"host": "dw.internal", "port": "5432"},
    ),
    ("Unable to connect to port 22 on 10.0.9.9", {"host": "10.0.9.9", "port": "22"}),
    ("dial tcp 10.0.0.5:5439: i/o timeout", {"host": "10.0.0.5", "port": "5439"}),
    ("Failed to resolve 'api.partner.io' ([Errno -2]", {"host": "api.partner.io"}),
    ("for url: https://api.acme.com/v2/me", {"host": "api.acme.com"}),
    ('password authentication failed for user "etl_user"', {"user": "etl_user"}),
    ("Login failed for user 'svc_etl'. (18456)", {"user": "svc_etl"}),
    ("Task exited with return code -9", {"exit_code": "-9"}),
    ("The command returned a non-zero exit code 127.", {"exit_code": "127"}),
    ("Docker container failed: {'StatusCode': 137}", {"exit_code": "137"}),
    ("Received SIGTERM. Terminating subprocesses", {"signal": "SIGTERM"}),
    ("exceeds the specified timeout of 3600.0.", {"timeout": "3600.0"}),
    ("The conn_id `sf_prod` isn't defined", {"conn_id": "sf_prod"}),
    ("KeyError: 'Variable lake_bucket does not exist'", {"variable": "lake_bucket"}),
    ("VARIABLE_NOT_FOUND: {'key': 'cutoff'}", {"variable": "cutoff"}),
    ("environment variable SF_ACCOUNT is not set", {"variable": "SF_ACCOUNT"}),
    ("Tasks using non-existent pool 'dw' will not be scheduled", {"pool": "dw"}),
    ("No module named 'acme.common'", {"module": "acme.common"}),
    ("cannot import name 'days_ago' from 'airflow.utils.dates'", {"module": "days_ago"}),
    ("[Errno 2] No such file or directory: '/in/a.csv'", {"file": "/in/a.csv"}),
    ("resource: arn:aws:lambda:eu-west-1:1:function:pricing because", {"function": "pricing"}),
    ("Concurrent runs exceeded for orders_glue", {"glue_job": "orders_glue"}),
    ("Exiting Job jr_0a1b2c Run State: FAILED", {"job_run": "jr_0a1b2c"}),
    ("Query (9912811) cancelled by WLM abort action", {"query_id": "9912811"}),
    ("query_execution_id is aabb-1122. Error", {"query_id": "aabb-1122"}),
    ("requests.exceptions.HTTPError: 503 Server Error: x", {"status_code": "503"}),
    ("Client error '429 Too Many Requests' for url", {"status_code": "429"}),
    ("The external DAG finance_close failed.", {"external_dag_id": "finance_close"}),
    ("child_dag failed with failed states [x]", {"external_dag_id": "child_dag"}),
    ("Pod etl-1 returned a failure.", {"pod": "etl-1"}),
    ('Failed to pull image "acme/etl:1.9": not found', {"image": "acme/etl:1.9"}),
]


@pytest.mark.parametrize(("text", "wanted"), NAMED, ids=lambda value: str(value)[:40])
def test_what_a_line_names_is_found(text: str, wanted: dict[str, str]) -> None:
    found = entities_of(text)
    assert {kind: found.get(kind) for kind in wanted} == wanted


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'price'",
        "ZeroDivisionError: division by zero",
        "the table is set",
        "Test failed.",
    ],
)
def test_a_line_that_names_nothing_gives_nothing(text: str) -> None:
    assert entities_of(text) == {}


def test_a_masked_name_is_no_name() -> None:
    assert "user" not in entities_of('authentication failed for user "***"')
