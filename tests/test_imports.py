"""Who may import what: each third-party SDK has its homes; the bridge meets the server once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Package -> the modules (or folders) of the product that may import it.
HOMES = {
    "boto3": ("mcp_server/aws/", "slack_bridge/aws.py", "slack_bridge/store/aws_table.py"),
    "botocore": ("mcp_server/aws/", "slack_bridge/aws.py", "slack_bridge/store/aws_table.py"),
    "redshift_connector": ("mcp_server/aws/redshift_wire.py",),
    "httpx2": ("mcp_server/aws/mwaa_session.py",),
    "google": ("slack_bridge/gemini.py",),
    "slack_sdk": (
        "slack_bridge/thread.py",
        "slack_bridge/socket_mode.py",
        "slack_bridge/receiver.py",
    ),
    "sqlglot": ("mcp_server/diagnostics/", "mcp_server/redshift/"),
}
# Of the server the bridge sees its nouns, its redactor and (for its own shell) the manners of a
# command line, all without an SDK; the composition root builds the server.
SEEN_BY_THE_BRIDGE = ("mcp_server.domain", "mcp_server.diagnostics.redact")
COMPOSITION_ROOT = "slack_bridge/worker.py"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def files(*packages: str) -> Iterator[tuple[str, Path]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path


@pytest.mark.parametrize("package", HOMES)
def test_a_third_party_sdk_is_imported_only_in_its_homes(package: str) -> None:
    guilty = [
        name
        for name, path in files("mcp_server", "slack_bridge")
        if any(module.split(".")[0] == package for module in imported(path))
        and not name.startswith(HOMES[package])
    ]
    assert guilty == []


def test_the_bridge_reaches_the_server_only_where_it_is_put_together() -> None:
    guilty = {
        (name, module)
        for name, path in files("slack_bridge")
        for module in imported(path)
        if module.split(".")[0] == "mcp_server"
        and not module.startswith(SEEN_BY_THE_BRIDGE)
        and name != COMPOSITION_ROOT
    }
    assert guilty == set()
