"""What stays of a cause line on another night, and what makes it another cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.diagnostics.pattern import LONGEST, pattern_of

SAME = [
    (
        "Exiting Job jr_0a1b2c3d4e Run State: FAILED",
        "Exiting Job jr_ffee00112233 Run State: FAILED",
    ),
    ("Pod dbt-core-8s7d2kx1 returned a failure", "Pod dbt-core-p0q9z3aa returned a failure"),
    ("Pod etl-7d9f8c6b5-x2k4l was evicted", "Pod etl-66bcdef012-qqwrt was evicted"),
    (
        "run scheduled__2026-03-12T02:00:00+00:00 of orders failed",
        "run manual__2026-03-13T09:11:12.123456+00:00 of orders failed",
    ),
    (
        'invalid input syntax for type integer: "n/a"',
        'invalid input syntax for type integer: "-"',
    ),
    ("Numeric value 'abc' is not recognized", "Numeric value 'x, y' is not recognized"),
    ("Duplicate entry 'a@b' for key 'orders.pk'", "Duplicate entry 'c' for key 'orders.pk'"),
    ("Key (email)=(x) already exists.", "Key (email)=(someone else) already exists."),
    ("Query (9912811) cancelled by WLM", "Query (48213377) cancelled by WLM"),
    ("Table events_20260311 was not found", "Table events_20260312 was not found"),
    ("no route to ip-10-0-3-17.ec2.internal", "no route to ip-10-1-44-9.ec2.internal"),
    ("read /tmp/airflowtmpab12/x.csv failed", "read /tmp/airflowtmpzz9/x.csv failed"),
    ("object at 0x7f12ab99 is not callable", "object at 0x7fee0011 is not callable"),
    ("Rid 5W3XKQ0A1B2C, CanRetry 1", "Rid 0ZZ9AA8BB7CC, CanRetry 1"),
    (
        "query_execution_id is 11112222-aaaa-bbbb-cccc-333344445555",
        "query_execution_id is 99992222-aaaa-bbbb-cccc-333344440000",
    ),
    ("started 12 Mar 2026, timed out", "started 3 Nov 2026, timed out"),
]
OTHER = [
    ('relation "stage.t1" does not exist', 'relation "stage.t2" does not exist'),
    ('column "region" does not exist', 'column "country" does not exist'),
    ("The conn_id `a` isn't defined", "The conn_id `b` isn't defined"),
    ("No module named 'polars'", "No module named 'duckdb'"),
    ("KeyError: 'price'", "KeyError: 'qty'"),
    ("Could not resolve host: a.acme.io", "Could not resolve host: b.acme.io"),
    (
        "not authorized to perform: glue:StartJobRun",
        "not authorized to perform: glue:GetJobRun",
    ),
]


@pytest.mark.parametrize(("one", "two"), SAME)
def test_the_same_failure_of_another_night_keeps_its_pattern(one: str, two: str) -> None:
    assert pattern_of(one) == pattern_of(two)


@pytest.mark.parametrize(("one", "two"), OTHER)
def test_another_failure_has_another_pattern(one: str, two: str) -> None:
    assert pattern_of(one) != pattern_of(two)


@pytest.mark.parametrize("line", [line for pair in SAME + OTHER for line in pair])
def test_a_pattern_is_its_own_pattern(line: str) -> None:
    assert pattern_of(pattern_of(line)) == pattern_of(line)


@given(st.text(max_size=2000))
def test_any_line_has_a_short_pattern(line: str) -> None:
    assert len(pattern_of(line)) <= LONGEST


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_counts_and_ids_do_not_make_another_pattern(one: int, two: int) -> None:
    said = "batch {} of 12: lost connection to node {}, query {}"
    assert pattern_of(said.format(one, two, one)) == pattern_of(said.format(two, one, two))
