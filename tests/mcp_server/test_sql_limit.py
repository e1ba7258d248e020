"""A statement is bounded wherever it ends."""

import pytest

from mcp_server.aws.redshift_limit import with_limit
from mcp_server.diagnostics.sql_limit import limited


@pytest.mark.parametrize(
    ("sql", "bounded"),
    [
        ("select a from t; -- done", "select a from t\nlimit 51"),
        ("select ';--' as a; /* done */", "select ';--' as a\nlimit 51"),
        ("select a from t -- a; b", "select a from t -- a; b\nlimit 51"),
        ("select a from t limit 3;", "select a from t limit 3"),
        (
            "select a from t limit 900; -- all",
            "select * from (\nselect a from t limit 900\n) as bounded\nlimit 51",
        ),
        ("show tables from schema dev.mart", "show tables from schema dev.mart"),
    ],
)
def test_a_comment_behind_the_end_hides_no_limit(sql: str, bounded: str) -> None:
    assert with_limit(limited(sql, 50), 51) == bounded
