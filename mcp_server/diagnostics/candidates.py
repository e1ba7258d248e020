"""Score the lines of a log: which one states the cause, which only follow from it."""

import re
from collections import deque
from dataclasses import dataclass, field

from mcp_server.diagnostics.lines import Line
from mcp_server.diagnostics.pattern import pattern_of
from mcp_server.diagnostics.signals import Heading, Signals

EXCEPTION = re.compile(
    r"^\W{0,3}(?:[\w ]{0,40}: )?"
    r"(?:Caused by: |Exception in thread \"[^\"]{0,80}\" |Unhandled exception:? )?"
    r"(?P<type>(?:[A-Za-z_][\w$]{0,60}\.){0,12}(?:Exception$|Exception(?=:)|[A-Z]\w{0,80}?"
    r"(?:Error|Exception|Failure|Failed|Timeout|Fault|Exit|Interrupt|Denied|NotFound|Violation"
    r"|Canceled|Killed\w{0,8}|Undefined\w{1,20}|Terminated|TypePushed|Refused|Conflict"
    r"|Table|Column|Insufficient\w{1,20}))"
    # A class of a library that names its errors otherwise; the dotted path shows that it is one.
    r"|(?:[a-z_]\w{0,60}\.){1,12}[A-Z][A-Za-z]{3,80}(?=: ))"
    r"(?::\s?(?P<message>.*))?$"
)
_CONSEQUENCE = re.compile(
    r"^(?:Failed to execute (?:job|task)|Task failed with exception|Failure caused by"
    r"|Task (?:exited|failed)\b|Top level error|\[?ERROR\]? ?$|Error: ?$"
    r"|dbt (?:build|run|test|command) failed|Error while sending|During handling)"
    r"|Bash command failed"
    r"|Pod \S+ returned a failure|returned (?:a )?non-zero|exit status = ?\d",
    re.IGNORECASE,
)
_RETRIED = re.compile(
    r"retry|retries left|re-?try|attempt \d+ ?(?:of|/)|will try again|backing off|reconnect"
    r"|trying again",
    re.IGNORECASE,
)
_ATTEMPT = re.compile(r"Starting attempt \d|Starting attempt|Executing <Task\(")
_SUCCESS = re.compile(r"Marking task as SUCCESS|Task exited with return code 0")
_OVER = re.compile(
    r"Marking task as (?:FAILED|UP_FOR_RETRY)|Task exited with return code [1-9-]|UP_FOR_RETRY"
    r"|\bState\.FAILED"
)
_FRAME = re.compile(
    r"^\s{1,12}(?:File \"|at [\w$.]+[(/]|\^|~|\.\.\. \d+ more|\[Previous line)|^\s{4,}\S|^Traceback"
)
_IMPORT = re.compile(
    r"Failed to import|Broken DAG|DagBag import|processor\.py|BundleDagBag|Import error"
    r"|import_errors",
    re.IGNORECASE,
)
_END_OF_HEADING = re.compile(
    r"compiled (?:code|SQL) at|^\s*(?:Done\.|Finished)|> in macro|^\s*\d+ of \d+", re.IGNORECASE
)
_CODE_PLACE = re.compile(r"^\s*(?:File \"|at [\w$.]+\()")
_SDK = re.compile(r"API_SERVER_ERROR")
_DRIVER = re.compile(
    r"(?:redshift_connector|psycopg2?|pg8000|pymysql|MySQLdb|snowflake[/.]connector|pyodbc|oracledb"
    r"|asyncpg|sqlalchemy)[/.]"
)
LONGEST = 4000
KEEP = 120
ENOUGH = 50
PATTERNS = 20_000


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
    after: list[Line] = field(default_factory=list)
    count: int = 1


