"""Pull the things a cause line names: tables, buckets, roles, hosts, codes."""

import re
import tomllib
from functools import cache
from importlib import resources

LONGEST = 120


def entities_of(text: str) -> dict[str, str]:
    """Return what the (redacted) lines name, each kind by the first finder that finds it.

    Kinds and finders stand in entities.toml; a kind that the text does not name is left out.
    """
    found = {}
    for kind, finders in _finders().items():
        said = next((s for finder in finders if (s := _said(finder, text))), "")
        if said and "***" not in said:
            found[kind] = said[:LONGEST]
    return found


def _said(finder: re.Pattern[str], text: str) -> str:
    match = finder.search(text)
    return next((group for group in match.groups() if group), "") if match else ""


@cache
def _finders() -> dict[str, tuple[re.Pattern[str], ...]]:
    shipped = resources.files("mcp_server.diagnostics").joinpath("entities.toml").read_text("utf-8")
    kinds = tomllib.loads(shipped)["find"]
    return {k: tuple(re.compile(f, re.IGNORECASE) for f in found) for k, found in kinds.items()}
