"""The README's tool table is the catalogue's; `python tests/test_readme.py` writes it anew."""

import ast
import re
from pathlib import Path

from mcp_server.catalogue import CATALOGUE

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- tools: [^\n]* -->\n).*?(<!-- /tools -->)", re.DOTALL)


def sentence(name: str) -> str:
    """A tool's first sentence, read from its file."""
    tree = ast.parse((ROOT / "mcp_server" / "tools" / f"{name}.py").read_text("utf-8"))
    [function] = [
        n
        for n in tree.body
        if isinstance(n, ast.AsyncFunctionDef | ast.FunctionDef) and n.name == name
    ]
    return (ast.get_docstring(function) or "").split("\n")[0]


def table() -> str:
    rows = [f"| `{entry.name}` | {sentence(entry.name)} |" for entry in CATALOGUE]
    return "\n".join(["| tool | what it answers |", "|---|---|", *rows, ""])


def written(text: str) -> str:
    return TABLE.sub(lambda found: found[1] + table() + found[2], text)


def test_the_readme_lists_the_tools_that_there_are() -> None:
    text = README.read_text("utf-8")
    assert TABLE.search(text)
    assert text == written(text), "run: python tests/test_readme.py"


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
