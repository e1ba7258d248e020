"""Tables of the README and docs/ are the code's own; run this file to write them anew."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mcp_server import settings as server
from mcp_server.catalogue import CATALOGUE
from slack_bridge import settings as bridge

ROOT = Path(__file__).parent.parent
README, SETTINGS = ROOT / "README.md", ROOT / "docs" / "settings.md"
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


if __name__ == "__main__":
    for page in (README, SETTINGS):
        page.write_text(written(page.read_text("utf-8")), "utf-8")
