"""The filter patterns of search_terms.toml, as CloudWatch Logs takes them."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources


@cache
def strong() -> str:
    """Lines that mostly state a failure."""
    return any_of(_terms()["strong"])


@cache
def broad() -> str:
    """Words that failures and decoys share."""
    return any_of(_terms()["broad"])


@cache
def ends() -> str:
    """How the log of a failed try ends."""
    return any_of(_terms()["ends"])


@cache
def trouble() -> tuple[str, ...]:
    """What other components say of a task that they ended or could not start; lower case."""
    return tuple(term.lower() for term in _terms()["trouble"])


def any_of(terms: Iterable[str]) -> str:
    """A pattern for events with any of the terms."""
    return " ".join(f"?{quoted(term)}" for term in terms)


def all_of(terms: Iterable[str]) -> str:
    """A pattern for events with all of the terms."""
    return " ".join(quoted(term) for term in terms)


def quoted(term: str) -> str:
    """One term, whatever characters are in it."""
    return '"' + term.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _terms() -> dict[str, list[str]]:
    source = resources.files("mcp_server.reading").joinpath("search_terms.toml")
    found: dict[str, list[str]] = tomllib.loads(source.read_text("utf-8"))
    return found
