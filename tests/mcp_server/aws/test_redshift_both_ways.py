"""The Redshift tools over the wire and over the Data API."""

from pathlib import Path

import pytest
from mcp import Client
from reached_redshift import NOW, ReachedRedshift

from mcp_server.backends import Backends
from mcp_server.server import build_server
from mcp_server.settings import Settings

pytestmark = pytest.mark.anyio
WAYS = ["connector", "data-api"]
NIGHT = (Path(__file__).parents[1] / "redshift" / "night.sql").read_text()
QUESTIONS: list[tuple[str, dict[str, object]]] = [
    ("find_redshift_queries", {"since": "4h"}),
    ("get_redshift_query", {"query_id": 1103}),
    ("check_redshift", {"since": "2h"}),
    ("audit_redshift", {"since": "12h"}),
    ("describe_redshift_table", {"table": "mart.orders"}),
    (
        "query_redshift",
        {"sql": "select query_id, end_time, elapsed_time * 1.5 x from sys_query_history"},
    ),
]


async def test_the_tools_say_the_same_over_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = ReachedRedshift(NIGHT)
    monkeypatch.setenv("AWS_ENDPOINT_URL", reached.aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    settings = Settings.from_environment({"REDSHIFT_CLUSTER_ID": "lab", "REDSHIFT_DATABASE": "dev"})
    said: dict[str, list[str]] = {}
    try:
        for way in WAYS:
            server = build_server(Backends(redshift=reached.redshift(way)), settings, lambda: NOW)
            async with Client(server) as client:
                answers = [await client.call_tool(name, asked) for name, asked in QUESTIONS]
            said[way] = [str(getattr(answer.content[0], "text", "")) for answer in answers]
    finally:
        reached.close()
    assert said["connector"] == said["data-api"]
