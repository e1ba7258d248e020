"""What two alerts of one cause have in common: the cause's line without what is an alert's own."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Rule:
    """In these categories (by their beginning) what fits `pattern` becomes `by`."""

    categories: tuple[str, ...]
    pattern: re.Pattern[str]
    by: str


def shared_pattern(category: str, pattern: str) -> str:
    """The same for all alerts of one cause; `pattern` is the cause line's own pattern."""
    for rule in _rules():
        if category.startswith(rule.categories):
            pattern = rule.pattern.sub(rule.by, pattern)
    return pattern


@cache
def _rules() -> Sequence[Rule]:
    said = tomllib.loads(Path(__file__).with_name("sharing.toml").read_text("utf-8"))
    return [
        Rule(tuple(row["categories"]), re.compile(row["pattern"]), row["by"])
        for row in said["rule"]
    ]
