"""Secrets that say by their first characters what they are (redact_tokens.toml)."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import ClassVar

MASK = "***"
# Where a word begins: also behind an escape (`\n`), a percent code and a terminal's colour.
ESCAPED = r"(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9a-fA-F]{2})|(?<=\[\d[mK])|(?<=\d\d[mK])"
BEGIN = rf"(?:(?<![A-Za-z0-9])|{ESCAPED})"
_BEGIN = re.compile(BEGIN)


@dataclass(frozen=True)
class Token:
    """A vendor's: what it starts with, and the expression of the rest."""

    start: str
    rest: str

    reads_lower_case: ClassVar[bool] = False

    @property
    def hints(self) -> tuple[str, ...]:
        """What stands where such a token begins."""
        return (self.start,)

    def places(self, text: str) -> Iterator[int]:
        """Where in a text such a token is."""
        return (begin for begin, _ in self._spans(text))

    def apply(self, line: str) -> str:
        """The line with each token of this kind masked."""
        kept, at = [], 0
        for begin, end in self._spans(line):
            kept += [line[at:begin], MASK]
            at = end
        return "".join([*kept, line[at:]])

    def _spans(self, line: str) -> Iterator[tuple[int, int]]:
        # Looked up by its plain start: a search for the whole pattern is many times slower.
        rest, at = re.compile(self.rest), 0
        while (begin := line.find(self.start, at)) >= 0:
            at = begin + len(self.start)
            if _BEGIN.match(line, begin) and (found := rest.match(line, at)):
                at = found.end()
                yield begin, at


@cache
def tokens() -> tuple[Token, ...]:
    """Every start there is, longer ones first."""
    file = resources.files("mcp_server.diagnostics").joinpath("redact_tokens.toml")
    rows = tomllib.loads(file.read_text("utf-8"))["token"]
    pairs = (Token(start, row["rest"]) for row in rows for start in row["starts"])
    return tuple(sorted(pairs, key=lambda token: -len(token.start)))
