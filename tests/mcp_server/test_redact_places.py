"""Secrets in the places where logs of data platforms hold them; harmless neighbours stay."""

import pytest

from mcp_server.diagnostics.redact import redact

HEX = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d"
RANDOM = "q7Rm2XvT9bLk4WcZ8pNs"

# What stands between the guillemets is the secret; all else must stay as it is.
PLACES = [
    # Statements.
    "create user 'svc' identified with mysql_native_password by '«Zon3bloem»'",
    "alter user x identified by «Zon3bloem»;",
    # Command lines.
    "airflow connections add dw --conn-login etl --conn-password «vogel-huis» --conn-host dw.x",
    "aws redshift create-cluster --master-user-password «vogel_huis» --node-type ra3.xlplus",
    "snowsql -a ab1 -u ETL -p «vogelhuis»",
    "wget --http-password «vogelhuis» https://files.example/a.zip",
    "redis-cli -h cache -a «vogelhuis» ping",
    "ldapsearch -x -D cn=etl -w «vogelhuis» -b dc=x",
    "openssl rsa -in k.pem -passin pass:«vogelhuis»",
    "echo '«vogelhuis»' | docker login -u etl --password-stdin registry.example",
    "['vault', 'kv', '--token', '«vogelhuis»']",
    # Headers, also inside a repr and percent-encoded.
    r"send: b'GET / HTTP/1.1\r\nCookie: «session=vogel; b=huis»\r\n\r\n'",
    f"extra=%7B%22Authorization%22%3A+%22Bearer+«{RANDOM}»%22%7D",
    f"Authorization: Custom «{RANDOM}»",
    # Name and value apart.
    "[('user', 'etl'), ('password', '«vogelhuis»'), ('host', 'dw')]",
    '{"redshift_password": {"sensitive": true, "type": "string", "value": "«vogelhuis»"}}',
    '{"api_key": {"S": "«vogelhuis»"}}',
    "<name>fs.s3a.secret.key</name><value>«vogelhuis»</value>",
    "spark.hadoop.fs.azure.account.key.acme.dfs.core.windows.net   «Vog3lhuis/+ab»",
    "dw.example.com:5439:dev:etl:«vogelhuis»",
    "machine api.example login etl password «vogelhuis»",
    "server.login('mailer', '«vogelhuis»')",
    "requests.get(url, auth=('etl', '«vogelhuis»'))",
    '"client_secrets": ["«vogelhuis»", "«huisvogel»"]',
    # Keys that are secret when the value is random.
    f"routing_key: «{HEX}»",
    f"GET https://api.weather.example/v1?q=x&appid=«{HEX}»",
    '{"auths": {"registry.example": {"auth": "«ZXRsOnZvZ2VsaHVpcw==»"}}}',
    '{"otp": "«482913»"}',
    # Spelling of keys.
    "DB_PASSWORD_PROD=«vogelhuis»",
    "dbPass=«vogelhuis»",
    "bindpw=«vogelhuis»",
    '  + master_password                      = "«vogelhuis»"',
    "admin_token=«vogelhuis»",
    "redis_password: «vogelhuis»",
    # Values that hold delimiters.
    "PWD={«vogel;hu}}is»};PORT=5439",
    r"{\"password\": \"«vogel\\\"huis»\"}",
    "export DW_PASSWORD=«vogel,hu;is»",
    "password=«$ecret1»",
    # A known token behind an escape, a colour, a percent code.
    rf"line\n«glpat-{RANDOM}»",
    f"\x1b[36m«glpat-{RANDOM}»",
    f"next%3D«glpat-{RANDOM}»",
    # Vendors.
    f"at «figd_{RANDOM}{RANDOM}»",
    f"at «hf_{RANDOM}{RANDOM}»",
    f"at «key-{HEX}»",
    f"at «{HEX}-us14»",
    f"at «ntn_{RANDOM}{RANDOM}»",
    "at «eu01xx9b1deb4d3b7d4bad9bdd2b0d7b3dNRAL»",
    f"https://hooks.zapier.com/hooks/catch/«123456/{RANDOM}»",
    f"https://events.pagerduty.com/integration/«{HEX}/enqueue»",
    "to=«jan.vogel%40example.org»&x=1",
    "the password «vOgel7huis» was rejected",
    # The host of an address stays.
    "unable to access 'https://x-access-token:«vogelhuis»@github.com/acme/dags.git/': 403",
]
STAYS = [
    "self.token = token",
    "        client = Client(api_key=api_key, token=load_token(name))",
    "secret: !Ref DbSecret",
    "Access denied for user 'etl'@'10.0.0.1' (using password: YES)",
    "has_password: no",
    "token: 12",
    "x-amz-id-2: eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran",
    "password:  12 bytes",
    "CustomerOrderFacts20261122",
    "LoadOrders2026FactTable12Partition",
    "('password', 'token')",
    "npm_config_cache_lock_retries_count",
    "hf_daily_orders_snapshot_by_region_and_day",
    "routing_key: orders.created.eu",
    "partition_routing_key=orders",
    "auth: required",
    "pin=12 map_index=3",
    "the password policy2 is strong",
    "password base64 decoding failed",
    "identified by is not supported",
    "worker@1.service: Main process exited",
    "psql -h dw -p 5439 -U etl; docker run -p 8080:8080 x",
    "docker build --secret id=npmrc,src=.npmrc .",
    "loader.py:5439:load:orders:started",
    "url=https://logs.example/integrations/airflow/overview",
    '{"token": {"type": "string", "description": "value of it"}}',
]


