"""Score the lines of a log: which one states the cause, which only follow from it."""

import re
from collections import deque
from dataclasses import replace

from mcp_server.diagnostics import shapes
from mcp_server.diagnostics.lines import Line
from mcp_server.diagnostics.pattern import shape_of
from mcp_server.diagnostics.ranking import UNDER_A_HEADING, Candidate, ranked
from mcp_server.diagnostics.signals import Heading, Signal, Signals
from mcp_server.diagnostics.surroundings import Surroundings
from mcp_server.diagnostics.weight import IDLE, LONGEST, NAMED, SEVERE, Weight, weigh

KEEP = 120
ENOUGH = 50
PATTERNS = 20_000
# What a line that explains itself loses by what stands around it.
LOST_AFTER_THE_END = 40
LOST_ASIDE = 34
LOST_CLEANING = 55
LOST_VAGUE = 14
_HANDLING = (
    "During handling of the above",
    "The above exception was the direct cause",
    "(the followed by the next",
    "(the direct cause of the next",
)
# A message that only says that something failed: what it was raised from says what.
_VAGUE = re.compile(
    r":\s[^'\":]{0,60}\b(?:failed|failure|failing|errors?|aborted|unable|could not)\b"
    r"[^'\":]{0,30}$",
    re.IGNORECASE,
)
# Calls and functions that tidy up after a failure; their own failure follows from it.
_TIDIES = re.compile(
    r"\b(?:close|rollback|clean_?up|tear_?down|on_kill|rmtree|unlink|os\.remove|disconnect|quit"
    r"|shutdown|abort)\(|\bin (?:close|rollback|_?clean_?up|tear_?down|on_kill|rmtree|unlink"
    r"|disconnect|quit|shutdown|abort|__exit__)$|\bDROP (?:TABLE|SCHEMA|VIEW)\b",
    re.IGNORECASE,
)


def _is_bare(heading: str) -> bool:
    """Whether dbt itself stopped: a heading that names no model, and no database."""
    return heading.strip().endswith("Runtime Error")


def _is_beside(signal: Signal | None) -> bool:
    """Whether a record tells of what fails beside the task: so does the traceback below it."""
    return signal is not None and signal.strength == 0


