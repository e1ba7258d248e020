"""A rule: which lines it looks at, what it finds there, what it puts in place of it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from mcp_server.diagnostics.redact_tokens import BEGIN, MASK
from mcp_server.diagnostics.redact_words import is_no_value

Replace = Callable[[re.Match[str]], str]


def whole(match: re.Match[str]) -> str:
    """All of the match hidden."""
    return MASK


def keep_key(match: re.Match[str]) -> str:
    """The group `key` stays; the rest is hidden."""
    return f"{match['key']}{MASK}"


def unless_named(match: re.Match[str]) -> str:
    """The same, unless the value only names one: `{password}`, `${TOKEN}`, `***`."""
    return match[0] if is_no_value(match["value"].strip("\"'")) else keep_key(match)


@dataclass(frozen=True)
class Rule:
    """`hints` are lower case; without any the pattern itself says where it may hit.

    `^^` in the source stands for the begin of a word, also behind an escape, a colour or a `%22`.
    """

    hints: tuple[str, ...]
    source: str
    replace: Replace

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when it is first needed: most are not in most processes."""
        return re.compile(self.source.replace("^^", BEGIN))

    @property
    def reads_lower_case(self) -> bool:
        """Whether the hints stand in the text in lower case."""
        return True

    def places(self, text: str) -> Iterator[int]:
        """Where in a text this rule hits."""
        return (found.start() for found in self.pattern.finditer(text))

    def apply(self, line: str) -> str:
        """The line with what the rule finds hidden."""
        return self.pattern.sub(self.replace, line)


def rule(hints: str, source: str, replace: Replace = keep_key) -> Rule:
    """`hints` parted by spaces."""
    return Rule(tuple(hints.split()), source, replace)