class Search:
    """Reads lines once and keeps the best candidates; memory does not grow with the log."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.found: dict[str, Candidate] = {}
        self.weighed: dict[str, int] = {}
        self.attempt = 0
        self.succeeded: set[int] = set()
        self.over = False
        self.dbt = False
        self.importing = False
        self.heading: tuple[Heading, str, int] | None = None
        self.recent: deque[Line] = deque(maxlen=3)
        self.tail: deque[Line] = deque(maxlen=5)
        self.open: list[Candidate] = []
        self.driver_seen = 0
        self.found_at = 0
        self.seen = 0

    def read(self, line: Line) -> None:
        text = line.text[:LONGEST]
        self.seen += 1
        self._state(text)
        if text.strip():
            self._context(line)
            self._heading(text, line)
            if line.level in ("ERROR", "CRITICAL", "FATAL") or self.signals.worth_a_look(text):
                self._weigh(text, line)
            self.recent.append(line)
            self.tail.append(line)

    @property
    def attentive(self) -> bool:
        """True while the next lines matter whatever they say (neighbours of a find)."""
        return bool(self.open or self.heading)

    def recall(self, lines: list[Line]) -> None:
        """Take over lines that were passed over, as the neighbourhood of the next find."""
        for line in lines:
            if line.text.strip():
                self.recent.append(line)
                self.tail.append(line)

    def interrupt(self) -> None:
        """Forget the neighbourhood: what comes next did not stand beside what came last."""
        self.heading = None
        self.open.clear()
        self.recent.clear()

    def _state(self, text: str) -> None:
        if _ATTEMPT.search(text) and self.found:
            self.attempt += 1
            self.weighed.clear()
            self.over = False
        elif _OVER.search(text):
            self.over = True
        elif _SUCCESS.search(text):
            self.succeeded.add(self.attempt)
        if "dbt" in text and (
            "Running with dbt" in text or "dbt invocation" in text or "dbtRunner" in text
        ):
            self.dbt = True
        if _DRIVER.search(text):
            self.driver_seen = self.seen
        if not self.importing and _IMPORT.search(text):
            self.importing = True

    def _context(self, line: Line) -> None:
        for candidate in self.open:
            candidate.after.append(line)
        self.open = [c for c in self.open if len(c.after) < 3]

    def _heading(self, text: str, line: Line) -> None:
        heading = self.signals.heading(text)
        if heading:
            self.dbt = True
            self.heading = (heading, heading.category(text), heading.lines)
        elif self.heading:
            self._under(text, line, *self.heading)

    def _under(self, text: str, line: Line, heading: Heading, category: str, left: int) -> None:
        self.heading = (heading, category, left - 1) if left > 1 else None
        if _END_OF_HEADING.search(text):
            self.heading = None
            return
        signal = self.signals.first(text)
        bonus = 3 if signal and signal.strength >= 60 else 0
        penalty = 6 if text.rstrip().endswith(":") else 0
        if signal and signal.category.startswith("dbt.") and signal.strength >= 85:
            category = signal.category
        self.found_at = 0
        self._keep(line, 93 + bonus + left - penalty, category, 93, is_exception=False)

    def _weigh(self, text: str, line: Line) -> None:
        if _CODE_PLACE.match(text) or self._worn_out(pattern_of(text)):
            return
        shape = EXCEPTION.match(text) if len(text) < LONGEST else None
        signal = self.signals.first(text)
        hit = signal.pattern.search(text) if signal else None
        self.found_at = hit.start() if hit else 0
        if signal is not None and signal.strength == 0 and not shape:
            return
        strength, category = (signal.strength, signal.category) if signal else (0, "unknown")
        if shape and strength < 24 and not _CONSEQUENCE.search(text) and not _SDK.search(text):
            name = shape["type"].rsplit(".", 1)[-1]
            strength, category = (
                (48 if name == "AirflowException" else 50),
                self.signals.of_exception(name),
            )
        elif not signal and line.level in ("ERROR", "CRITICAL", "FATAL"):
            strength = 32
        if strength:
            self._keep(
                line,
                self._score(text, line, strength, bool(shape)),
                category,
                strength,
                is_exception=bool(shape),
            )

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

    def _score(self, text: str, line: Line, strength: int, is_exception: bool) -> float:
        score = strength + min(5, len(text.split()) / 3) + (4 if is_exception else 0)
        score += {"ERROR": 3, "CRITICAL": 3, "FATAL": 3, "WARNING": -4, "DEBUG": -8}.get(
            line.level, 0
        )
        score -= 9 if text.rstrip().endswith(":") else 0
        score += 5 if text.lstrip().startswith("error: ") else 0
        if _CONSEQUENCE.search(text):
            score = min(score, 22)
        if _FRAME.match(text):
            score = min(score - 12, 34)
        if not is_exception and line.level not in ("ERROR", "CRITICAL") and _RETRIED.search(text):
            score -= 30
        if self.over:
            score -= 30
        return score

    def _keep(
        self, line: Line, score: float, category: str, strength: int, *, is_exception: bool
    ) -> None:
        pattern = pattern_of(line.text[:LONGEST])
        known = self.found.get(pattern)
        if known and known.attempt == self.attempt:
            known.count += 1
            known.score = max(known.score, score)
            if strength > known.strength:
                known.category, known.strength = category, strength
            return
        count = known.count + 1 if known else 1
        candidate = Candidate(
            line,
            score,
            category,
            strength,
            pattern,
            self.attempt,
            is_exception,
            tuple(self.recent),
            count=count,
        )
        self.found[pattern] = candidate
        self.open.append(candidate)
        if len(self.found) > KEEP:
            worst = min(self.found, key=lambda k: self.found[k].score)
            del self.found[worst]

    def ranked(self) -> list[Candidate]:
        """Best first: score, later attempts before earlier ones, then order in the log."""
        strong = [
            c.attempt
            for c in self.found.values()
            if c.score >= 45 and c.attempt not in self.succeeded
        ]
        last = max(strong, default=0)

        def worth(candidate: Candidate) -> float:
            lost = (
                60
                if candidate.attempt in self.succeeded and candidate.attempt < self.attempt
                else 0
            )
            return candidate.score - 25 * (candidate.attempt < last) - lost

        return sorted(self.found.values(), key=worth, reverse=True)