class Search:
    """Reads lines once and keeps the best candidates; memory does not grow with the log."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.around = Surroundings()
        self.found: dict[str, Candidate] = {}
        self.weighed: dict[str, int] = {}
        self.heading: tuple[Heading, str, int] | None = None
        self.bare = False
        self.handling = False
        self.cleaning = False
        self.beside = False
        self.recent: deque[Line] = deque(maxlen=3)
        self.tail: deque[Line] = deque(maxlen=5)
        self.open: list[Candidate] = []
        self.last: tuple[Candidate, int] | None = None

    def read(self, line: Line) -> None:
        text = line.text[:LONGEST]
        if self.around.follow(line, text, anything_found=bool(self.found)):
            self.weighed.clear()
        if text.strip():
            self._context(line, text)
            self._cleanup(text)
            self._heading(text, line)
            if line.level in SEVERE or self.signals.worth_a_look(text):
                self._weigh(text, line)
            self.recent.append(line)
            self.tail.append(line)

    @property
    def attentive(self) -> bool:
        """True while the next lines matter whatever they say (neighbours of a find)."""
        return bool(self.open or self.heading)

    @property
    def dbt(self) -> bool:
        """True when dbt's own output stood in the log."""
        return self.around.dbt

    def recall(self, lines: list[Line]) -> None:
        """Take over lines that were passed over, as the neighbourhood of the next find."""
        for line in lines:
            if line.text.strip():
                self._cleanup(line.text[:LONGEST])
                self.recent.append(line)
                self.tail.append(line)

    def interrupt(self) -> None:
        """Forget the neighbourhood: what comes next did not stand beside what came last."""
        self.heading = None
        self.open.clear()
        self.recent.clear()
        self.last = None

    def _context(self, line: Line, text: str) -> None:
        for candidate in self.open:
            candidate.after.append(line)
        self.open = [c for c in self.open if len(c.after) < 3]
        if self.last and self.around.just_driver and self.around.seen - self.last[1] < shapes.NEAR:
            self.last[0].near_driver = True  # AWS Lambda prints the error above its traceback
        if self.last and self.around.seen - self.last[1] <= 2 and shapes.RETRIES.search(text):
            self.last[0].retried = True

    def _cleanup(self, text: str) -> None:
        """Follow whether an exception is being handled, and by tidying up."""
        if text.startswith(_HANDLING):
            self.handling, self.cleaning = True, False
        elif self.handling and self.around.in_frames and _TIDIES.search(text):
            self.cleaning = True

    def _heading(self, text: str, line: Line) -> None:
        heading = self.signals.heading(text)
        if heading:
            self.around.dbt = True
            within = self.heading is not None and not self.bare
            self.bare = _is_bare(text) and not within
            category = heading.category(text)
            if self.heading and self.heading[1] == "dbt.compilation_error":
                category = self.heading[1]  # "Error reading models.yml - Runtime Error" under it
            self.heading = (heading, category, heading.lines)
        elif self.heading:
            self._under(text, line, *self.heading)

    def _under(self, text: str, line: Line, heading: Heading, category: str, left: int) -> None:
        self.heading = (heading, category, left - 1) if left > 1 else None
        if shapes.END_OF_HEADING.search(text):
            self.heading = None
            return
        signal = self.signals.first(text)
        if signal and signal.strength <= IDLE:
            return
        bonus = 3 if signal and signal.strength >= 60 else 0
        penalty = 6 if text.rstrip().endswith(":") else 0
        if signal and category != "dbt.compilation_error":
            if signal.category.startswith("dbt.") and signal.strength >= 85:
                category = signal.category
            elif signal.category in self.signals.statements and not self.bare:
                category = "dbt.database_error"
        score = UNDER_A_HEADING + bonus + left - penalty
        self._keep(line, shape_of(text), Weight(score, category, UNDER_A_HEADING))

    def _weigh(self, text: str, line: Line) -> None:
        pattern = "" if shapes.CODE_PLACE.match(text) else shape_of(text)
        if not pattern or self._worn_out(pattern):
            return
        weight = weigh(text, line, self.signals)
        if line.is_record:
            self.beside = _is_beside(self.signals.first(text))
        if weight is None:
            return
        score = weight.score + self._lost(text, line, weight)
        if weight.is_exception:
            self.around.exception()
        self._keep(line, pattern, replace(weight, score=score))

    def _lost(self, text: str, line: Line, weight: Weight) -> float:
        """What the line's surroundings take from its score (or add to it)."""
        around = self.around
        lost = 0.0
        if around.in_frames:
            lost -= 12 + max(weight.score - 46, 0)
        if around.over:
            lost -= LOST_AFTER_THE_END
        if (weight.is_exception and around.aside) or (self.beside and not line.is_record):
            lost -= LOST_ASIDE
        if weight.is_exception and self.handling:
            lost -= LOST_CLEANING * self.cleaning
            lost -= LOST_VAGUE * (weight.strength <= NAMED and bool(_VAGUE.search(text)))
            self.handling = self.cleaning = False
        if weight.is_exception and around.on_page:
            lost += min(around.on_page, 6)
        return lost

    def _worn_out(self, pattern: str) -> bool:
        """True when a line of this pattern was weighed so often that another says nothing new."""
        times = self.weighed.get(pattern, 0)
        if times < ENOUGH:
            if times or len(self.weighed) < PATTERNS:
                self.weighed[pattern] = times + 1
            return False
        if pattern in self.found:
            self.found[pattern].count += 1
        return True

    def _keep(self, line: Line, pattern: str, weight: Weight) -> None:
        known = self.found.get(pattern)
        if known and known.attempt == self.around.attempt:
            self._again(known, weight)
            return
        candidate = Candidate(
            line,
            weight.score,
            weight.category,
            weight.strength,
            pattern,
            self.around.attempt,
            weight.is_exception,
            tuple(self.recent),
            at=weight.at,
            near_driver=self.around.near_driver,
            importing=self.around.importing,
            ended_it=self.around.ending and weight.is_exception and weight.strength == NAMED,
            of_program=weight.is_exception and weight.strength >= NAMED and not self.around.ending,
            count=known.count + 1 if known else 1,
        )
        self.found[pattern] = candidate
        self.open.append(candidate)
        self.last = (candidate, self.around.seen)
        if len(self.found) > 2 * KEEP:
            best = sorted(self.found.values(), key=lambda c: c.score, reverse=True)[:KEEP]
            kept = {candidate.pattern for candidate in best}
            self.found = {p: c for p, c in self.found.items() if p in kept}

    def _again(self, known: Candidate, weight: Weight) -> None:
        known.count += 1
        known.score = max(known.score, weight.score)
        known.retried = False
        self.last = (known, self.around.seen)
        if weight.strength > known.strength:
            known.category, known.strength = weight.category, weight.strength

    def ranked(self) -> list[Candidate]:
        """Best first: score, later attempts before earlier ones, then order in the log."""
        return ranked(list(self.found.values()), self.around.attempt, self.around.succeeded)
