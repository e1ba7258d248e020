"""Why it failed, as far as logs, the alert and the task's state say so without any probe."""

import re
from dataclasses import dataclass, replace

from mcp_server.diagnostics.cause import LogDiagnosis, QuotedLine, diagnose_log
from mcp_server.diagnostics.pattern import pattern_of
from mcp_server.domain.airflow import UNFINISHED_STATES, TaskInstance
from mcp_server.investigate.finding import Clue
from mcp_server.investigate.target import Target
from mcp_server.reading.task_log import TaskLog
from mcp_server.times import at_ms

_RANK = {"high": 3, "medium": 2, "low": 1, "inconclusive": 0}
SUPPORTING = 3
# dbt says which test it was a line before how many rows it got.
_RESULTS = re.compile(r"\s*Got \d+ results?, configured to")
_TEST = re.compile(r"Failure in test (\w+)")
_CHECKS = {
    "check": re.compile(r"\bCheck: (\w+)"),
    "expectation": re.compile(r"['\"]expectation_type['\"]: ['\"](\w+)['\"]"),
}
_POKING = re.compile(r"(?i)\bpoking\b[^\"\\]{3,300}")
_COLUMN = re.compile(r"['\"]column['\"]: ['\"](\w+)['\"]")
LONGEST_BELOW = 20_000
# A traceback's source line proves nothing that its error does not say, nor do Airflow's own words
# on what it does about a failure.
_NO_PROOF = re.compile(
    r"^\s*(?:(?:raise|return|await|with|self\.\w+\()\b.*)?$"
    r"|^(?:Marking task as|Failed to execute job|Task exited with return code)\b"
)


@dataclass(frozen=True, slots=True)
class Reason:
    """The best cause so far. `confidence` is that of its line alone; `source` names where it is.

    `about` names what the line is about where the line itself does not: a dbt test's id.
    """

    category: str = "unknown"
    cause_line: str = ""
    pattern: str = ""
    confidence: str = "inconclusive"
    source: str = ""
    clues: tuple[Clue, ...] = ()
    digest: str = ""
    about: str = ""

    @property
    def is_known(self) -> bool:
        return self.confidence != "inconclusive"


def reason_of(log: TaskLog | None, said: str, target: Target, log_url: str = "") -> Reason:
    """The strongest of what the log, the alert's own words and the task's state tell."""
    from_log = _from_log(log, log_url, target) if log else Reason()
    from_alert = _from_alert(said)
    best = max((from_log, from_alert), key=lambda one: _RANK[one.confidence])
    if best is from_log and _says_more(from_alert, from_log):
        best = from_alert
    best = replace(best, digest=from_log.digest)
    if best.is_known and (best.category != "unknown" or best.source != "components"):
        return best
    stated = _from_state(target, log, best)
    if best.is_known and stated.is_known:
        # What scheduler or worker say is the better line, the task's state the better category.
        return replace(best, category=stated.category)
    return stated if stated.is_known else best


def _says_more(alert: Reason, log: Reason) -> bool:
    """A wrapper in a cut log is beaten by what the alert itself says."""
    weak = log.category in ("unknown", "bash.nonzero_exit") or log.confidence == "low"
    return weak and alert.is_known and alert.category not in ("unknown", "bash.nonzero_exit")


def _from_log(log: TaskLog, log_url: str, target: Target) -> Reason:
    diagnosis = log.diagnosis
    if diagnosis is None:
        return Reason()
    clues = tuple(
        _clue(line, log, log_url, target, rank=0 if at == 0 else 30)
        for at, line in enumerate(_quoted(diagnosis))
    )
    clues += _polled(log, diagnosis.category, log_url, target)
    parsing = not log.source and diagnosis.confidence != "inconclusive" and _is_parsing(log)
    return Reason(
        "airflow.import_error" if parsing else diagnosis.category,
        words_of(diagnosis),
        diagnosis.cause_pattern,
        diagnosis.confidence,
        "log" if log.source else "components",
        clues,
        diagnosis.digest,
        _about(log, words_of(diagnosis)),
    )


def _polled(log: TaskLog, category: str, url: str, target: Target) -> tuple[Clue, ...]:
    """What a sensor that ran out of time looked for, as it said last."""
    if category != "timeout.sensor" or not log.source:
        return ()
    rows = [(one.timestamp_ms, row) for one in log.events for row in one.message.splitlines()]
    said = [(at, found[0]) for at, row in rows if (found := _POKING.search(row))]
    if not said:
        return ()
    at, row = said[-1]
    return (_clue(QuotedLine(None, at, row), log, url, target, rank=31),)


def _about(log: TaskLog, line: str) -> str:
    """The check that a line does not name itself: a dbt test, a SQL check, an expectation."""
    if not _RESULTS.match(line):
        return _check(log, line)
    name = ""
    for row in (row for one in log.events for row in one.message.splitlines()):
        if found := _TEST.search(row):
            name = found[1]
        elif line.strip() in row and name:
            break
    return f"test {name}" if name else ""


