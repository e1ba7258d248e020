"""Tables of the README and docs/ are the code's own; run this file to write them anew."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mcp_server import settings as server
from mcp_server.__main__ import LINE as SERVER_LINE
from mcp_server.catalogue import CATALOGUE
from sandbox.__main__ import LINE as SANDBOX_LINE
from slack_bridge import settings as bridge
from slack_bridge.__main__ import LINE as BRIDGE_LINE

ROOT = Path(__file__).parent.parent
README, SETTINGS = ROOT / "README.md", ROOT / "docs" / "settings.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PATH = re.compile(r"`((?:mcp_server|slack_bridge|sandbox|tests|docs)/[\w./*-]*)`")
COMMAND = re.compile(r"(de-agent-mcp|de-agent-slack|python -m sandbox) ([a-z][a-z-]*)")
LINES = (SERVER_LINE, BRIDGE_LINE, SANDBOX_LINE)
TABLE = re.compile(r"(<!-- (\w+): [^\n]* -->\n).*?(<!-- /\2 -->)", re.DOTALL)


def sentence(name: str) -> str:
    """A tool's first sentence, read from its file."""
    tree = ast.parse((ROOT / "mcp_server" / "tools" / f"{name}.py").read_text("utf-8"))
    [function] = [
        node
        for node in tree.body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name == name
    ]
    return (ast.get_docstring(function) or "").split("\n")[0]


def tools() -> list[str]:
    rows = [f"| `{entry.name}` | {sentence(entry.name)} |" for entry in CATALOGUE]
    return ["| tool | what it answers |", "|---|---|", *rows]


def variables(described: list[tuple[str, str, str]]) -> list[str]:
    rows = [f"| `{name}` | {meaning} | {default} |" for name, meaning, default in described]
    return ["| variable | meaning | when unset |", "|---|---|---|", *rows]


TABLES: dict[str, Callable[[], list[str]]] = {
    "tools": tools,
    "server": lambda: variables(server.described()),
    "bridge": lambda: variables(bridge.described()),
}


def written(text: str) -> str:
    return TABLE.sub(lambda found: found[1] + "\n".join([*TABLES[found[2]](), ""]) + found[3], text)


@pytest.mark.parametrize("page", [README, SETTINGS], ids=lambda page: page.name)
def test_a_page_lists_what_there_is(page: Path) -> None:
    text = page.read_text("utf-8")
    assert TABLE.search(text)
    assert text == written(text), "run: python tests/test_documents.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    named = set(PATH.findall(page.read_text("utf-8")))
    assert [path for path in sorted(named) if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    known = {line.prog: line.commands for line in LINES}
    said = COMMAND.findall(page.read_text("utf-8"))
    assert [(prog, name) for prog, name in said if name not in known[prog]] == []


if __name__ == "__main__":
    for page in (README, SETTINGS):
        page.write_text(written(page.read_text("utf-8")), "utf-8")
