"""Replace each secret's value in a text by `***`, line for line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from mcp_server.diagnostics.invisible import UNSEEN
from mcp_server.diagnostics.redact_blobs import restored, shortened
from mcp_server.diagnostics.redact_commands import COMMANDS, STATEMENTS
from mcp_server.diagnostics.redact_fields import without_parted
from mcp_server.diagnostics.redact_lines import Needs, Step
from mcp_server.diagnostics.redact_shapes import HEADERS, KEYS, PEOPLE, URLS
from mcp_server.diagnostics.redact_tokens import MASK, tokens

_PRIVATE_KEY = re.compile(
    r"(?P<begin>-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
    r"(?:(?P<body>(?:[^-]|-(?!----)){1,20000})"
    r"(?P<end>-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
    r"|(?P<rest>(?:(?:\s|\\[nr]){1,4}[\w+/=]{10,80}(?=\s|\\|$)){1,300}))"
)
_LAST_WORD = re.compile(r"[\w+/=]{4,200}\Z")
# Lines of so many characters share one look at which steps they may need.
_TOGETHER = 32_000


def redacted(text: str) -> str:
    """Return `text` with each secret's value as `***`; the number of lines never changes.

    Keys, ids, hashes, ARNs, hosts and paths stay. Redacting twice changes nothing more.
    """
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(_masked_key, text)
    lines = without_parted(text).splitlines(keepends=True)
    return "".join(line for some in _together(lines) for line in _some(some))


def _together(lines: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line)
        if size > _TOGETHER:
            yield some
            some, size = [], 0
    yield some


def _some(lines: Sequence[str]) -> Iterator[str]:
    bare = [line.splitlines()[0] for line in lines]
    short = [shortened(line) for line in bare]
    todo = _needs().of([line for line, _ in short])
    for whole, old, (line, middles), steps in zip(lines, bare, short, todo, strict=True):
        said = restored(_without(line, steps), middles)
        yield (said if old.isascii() else _seen_through(said)) + whole[len(old) :]


def _seen_through(said: str) -> str:
    """An invisible character hides no secret: the line loses them when they did."""
    seen = UNSEEN.sub("", said)
    if seen == said:
        return said
    found = "".join(_some([seen])) if seen else seen
    return said if found == seen else found


def _without(line: str, steps: Sequence[Step]) -> str:
    for step in steps if len(line) > 6 else ():
        line = step.apply(line)
    return line


@cache
def _needs() -> Needs:
    return Needs((*URLS, *HEADERS, *tokens(), *KEYS, *STATEMENTS, *COMMANDS, *PEOPLE))


def _masked_key(match: re.Match[str]) -> str:
    lines = (match["body"] or match["rest"]).splitlines(keepends=True)
    hidden = "".join(_masked_line(line) for line in lines) if len(lines) > 1 else MASK
    return f"{match['begin']}{hidden}{match['end'] or ''}"


def _masked_line(line: str) -> str:
    """What stands before the key's own text on a line of a log stays: its time, its logger."""
    bare = line.strip()
    if not bare or bare.endswith((MASK, "-", ":")):
        return line
    masked = _LAST_WORD.sub(MASK, bare)
    return line.replace(bare, masked if masked != bare else MASK)
