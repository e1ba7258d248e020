"""Secrets vanish, line for line, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.diagnostics.redact import redact

SECRETS = [
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalr"),
    ("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("aws_session_token = FwoGZXIvYXdzEBYaDKd7exampletoken1234567890abcdefghij==", "FwoGZX"),
    ("postgresql://etl:S3cr3t!pw@rs.host:5439/dev", "S3cr3t"),
    ("redshift+psycopg2://u:p%40ss@h/db", "p%40ss"),
    ("password=hunter2", "hunter2"),
    ('{"password": "hun ter2", "user":"a"}', "hun ter2"),
    ("'passwd': 'abc123xyz'", "abc123xyz"),
    ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123", "eyJhbG"),
    ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("token xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx", "AbCdEfGh"),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F"),
    ("glpat-xxxxABCDEF1234567890", "ABCDEF1234567890"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "SyA123456"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39"),
    ("sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD", "abcdefghijkl"),
    ("sk-ant-api03-abcdefghijklmnop-qrstuvwxyz0123456789", "abcdefghijkl"),
    ("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", "ngeVfQ"),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijkl"),
    ("pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDA", "AgEIcHlw"),
    ("dapi0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    (
        "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F2026&X-Amz-Signature=fe5f"
        "80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEJr",
        "fe5f80f77",
    ),
    ("https://acc.blob.core.windows.net/c?sv=2022-11-02&sig=abc%2Bdef%3D&se=2026", "abc%2Bdef"),
    ("AccountKey=abcd1234efgh5678ijkl9012mnop3456qrst7890uvwx==;EndpointSuffix=core", "abcd1234"),
    ("client_secret=Zm9vYmFyYmF6cXV4", "Zm9vYm"),
    ("Cookie: session=abcdef123456; csrftoken=zzz999", "abcdef123456"),
    ("Set-Cookie: sid=qwe987; Path=/", "qwe987"),
    ("fernet_key = cryptography_not_a_real_fernet_key_0123456789ab=", "cryptography_not"),
    ("contact jane.doe@corp.example now", "jane.doe"),
    ("card 4111 1111 1111 1111", "4111 1111"),
    ("create user etl password 'Abc12345!'", "Abc12345"),
    (
        "CREDENTIALS 'aws_access_key_id=AKIAIOSFODNN7EXAMPLE;aws_secret_access_key=wJ"
        "alrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY'",
        "wJalr",
    ),
    ("curl -u admin:pa55word https://x", "pa55word"),
    ("mysql -uroot -pSuperPw1 db", "SuperPw1"),
    ("PGPASSWORD=topsecret psql", "topsecret"),
    ("--password topsecret1", "topsecret1"),
    ("api_key: 9f8e7d6c5b4a", "9f8e7d6c5b4a"),
    ("X-Api-Key: 9f8e7d6c5b4a3b2a", "9f8e7d6c"),
    ("AIRFLOW_CONN_DB='postgres://u:zipzap@h/d'", "zipzap"),
    ("snowflake://user:Passw0rd@acct/db?warehouse=x", "Passw0rd"),
    ("private_key_passphrase=blah22", "blah22"),
    (
        "SK0123456789abcdef0123456789abcdef TWILIO_AUTH_TOKEN=0123456789abcdef0123456789abcdef",
        "TOKEN=0123",
    ),
    ("DD_API_KEY=0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    ("secret_key='django-insecure-abc$%'", "insecure"),
    ("pwd: 'x y z1'", "x y z1"),
    ("jdbc:redshift://h:5439/dev?user=a&password=bEta9", "bEta9"),
    ("Server=h;Uid=a;Pwd=Gam1ma;", "Gam1ma"),
    ('"refresh_token":"1//0gabcdef"', "0gabcdef"),
    ("redis://:redpw1@cache:6379/0", "redpw1"),
    ("connection extra: {'aws_secret_access_key': 'abcdEFGH1234'}", "abcdEFGH"),
    ('{\\"password\\": \\"esc4ped\\"}', "esc4ped"),
    ("https://hooks.slack.com/services/T000/B000/XXXXabcdXXXX", "XXXXabcd"),
]
HARMLESS = [
    "commit 3f2a9c1d4e5b6a7f8091a2b3c4d5e6f708192a3b",
    "run_id=scheduled__2026-11-20T02:00:00+00:00",
    "arn:aws:iam::111122223333:role/mwaa-exec",
    "query_id 48213377 pid=1234",
    "id 550e8400-e29b-41d4-a716-446655440000",
    "s3://bucket/path/part-0000-abcdef.parquet",
    "md5 d41d8cd98f00b204e9800998ecf8427e",
    'password authentication failed for user "etl"',
    "The password for user x has expired",
    "token expired at 2026-11-20T02:00:00Z",
    "INFO - Secret not found: airflow/connections/x",
    "password=***",
    "secret key is missing",
    "1795320000000 rows=4111222233334444000",
    'File "/usr/lib/token.py", line 12',
    'column "password" does not exist',
    "Access token has expired",
    "KeyError: 'api_key'",
    "conn_id `x` isn't defined",
    "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logs",
    "ip-10-192-20-11.ec2.internal",
    "secret_arn=arn:aws:secretsmanager:eu-west-1:1:secret:x-AbCdEf",
    "{'S': 'ERROR', 'C': '28P01', 'M': 'password authentication failed for user \"a\"'}",
    "primary_key=id",
    "partition key: dt",
    "sort_key=created_at",
    "max_tokens=4096",
    "user airflow_etl dag_id=x try_number=2",
    "token=None",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:de-agent/prod/slack-AbCdEf",
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_value_becomes_stars(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_ids_hashes_paths_and_messages_stay(text: str) -> None:
    assert redact(text) == text


def test_a_private_key_keeps_its_lines_and_loses_its_body() -> None:
    text = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nDEF+ghi\n-----END RSA PRIVATE KEY-----\nb"
    assert redact(text).split("\n") == [
        "a",
        "-----BEGIN RSA PRIVATE KEY-----",
        "***",
        "***",
        "-----END RSA PRIVATE KEY-----",
        "b",
    ]


@given(st.lists(st.one_of(st.text(), st.sampled_from([s for s, _ in SECRETS]), st.just("\n"))))
def test_the_number_of_lines_never_changes(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert redact(text).count("\n") == text.count("\n")


@given(st.lists(st.sampled_from([*(s for s, _ in SECRETS), *HARMLESS])))
def test_redacting_twice_changes_nothing_more(lines: list[str]) -> None:
    once = redact("\n".join(lines))
    assert redact(once) == once
