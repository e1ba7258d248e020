"""The words of wording.toml, filled in."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

HOME = Path(__file__).with_name("wording.toml")


@cache
def section(name: str) -> dict[str, Any]:  # Any: TOML values
    """One table of wording.toml."""
    words: dict[str, Any] = _all()[name]
    return words


def say(key: str, **values: object) -> str:
    """The sentence at "table.name" with its {names} filled in."""
    table, _, name = key.partition(".")
    sentence: str = section(table)[name]
    return sentence.format(**values)


def calls(count: int) -> str:
    """The number of tool calls in words."""
    return say("footer.one_call") if count == 1 else say("footer.calls", count=count)


@cache
def _all() -> dict[str, Any]:
    return tomllib.loads(HOME.read_text(encoding="utf-8"))
