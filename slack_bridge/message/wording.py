"""The words of wording.toml, filled in."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from slack_bridge.message.text import plain

HOME = Path(__file__).with_name("wording.toml")


@cache
def section(name: str) -> dict[str, Any]:  # Any: TOML values
    """One table of wording.toml."""
    words: dict[str, Any] = _all()[name]
    return words


def tables(name: str) -> list[dict[str, Any]]:  # Any: TOML values
    """The array of tables of this name."""
    found: list[dict[str, Any]] = _all()[name]
    return found


def say(key: str, **values: object) -> str:
    """The sentence at "table.name" with its {names} filled in."""
    table, _, name = key.partition(".")
    sentence: str = section(table)[name]
    return sentence.format(**values)


def told(table: str, tool: str, arguments: Mapping[str, object]) -> str:
    """The first wording for a tool (else for "other") whose {names} the call has."""
    known = section(table)
    given = {name: plain(str(said), 80) for name, said in arguments.items() if _is_said(said)}
    for wording in [*known.get(tool, ()), *known["other"]]:
        if {name for _, name, _, _ in Formatter().parse(wording) if name} <= given.keys():
            return str(wording.format(**given))
    return str(known["other"][-1])


def _is_said(said: object) -> bool:
    return said not in ("", 0, -1, None)


def calls(count: int) -> str:
    """The number of tool calls in words."""
    return say("footer.one_call") if count == 1 else say("footer.calls", count=count)


@cache
def _all() -> dict[str, Any]:
    return tomllib.loads(HOME.read_text(encoding="utf-8"))
