"""Times as people give them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client

from mcp_server.app import REFERENCE_TIME
from mcp_server.errors import BadRequest
from mcp_server.server import build_server
from mcp_server.settings import Settings
from mcp_server.times import iso, parse_time, span
from tests.mcp_server.fakes import StoredLogs, stream, with_logs

NOW = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("now", NOW),
        ("6h", NOW - timedelta(hours=6)),
        ("3d", NOW - timedelta(days=3)),
        ("90 min", NOW - timedelta(minutes=90)),
        ("2h ago", NOW - timedelta(hours=2)),
        ("now-15m", NOW - timedelta(minutes=15)),
        ("2026-11-22T02:00:00Z", NOW.replace(hour=2, minute=0)),
        ("2026-11-22T03:00:00+01:00", NOW.replace(hour=2, minute=0)),
        ("2026-11-22 02:00", NOW.replace(hour=2, minute=0)),
        ("2026-11-22", NOW.replace(hour=0, minute=0)),
        ("1795316640", datetime(2026, 11, 22, 3, 4, tzinfo=UTC)),
        ("1795316640000", datetime(2026, 11, 22, 3, 4, tzinfo=UTC)),
    ],
)
def test_a_time_is_understood(said: str, meant: datetime) -> None:
    assert parse_time(said, NOW) == meant


@pytest.mark.parametrize(
    "said", ["yesterday", "0001-01-01T00:00:00Z", "9999-12-31", "99999w", "999999999999d"]
)
def test_what_is_no_time_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(BadRequest, match=r'"2026-11-21T21:04:00Z".*"6h"'):
        parse_time(said, NOW)


@given(st.text(max_size=30))
def test_any_text_is_a_time_in_utc_or_refused(said: str) -> None:
    try:
        found = parse_time(said, NOW)
    except BadRequest:
        return
    assert found.tzinfo is UTC


@given(st.integers(0, 100 * 365 * 86_400))
def test_a_time_that_was_said_is_read_again(seconds: int) -> None:
    whole = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert parse_time(iso(whole), NOW) == whole


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.3, "0.3 s"),
        (45, "45 s"),
        (125, "2 min"),
        (11_100, "3 h 05 min"),
        (3e5, "3 d 11 h"),
    ],
)
def test_a_span_reads_well(seconds: float | None, said: str) -> None:
    assert span(seconds) == said


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_relative_times_count_from_the_requests_own_reference(mode: str) -> None:
    logs = StoredLogs({"g": {"s": stream("early", "late", step_ms=7_200_000)}})
    server = build_server(with_logs(logs), Settings(), lambda: NOW + timedelta(days=9))
    async with Client(server, mode=mode) as client:
        answer = await client.call_tool(
            "search_logs",
            {"log_group": "g", "since": "1h"},
            meta={REFERENCE_TIME: "2026-11-22T03:30:00Z"},
        )
    assert answer.structured_content is not None
    assert [line["text"] for line in answer.structured_content["lines"]] == ["early"]
    assert answer.structured_content["until"] == "2026-11-22T03:30:00Z"