def _check(log: TaskLog, line: str) -> str:
    """The check or expectation of the event that holds the line, where only its rows below say."""
    event = next((one.message for one in log.events if line and line in one.message), "")
    below = event.partition(line)[2][:LONGEST_BELOW]
    for kind, pattern in _CHECKS.items():
        if found := pattern.search(below):
            column = _COLUMN.search(below)
            return f"{kind} {found[1]}" + (f" on {column[1]}" if column else "")
    return ""


def words_of(diagnosis: LogDiagnosis) -> str:
    """The cause line's message alone, without what the logger wrote before it."""
    line = diagnosis.cause_line
    message = diagnosis.evidence[0].text if diagnosis.evidence else ""
    return message if message and line.endswith(message) else line


def _quoted(diagnosis: LogDiagnosis) -> list[QuotedLine]:
    cause = QuotedLine(
        diagnosis.cause_line_number, diagnosis.cause_timestamp_ms, words_of(diagnosis)
    )
    others = [q for q in diagnosis.evidence if q.text != cause.text and not _NO_PROOF.match(q.text)]
    return [cause, *others[:SUPPORTING]] if cause.text else []


def _clue(line: QuotedLine, log: TaskLog, url: str, target: Target, rank: int) -> Clue:
    root = target.root_task_id
    where = "task log" if root == target.task_id else f"log of {root}"
    where += f", try {log.try_number}" if log.try_number else ""
    if not log.source:
        where, url = _component_of(log, line), ""
    if line.number is not None and log.source:
        where += f", line {line.number}"
    elif line.timestamp_ms is not None:
        where += f", {at_ms(line.timestamp_ms):%Y-%m-%d %H:%M:%S}Z"
    at = at_ms(line.timestamp_ms) if line.timestamp_ms is not None else None
    return Clue("log", line.text, where, url, at=at, rank=rank)


def _is_parsing(log: TaskLog) -> bool:
    """Whether the cause stands in what the dag processor wrote about one file."""
    at = log.diagnosis.cause_timestamp_ms if log.diagnosis else None
    return any(
        one.timestamp_ms == at and re.search(r"\.py\.log$|dag_processor", one.log_stream)
        for one in log.component_lines
    )


def _component_of(log: TaskLog, line: QuotedLine) -> str:
    """The stream that a component's line stands in."""
    for found in log.component_lines:
        if found.timestamp_ms == line.timestamp_ms:
            return found.log_stream
    return "component log"


def _from_alert(said: str) -> Reason:
    if not said.strip():
        return Reason()
    diagnosis = diagnose_log([said], budget_tokens=200)
    if diagnosis.confidence == "inconclusive":
        return Reason(cause_line=diagnosis.cause_line, source="alert")
    confidence = "medium" if diagnosis.confidence == "high" else "low"
    clue = Clue("alert", words_of(diagnosis), "the alert's own text", rank=0)
    return Reason(
        diagnosis.category,
        words_of(diagnosis),
        diagnosis.cause_pattern,
        confidence,
        "alert",
        (clue,),
    )


def _from_state(target: Target, log: TaskLog | None, lead: Reason) -> Reason:
    """What the task's state alone tells: waiting on another task, never started, lost."""
    failed = target.failed
    if failed is None:
        return _never_seen(target, log, lead)
    if failed.state == "upstream_failed":
        return _stated("upstream.failed", f"{failed.task_id} is upstream_failed", "low", lead)
    if failed.state in UNFINISHED_STATES and failed.start_date is None:
        return _stated("airflow.scheduling", _waits(failed), "medium", lead)
    if log is not None and not log.source and failed.state in ("failed", "up_for_retry"):
        if failed.start_date is None:
            line = f"{failed.task_id} failed without ever starting"
            return _stated("airflow.scheduling", line, "low", lead)
        on = f" on {failed.hostname}" if failed.hostname else ""
        line = f"{failed.task_id} began{on}, wrote no log and stands as {failed.state}"
        return _stated("airflow.task_killed", line, "low", lead)
    return replace(lead, digest=lead.digest)


def _waits(one: TaskInstance) -> str:
    since = f" since {one.queued_when:%Y-%m-%d %H:%M}Z" if one.queued_when else ""
    return f"{one.task_id} is {one.state}{since} and never started"


def _never_seen(target: Target, log: TaskLog | None, lead: Reason) -> Reason:
    run = target.run
    if run is not None and run.state == "failed" and not target.task_id:
        line = f"run {run.run_id} failed, but {target.note or 'no task of it did'}"
        return _stated("timeout.task", line, "low", lead)
    return lead


def _stated(category: str, line: str, confidence: str, lead: Reason) -> Reason:
    """A fact of Airflow's as the cause; what a component says by the way proves nothing of it."""
    clue = Clue("airflow", line, "Airflow, task instance", rank=0)
    idle = lead.source == "components" and not lead.is_known
    clues = (clue,) if idle else (clue, *lead.clues)
    return Reason(category, line, pattern_of(line), confidence, "state", clues, lead.digest)