@pytest.mark.parametrize("text", PLACES)
def test_a_secret_is_hidden_where_it_stands_and_all_else_stays(text: str) -> None:
    parts = text.replace("»", "«").split("«")
    assert redact("".join(parts)) == "".join(
        "***" if at % 2 else part for at, part in enumerate(parts)
    )


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", PLACES)
def test_a_hidden_secret_is_not_hidden_again(text: str) -> None:
    once = redact(text.replace("«", "").replace("»", ""))
    assert redact(once) == once


def test_a_private_key_over_lines_of_a_log_keeps_their_times() -> None:
    stamp = "[2026-11-22T03:04:00.001+0000] {subprocess.py:106} INFO - "
    lines = ["-----BEGIN PRIVATE KEY-----", RANDOM * 3, "ab3=", "-----END PRIVATE KEY-----"]
    assert redact("\n".join(stamp + line for line in lines)).split("\n") == [
        stamp + line for line in (lines[0], "***", "***", lines[3])
    ]


def test_all_that_a_kubernetes_secret_holds_is_hidden() -> None:
    told = "apiVersion: v1\ndata:\n  dsn: cG9zdGdyZXM6Ly94\n  user: ZXRs\nkind: Secret\n"
    assert redact(told) == "apiVersion: v1\ndata:\n  dsn: ***\n  user: ***\nkind: Secret\n"


def test_a_config_map_stays() -> None:
    told = "apiVersion: v1\ndata:\n  region: eu\nkind: ConfigMap\n"
    assert redact(told) == told


def test_a_very_long_word_stays_whole_or_is_hidden_whole() -> None:
    blob = "Ab1+" * 5_000
    assert redact(f"body {blob} end") == f"body {blob} end"
    assert redact(f"password={blob} end") == "password=*** end"


@pytest.mark.parametrize(
    "text",
    [
        "odbc_connect=UID%3Dsa%3BPWD%3D«vogelhuis»%3BEncrypt%3Dyes",
        f"poetry config http-basic.nexus ci «{RANDOM}»",
        "isql DW etl «vogelhuis»",
        "echo «vogelhuis» | sudo -S systemctl restart x",
        "exec sp_addlogin 'etl', '«vogelhuis»'",
        "set password for 'etl'@'%' = PASSWORD('«vogelhuis»')",
        "create login etl with password = N'«vogelhuis»'",
        "ssh-keygen -t rsa -N '«vogelhuis»' -f key",
        "Password for etl: «vogelhuis»",
        "- password:: «vogelhuis»",
        f"secret_key_base: «{HEX}{HEX}»",
        f"X-Slack-Signature: «v0={HEX}{HEX}»",
        f"client-key-data: «{RANDOM}{RANDOM}{RANDOM}»",
        f"extra__snowflake__private_key_content: «{RANDOM}»",
        "password=«x<y>z77»",
        "password=«{x}77»",
        "pwd=«vogelhuis»|user=etl",
        f"https://«{HEX}»:«x»@sentry.example/3",
    ],
)
def test_places_that_a_second_look_found(text: str) -> None:
    parts = text.replace("»", "«").split("«")
    want = "".join("***" if at % 2 else part for at, part in enumerate(parts))
    assert redact("".join(parts)) == want == redact(want)


@pytest.mark.parametrize(
    "text",
    [
        '    password: str = Field(..., description="the password")',
        "Using --password via the command line is insecure; use --password-stdin.",
        "usage: load.py [-h] --password PASSWORD --token TOKEN",
        "existingSecret: airflow-metadata-secret",
        "IBAN DE89 3704 0044 0532 0130 00",
        "  password = random_password.db.result",
        "  password = (sensitive value)",
        'state: {"secret": {}, "token": []}',
    ],
)
def test_neighbours_that_a_second_look_found_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<db_password>«vogelhuis»</db_password>",
        "<api_key>«vogelhuis»</api_key>",
        "--encryption-key «vogelhuis» --next",
        "--APP_KEY=«vogelhuis»",
        r"read\n«BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=»\n",
        "\x1b[32m«4111111111111111»\x1b[0m",
        r"paid with\t«4111111111111111»",
        "[('db_password', '«vogel.huis.value»')]",
    ],
)
def test_places_that_a_grid_of_kinds_and_contexts_found(text: str) -> None:
    parts = text.replace("»", "«").split("«")
    want = "".join("***" if at % 2 else part for at, part in enumerate(parts))
    assert redact("".join(parts)) == want == redact(want)


@pytest.mark.parametrize(
    "text",
    ["--api-key TEXT  --secret TEXT  Help", "--private-key ~/.ssh/id_rsa", "<secret>true</secret>"],
)
def test_options_and_elements_without_a_secret_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "MICROSECONDS = 1_000_000; MIGRATIONSTATUS done",
        "token = page.next_token",
        "client = Client(api_key=API_KEY, app_token=settings.app_token, secret=key)",
        'post(url, data={"token": said["WebToken"]})',
        "        aws_secret_access_key=said['AWS_SECRET_ACCESS_KEY'],",
        "def sign(body: bytes, secret: str = SECRET) -> str:",
        "SLACK_APP_TOKEN: Slack is out of reach",
        "a good token -> 200.",
        '"headers": {"Authorization": "Bearer ${API_TOKEN}"}',
        "POST the form `token=` to the login page",
        "export API_TOKEN=... STAGE=prod",
        'f"password={SECRET}" is built',
        "the `Authorization: Bearer` header, `/api`",
        'create_engine(f"mysql+pymysql://{user}:{password}@{host}:{port}/{db}")',
    ],
)
def test_code_and_prose_of_real_logs_stay(text: str) -> None:
    assert redact(text) == text
