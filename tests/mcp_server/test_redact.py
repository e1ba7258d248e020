"""Secrets vanish, line for line, and nothing else does."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.diagnostics.redact import redact
from mcp_server.diagnostics.redact_words import names_secret

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
    # Found by attack: quoting, spelling and places that values hide in.
    ('{"password": "q\\"uo-te-dPW"}', "te-dPW"),
    ("{'password': 'O\\'Brien55x'}", "Brien55x"),
    ("dsn: password='it''s s3cret x' dbname=d", "s3cret"),
    ('{"password": "cut off in the midd', "cut off"),
    ("mysql://root:a/b#c@host/db", "a/b#c"),
    ("postgres://u:pa:ss/wo@rd@h:5432/db", "wo@rd"),
    ("jdbc:oracle:thin:scott/t1gerPW@db:1521/x", "t1gerPW"),
    ("jdbc:sqlserver://h;user=sa;password={Sq;lP4ss};encrypt=true", "lP4ss"),
    ("export DB_PASS=dbPassw0rd7", "dbPassw0rd7"),
    ("db_pw=pwV4lue12", "pwV4lue12"),
    ("secret key: wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "wJalr"),
    ("('AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXA3PL3KEY')", "wJalr"),
    ("Authorization: Token 9944b09199c62bcf9418", "9944b0919"),
    ("Authorization: ApiKey VnVhQ2ZHY0JDZGJr", "VnVhQ2"),
    ('Authorization: Digest username="u", response="6629fae49393a05397450978507c4ef1"', "6629fae"),
    (
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/x, "
        "SignedHeaders=host, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc9631766",
        "fe5f80f77",
    ),
    ("token: glpat-xxxxABCDEF1234567890.01.a1b2c3d4e", "a1b2c3d4e"),
    ("refresh 1//0gXHnssebfXwNL3W8TAt97ar7TpecWfQ99t5", "gXHnsse"),
    ("twilio auth token 39bd4eb2f06e1123a4ba88f438808c57", "39bd4eb2"),
    ("dd_application_key=e9e8958efc346e3e74752e8e5f398b13", "e9e8958"),
    (
        "ver:1-hint:12345-ETMsDgAAA0vY24cD9Lnj9CkOmkP0wPSfNpkkf+8B4Mt2J5jFLlMjWL0muS2lRATn7",
        "ETMsDg",
    ),
    ("fernet key BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=", "BwgJCg"),
    ("JSESSIONID=FFAA0000A1B2C3", "FFAA0000"),
    ("<mailto:joe.doe@corp.example|joe.doe@corp.example>", "joe.doe"),
    ("owner a.person@corp.example: failed", "a.person"),
    ("/Users/a.person@corp.example/notebook", "a.person"),
    ("card 3782 822463 10005", "822463"),
    ("6011111111111117", "60111111"),
    ("2223003122003222", "22230031"),
    ("COPY t FROM 's3://b' SESSION_TOKEN 'abcd1234EFGHtok'", "abcd1234"),
    ("dckr_pat_uu8lcB5PByahq1HTzVfZgautJDi", "uu8lcB5"),
    ("sshpass -p sshP4ss ssh h", "sshP4ss"),
    ("docker login -u x -p dockP4ss", "dockP4ss"),
    ("<password>xmlPassw0rd</password>", "xmlPassw0rd"),
    ('<add key="Password" value="xmlVal77"/>', "xmlVal77"),
    ('{"name": "DB_PASSWORD", "value": "k8sEnvPw1"}', "k8sEnvPw1"),
    ("- name: DB_PASSWORD\n  value: k8sEnvPw2", "k8sEnvPw2"),
    ("password: |-\n  yamlBlockPw\nnext: 1", "yamlBlockPw"),
    ("password is hunter2xyz", "hunter2xyz"),
    ("password%3DurlencPw1", "urlencPw1"),
    ("password&quot;:&quot;htmlPw12&quot;", "htmlPw12"),
    ("\x1b[36mpassword\x1b[0m=\x1b[35mansiPw124\x1b[0m", "ansiPw124"),
    ("fs.azure.account.key.acct.dfs.core.windows.net=azKeySec1==", "azKeySec1"),
    ("spark.hadoop.fs.s3a.secret.key=sparkSec1", "sparkSec1"),
    (
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF2\n-----END PGP PRIVATE KEY BLOCK-----",
        "lQOY",
    ),
    ("MIIEowIBAAKCAQEAx7Vn3bQ9kLmPzR2sT8uWvYcEdFgHiJkLaNbOpQqRsTuVwXyZ", "MIIEow"),
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
    # Found by attack: what once was taken for a secret.
    "token: expected ')' but got 'x'",
    "syntax error: unexpected token: SELECT",
    "token=self._token",
    "password=os.environ['PW']",
    'secret=Variable.get("x")',
    "def connect(password: str, token: Optional[str] = None):",
    "https://h/path?key=orders/2026",
    "docker run -u 1000:1000 etl",
    "basic authentication is disabled",
    'Bearer error="invalid_token"',
    "PWD=/usr/local/airflow",
    "secretId=airflow/connections/dw",
    "sk-learn-something-very-long-name",
    "Done. PASS=10 WARN=0 ERROR=1 SKIP=0 TOTAL=11",
    "CodeSha256: BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=",
    "git@github.com:org/repo.git",
    "encryption key: arn:aws:kms:eu-west-1:111122223333:key/550e8400",
    "abfss://container-name-2026@account.dfs.core.windows.net/x",
    "dw-prod.abc123xyz.eu-west-1.redshift.amazonaws.com:5439",
    "x-amz-id-2: Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPcfTWAtRPfTaOFg==",
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
    assert len(redact(text).splitlines()) == len(text.splitlines())


@given(st.lists(st.sampled_from([*(s for s, _ in SECRETS), *HARMLESS])))
def test_redacting_twice_changes_nothing_more(lines: list[str]) -> None:
    once = redact("\n".join(lines))
    assert redact(once) == once


def test_the_command_keeps_every_byte_that_is_no_secret() -> None:
    data = b"\xff\xfe latin \xe9\n\x00nul\x00\npassword=hunter2\r\nlast \x80" + b"a" * 1_000_000
    done = subprocess.run(
        [sys.executable, "-m", "mcp_server", "redact"], input=data, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == data.replace(b"hunter2", b"***")


@pytest.mark.parametrize("line", ["MIIEvQIBADANBgkqhki", "q8Zt3VnB+kLm/PzR2sT8uWvYcEdFgH1k=="])
def test_a_line_of_a_private_key_is_hidden_without_its_head(line: str) -> None:
    assert redact(line) == "***"


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        *((n, True) for n in ("password", "DB_PASSWORD", "api_key", "client_secret", "dw.token")),
        *((n, False) for n in ("secret_arn", "total_tokens", "password_expiration", "sort_key")),
    ],
)
def test_a_fields_name_says_whether_its_value_is_secret(name: str, is_secret: bool) -> None:
    assert names_secret(name) is is_secret
