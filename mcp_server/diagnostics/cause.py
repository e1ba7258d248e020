"""From any failure log to its cause, category and digest, without a model."""

from collections.abc import Iterable
from dataclasses import dataclass

from mcp_server.diagnostics.candidates import Search
from mcp_server.diagnostics.cut import around, head
from mcp_server.diagnostics.digest import Shown, render
from mcp_server.diagnostics.entities import entities_of
from mcp_server.diagnostics.lines import Line, Numbering
from mcp_server.diagnostics.pattern import pattern_of
from mcp_server.diagnostics.playbooks import load_playbooks, next_steps
from mcp_server.diagnostics.ranking import Candidate
from mcp_server.diagnostics.redact import redact
from mcp_server.diagnostics.scan import scan
from mcp_server.diagnostics.shapes import CODE_PLACE, DRIVER, FRAME
from mcp_server.diagnostics.signals import load_signals
from mcp_server.domain.logs import LogEvent, LogGap

_DBT_CONNECTS = frozenset({"database.connection", "database.authentication"})
_IMPORTED = frozenset({"python.import_error", "python.code_error", "timeout.task", "unknown"})
LONGEST_LINE = 400
LONGEST_READ = 4000
EXCEPTION_ALONE = 50
SPECIFIC = 80
FEW_WORDS = 4


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One redacted line and its place; `number` is None after a gap in the log."""

    number: int | None
    timestamp_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class LogDiagnosis:
    """What a log says about its failure; every text in it is redacted."""

    category: str
    confidence: str
    cause_line: str
    cause_line_number: int | None
    cause_timestamp_ms: int | None
    cause_pattern: str
    chain: tuple[str, ...]
    entities: dict[str, str]
    evidence: tuple[QuotedLine, ...]
    digest: str
    line_count: int
    next_steps: tuple[str, ...]


def diagnose_log(
    parts: Iterable[str | LogEvent | LogGap], *, budget_tokens: int = 900, header: str = ""
) -> LogDiagnosis:
    """Read a log once and say why it failed; `budget_tokens` (characters / 4) bounds the digest.

    `parts` are pieces of text (a file object will do), stored events, or gaps. Never raises for
    what a log holds; a log without a failure answers `unknown`, inconclusive.
    """
    numbering, search = Numbering(), Search(load_signals())
    scan(parts, numbering, search)
    ranked = search.ranked()
    if not ranked:
        return _nothing(search, numbering.count, budget_tokens, header)
    best = ranked[0]
    category = _category(best, search)
    shown = Shown(header, best, ranked[1:], tuple(search.tail), numbering.count, _chain(search))
    text = around(best.line.text.strip(), best.at, LONGEST_LINE)
    entities = entities_of(" ".join([text, *(head(a.text, 1000) for a in best.after)]))
    return LogDiagnosis(
        category=category,
        confidence=_confidence(best),
        cause_line=_in_its_words(best, text),
        cause_line_number=best.line.number,
        cause_timestamp_ms=best.line.timestamp_ms,
        cause_pattern=pattern_of(text),
        chain=shown.chain,
        entities=entities,
        evidence=tuple(_quoted(c.line) for c in _supporting(best, ranked)),
        digest=render(shown, category, budget_tokens),
        line_count=numbering.count,
        next_steps=steps_for(category, entities),
    )


def steps_for(category: str, entities: dict[str, str]) -> tuple[str, ...]:
    """At most three next steps of playbooks.toml, with the names that the log gives."""
    return tuple(next_steps(load_playbooks().of(category), entities))


def _one_line(line: Line) -> str:
    return head(line.text.strip(), LONGEST_LINE)


def _in_its_words(best: Candidate, text: str) -> str:
    """A message of a word or two is quoted with what the logger wrote before it."""
    raw = best.line.raw.strip()
    if len(text.split()) >= FEW_WORDS or len(raw) > LONGEST_LINE // 2:
        return text
    return redact(raw)


def _quoted(line: Line) -> QuotedLine:
    return QuotedLine(line.number, line.timestamp_ms, _one_line(line))


def _category(best: Candidate, search: Search) -> str:
    category = _said_below(best, search) or best.category
    if category == "network.unreachable" and (best.near_driver or _driver_below(best)):
        category = "database.connection"
    if search.dbt and category in search.signals.statements:
        return "dbt.database_error"
    if search.dbt and category in _DBT_CONNECTS:
        return "dbt.runtime_error"
    if best.importing and category in _IMPORTED:
        return "airflow.import_error"
    return _wrapped(best, search) if category == "unknown" else category


def _said_below(best: Candidate, search: Search) -> str:
    """The category of an exception whose message goes on in the next lines."""
    if not best.is_exception or best.strength > EXCEPTION_ALONE:
        return ""
    for line in best.after:
        if not _goes_on(best, line):
            return ""
        signal = search.signals.first(line.text[:LONGEST_READ])
        if signal and signal.strength >= SPECIFIC:
            return signal.category
    return ""


def _goes_on(best: Candidate, line: Line) -> bool:
    """A line of no logger's own, or a piece of the same stored line; no frame."""
    own = line.raw != line.text and (line.number is None or line.number != best.line.number)
    return not (own or FRAME.match(line.text) or CODE_PLACE.match(line.text))


def _driver_below(best: Candidate) -> bool:
    """Java prints the frames under the exception."""
    return any(CODE_PLACE.match(a.text) and DRIVER.search(a.text) for a in best.after)


def _wrapped(best: Candidate, search: Search) -> str:
    """What ended is known where what happened is not: the category of the wrapper around it."""
    around = [c for c in search.found.values() if c.attempt == best.attempt and c.strength <= 16]
    return next((c.category for c in around if c.category != "unknown"), "unknown")


def _confidence(best: Candidate) -> str:
    if best.strength >= 80 and best.score >= 70:
        return "high"
    if best.strength >= 48:
        return "medium"
    return "low"


def _chain(search: Search) -> tuple[str, ...]:
    said = [c for c in search.found.values() if c.is_exception and c.score > 20]
    return tuple(_one_line(c.line)[:200] for c in said[-5:])


def _supporting(best: Candidate, ranked: list[Candidate]) -> list[Candidate]:
    """The cause and what stands beside it: other lines of the same attempt that are no wrappers."""
    others = [c for c in ranked[1:] if c.attempt == best.attempt and c.strength >= 40]
    return [best, *others[:4]]


def _nothing(search: Search, count: int, budget: int, header: str) -> LogDiagnosis:
    tail = tuple(search.tail)
    last = _one_line(tail[-1]) if tail else ""
    shown = Shown(header, None, [], tail, count, ())
    place = tail[-1] if tail else Line(None, None, "", "", "")
    return LogDiagnosis(
        "unknown",
        "inconclusive",
        last,
        place.number,
        place.timestamp_ms,
        pattern_of(last),
        (),
        {},
        (),
        render(shown, "unknown", budget),
        count,
        steps_for("unknown", {}),
    )
