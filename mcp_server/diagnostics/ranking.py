"""Which of the lines found is the cause: what the others in its attempt make of each."""

import re
from dataclasses import dataclass, field

from mcp_server.diagnostics import shapes
from mcp_server.diagnostics.lines import Line
from mcp_server.diagnostics.weight import LONGEST, LOST_RETRIED, SEVERE

# Strengths that say what kind of line it is (categories.toml).
UNDER_A_HEADING = 93
SHELL = 80
ENDED_OUTSIDE = 64
LOST_EARLIER = 25
LOST_CALM = 30
LOST_SUCCEEDED = 60
LOST_SHELL = 30
LOST_ENDED_OUTSIDE = 40
WON_ENDED_IT = 6
EXPLAINS = 45
_MEMORY = re.compile(r"memory|oom|heap", re.IGNORECASE)


@dataclass(slots=True)
class Candidate:
    """A line that may state the cause; `count` is how often it stood in the log."""

    line: Line
    score: float
    category: str
    strength: int
    pattern: str
    attempt: int
    is_exception: bool
    before: tuple[Line, ...]
    at: int = 0
    near_driver: bool = False
    importing: bool = False
    retried: bool = False
    ended_it: bool = False
    of_program: bool = False
    after: list[Line] = field(default_factory=list)
    count: int = 1


@dataclass(frozen=True, slots=True)
class _Attempts:
    """What the candidates together say of the attempts of one log."""

    last: int
    explained: int
    succeeded: frozenset[int]
    ended: frozenset[int]
    outside: frozenset[int]
    shell: frozenset[str]


def ranked(found: list[Candidate], attempt: int, succeeded: set[int]) -> list[Candidate]:
    """Best first: score, later attempts before earlier ones, then order in the log.

    `attempt` is the log's last one; `succeeded` are those that said so.
    """
    explained = [c.attempt for c in found if c.score >= EXPLAINS and c.attempt not in succeeded]
    attempts = _Attempts(
        attempt,
        max(explained, default=0),
        frozenset(succeeded),
        frozenset(c.attempt for c in found if c.ended_it),
        frozenset(c.attempt for c in found if c.strength == ENDED_OUTSIDE),
        frozenset(_survived_by_programs(found)),
    )
    return sorted(found, key=lambda c: c.score - _lost(c, attempts), reverse=True)


def _lost(candidate: Candidate, of: _Attempts) -> float:
    attempt = candidate.attempt
    lost = LOST_EARLIER * (attempt < of.explained)
    lost += LOST_SUCCEEDED * (attempt in of.succeeded and attempt < of.last)
    lost += LOST_RETRIED * candidate.retried
    lost += LOST_SHELL * (candidate.pattern in of.shell)
    lost += LOST_ENDED_OUTSIDE * (attempt in of.outside and _told_by_number(candidate))
    # What a task said calmly before an exception with a name of its own ended it, it survived.
    if attempt in of.ended and candidate.strength != UNDER_A_HEADING:
        lost += LOST_CALM * _survived(candidate.line)
    return lost - WON_ENDED_IT * candidate.ended_it


def _survived(line: Line) -> bool:
    """Whether a line is calm: said at INFO, or in passing before another try."""
    if line.level in ("INFO", "DEBUG"):
        return True
    return line.level not in SEVERE and bool(shapes.RETRIES.search(line.text[:LONGEST]))


def _survived_by_programs(found: list[Candidate]) -> set[str]:
    """The shell's complaints after which a program ran all the same, and raised its own error."""
    raised: set[int] = set()
    survived: set[str] = set()
    for candidate in reversed(found):
        if candidate.of_program:
            raised.add(candidate.attempt)
        elif candidate.category == "bash.nonzero_exit" and candidate.strength == SHELL:
            survived.update({candidate.pattern} if candidate.attempt in raised else ())
    return survived


def _told_by_number(candidate: Candidate) -> bool:
    """Whether SIGKILL is all that the line says: memory is only the likeliest reason for it."""
    if candidate.category != "resource.out_of_memory":
        return False
    return not _MEMORY.search(candidate.line.text[:LONGEST])
