"""Foreign words made safe and short for a headline."""

# ruff: noqa: E501 - error messages stand whole, as they come

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thread_support import LOAD

from slack_bridge.message.headline import headline, readable
from slack_bridge.message.text import fitted, is_trusted, link, moment, plain, prose


@pytest.mark.parametrize(
    ("cause", "short"),
    [
        (
            "redshift_connector.error.ProgrammingError: {'S': 'ERROR', 'C': '57014', 'M': \"Query (4) "
            "cancelled on user's request\", 'F': '../src/sys/xact.cpp', 'L': '3421'}: it waited",
            "ProgrammingError: Query (4) cancelled on user's request: it waited",
        ),
        (
            "ProgrammingError: {'S': 'ERROR', 'C': 'XX000', 'M': '1023', 'D': 'Serializable isolation "
            "violation on table - 1', 'F': '../src/tr_mgr.cpp'}",
            "ProgrammingError: 1023: Serializable isolation violation on table - 1",
        ),
        (
            "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject "
            "operation: User: arn:aws:sts::123456789012:assumed-role/etl-exec/AmazonMWAA-airflow is not "
            'authorized to perform: s3:PutObject on resource: "arn:aws:s3:::lake/x"',
            "ClientError: PutObject answered AccessDenied: role etl-exec may not s3:PutObject on resource: "
            '"arn:aws:s3:::lake/x"',
        ),
        (
            "InterfaceError: ('communication error', TimeoutError(110, 'Connection timed out')): paused",
            "InterfaceError: Connection timed out: paused",
        ),
        (
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='a.example', port=443): Max "
            "retries exceeded with url: /v1 (Caused by NewConnectionError('<urllib3.HTTPSConnection object "
            "at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))",
            "ConnectionError: a.example port 443: Connection refused",
        ),
        (
            "Detected zombie job: {'full_filepath': '/usr/local/airflow/dags/a.py', 'msg': \"{'DAG Id': "
            "'a', 'Task Id': 'b'}\"}: worker memory reached 99 %",
            "Detected zombie job: worker memory reached 99 %",
        ),
        (
            "Marking task instance <TaskInstance: a.b run [queued]> stuck in queued as failed",
            "Marking task instance stuck in queued as failed",
        ),
        ("KeyError: 'order_id'", "KeyError: 'order_id'"),
    ],
)
def test_a_headline_says_the_cause_without_its_wrapping(cause: str, short: str) -> None:
    assert readable(cause) == short


def test_a_long_cause_line_gives_way_to_its_explanation() -> None:
    line = "ERROR: " + " ".join(f"word{n}" for n in range(30))
    cause = f"{line}: user l.brandt held the lock since 01:47"
    said = headline(LOAD.model_copy(update={"cause": cause, "cause_line": line}), "", "headline")

    assert "user `l.brandt` held the lock since 01:47" in said
    assert len(said.split()) < 30


def test_a_cause_line_that_is_only_a_dictionary_leaves_its_explanation() -> None:
    line = "{'containers': [{'name': 'render', 'exitCode': 1, 'reason': ''}], 'taskArn': 'arn:aws:ecs'}"
    told = LOAD.model_copy(
        update={"cause_line": line, "cause": f"{line}: the log of job 7 says: boom"}
    )
    assert "failed because the log of job 7 says: boom" in headline(told, "", "headline")


def test_what_stands_in_brackets_stays_one_piece_of_code() -> None:
    said = prose(
        "it raised Refused(111, 'no answer from it', x.py) at once (as ever) in stg.orders"
    )
    assert said == (
        "it raised `Refused(111, 'no answer from it', x.py)` at once (as ever) in `stg.orders`"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('relation "stg.orders" does not exist', 'relation `"stg.orders"` does not exist'),
        ("<!channel> @here :fire: evil.com *x*", "`&lt;!channel&gt; @here :fire`: `evil.com *x*`"),
        ("No: `finance_close` needs it at 05:00 UTC", "No: `finance_close` needs it at 05:00 UTC"),
        ("gone (region eu-west-1).", "gone (region `eu-west-1`)."),
        ("gone (eu-west-1, a.b) and f(x.y)", "gone `(eu-west-1, a.b)` and `f(x.y)`"),
        ("a & b < c", "a `&amp;` b `&lt;` c"),
        ("it\u202e is\u200b hidden\x1b[0m", "it is hidden"),
        ("token=abcdef123456 leaked", "`token=***` leaked"),
    ],
)
def test_technical_words_stand_in_code_and_plain_words_stay(text: str, shown: str) -> None:
    assert prose(text) == shown


@given(st.text(max_size=300), st.integers(10, 120))
def test_prose_never_grows_over_its_bound(text: str, most: int) -> None:
    assert len(prose(text, most)) <= most
    assert len(fitted(lambda part: part * 3, plain(text), most)) <= most


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        (
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:x",
            True,
        ),
        ("https://console.aws.amazon.com/x", True),
        ("https://5d2e8f10-de-prod.c9.eu-west-1.airflow.amazonaws.com/dags/a/grid", True),
        ("https://abc.c2.airflow.eu-west-1.on.aws/dags/a", True),
        ("https://acme.slack.com/archives/C1/p1", True),
        ("https://acme.slack.com/redir?url=https://evil.example", False),
        ("https://console.aws.amazon.com.evil.example/", False),
        ("https://console.aws.amazon.com@evil.example/", False),
        ("https://evilconsole.aws.amazon.com/", False),
        ("https://evil.example/?console.aws.amazon.com", False),
        ("http://console.aws.amazon.com/x", False),
        ("https://console.aws.amazon.com/\\@evil.example", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_links_lead_only_where_code_builds_them(url: str, trusted: bool) -> None:
    assert is_trusted(url) is trusted
    assert (f"<{url}|" in link(url, "here")) is trusted


@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        (
            "2026-11-22T03:04:00Z",
            "<!date^1795316640^{date_short_pretty} {time}|2026-11-22 03:04 UTC>",
        ),
        (
            "2026-11-22T04:04:00+01:00",
            "<!date^1795316640^{date_short_pretty} {time}|2026-11-22 03:04 UTC>",
        ),
        (
            "2026-11-22T03:04:00",
            "<!date^1795316640^{date_short_pretty} {time}|2026-11-22 03:04 UTC>",
        ),
        ("soon", "`soon`"),
    ],
)
def test_times_are_in_the_readers_zone_with_utc_beside(iso: str, shown: str) -> None:
    assert moment(iso) == shown


def test_a_line_that_ends_with_a_full_stop_gives_way_to_its_explanation_too() -> None:
    line = "AirflowSensorTimeout: Sensor has timed out; run duration of 3600.5 seconds exceeds it."
    why = "dag stage has no run of 2026-11-24 18:44Z"
    cause = f"{line.rstrip('.')}: {why}"
    said = headline(LOAD.model_copy(update={"cause": cause, "cause_line": line}), "", "headline")
    assert "has no run of 2026-11-24" in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Run it: `dbt build --select om`.", "Run it: `dbt build --select om`."),
        ("Run it (`dbt build`) now.", "Run it (`dbt build`) now."),
        ("Ask `m.ito`, then l.brandt: `a b`!", "Ask `m.ito`, then `l.brandt`: `a b`!"),
        ("see `a`.b and x`y`z", "see `a.b` and xyz"),
        ("`a``b` ` @here", "ab `@here`"),
        ("`<!channel>` *x*", "`&lt;!channel&gt;` `*x*`"),
    ],
)
def test_a_command_in_code_stays_one_span(text: str, shown: str) -> None:
    assert prose(text) == shown
