"""Turn whatever a log holds into plain lines: text, level, number, time."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mcp_server.domain.logs import LogEvent, LogGap

_ANSI = re.compile(r"\x1b\[[0-9;?]{0,20}[a-zA-Z]|\x1b\][^\x07\n]{0,200}\x07")
_LEVELS = "DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL|EXCEPTION|TRACE|NOTICE|SEVERE"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ZONE = r"(?: ?UTC|Z| ?[+-]\d\d(?::?\d\d)?| [A-Z]{3,4}(?=[\s\]]))?"
_TIME = (
    rf"\[?(?:\d{{4}}-\d\d-\d\d[T ,]{{1,2}}{_CLOCK}{_ZONE}|\d{{2,4}}/\d\d/\d{{2,4}} {_CLOCK}"
    rf"|\d\d-[A-Z][a-z]{{2}}-\d{{4}} {_CLOCK}|\d\d/[A-Z][a-z]{{2}}/\d{{4}}:{_CLOCK}{_ZONE})\]?"
)
# One prefix at a time, since loggers nest: docker, journal, pods, CI, Airflow's own, plain ones.
# Each may name the level in one group.
_KINDS = (
    # [time] {file.py:1} ERROR - , and MWAA's double braces
    rf"\s{{0,8}}\[?{_TIME}\s{{0,3}}\{{{{1,2}}[\w./<>-]{{1,80}}:\d{{1,6}}\}}{{1,2}}\s({_LEVELS})\s-\s?",
    # celery: [time: ERROR/MainProcess]
    rf"\[{_TIME}: ({_LEVELS})/[\w-]{{1,60}}\]\s?",
    # time - name - ERROR - , time | ERROR | , time [error    ], time [main] ERROR
    rf"\s{{0,8}}{_TIME}\s{{0,3}}-\s[\w.-]{{1,80}}\s-\s({_LEVELS})\s-\s",
    rf"\s{{0,8}}{_TIME}\s{{0,3}}[|-]?\s{{0,3}}(?:\[[\w.-]{{1,40}}\]\s)?\[?({_LEVELS}|error|warning|info|critical|debug)\b\s{{0,8}}\]?\s{{0,3}}[|:-]?\s{{0,2}}",
    rf"\s{{0,8}}{_TIME}\s{{0,3}}(?:- |\| )?(?:\[\d{{1,8}}\]:? ?)?(?:\[\d+-\d+\] \S{{1,200}} )?",
    rf"{_CLOCK}\s{{1,4}}(?:[|-]\s|\[[\w.-]{{1,40}}\]\s)?\[?({_LEVELS})\s{{0,8}}\]?:?\s{{1,3}}(?:[|-]\s)?",
    rf"{_CLOCK}\s{{1,4}}(?:\[\w{{1,8}}\s?\]:?\s)?(?:\| )?",
    # level first: ERROR:name: , [ERROR] , ERROR [time], ERROR - , klog's E0312 ... main.go:12]
    rf"({_LEVELS}):[\w.]{{1,80}}:(?=\S)",
    rf"\[({_LEVELS}|error|warning|info|critical)\s{{0,8}}\]\s{{1,2}}",
    rf"\|\s({_LEVELS})\s{{1,8}}\|\s",
    rf"[\w.-]{{1,40}} - ({_LEVELS})\s{{1,3}}(?:- )?",
    rf"({_LEVELS})\s{{1,3}}(?:[-:]\s|{_TIME}:?\s)",
    r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,9}\s{1,9}\d{1,9} [\w.-]{1,80}:\d{1,6}\]\s",
    # who wrote it: airflow's subtasks, containers, journal, CI, quoting, exception groups
    r"Job \d{1,12}: Subtask \S{1,200}(?: |$)",
    r"\[(?:base|istio-proxy|dbt|pre|post)\]\s?",
    r"[\w.-]{1,60}\s{0,4}\|\s",
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,80} \S{1,60}\[\d{1,8}\]: ",
    r"[\w.-]{1,60} [\w.-]{1,40}\[\d{1,8}\]: ",
    r"std(?:out|err) [FP] ",
    r"\((?:MainThread|Thread\w{0,20}|ThreadPoolExecutor\S{1,20})\): ",
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\s",  # AWS Lambda's request id
    r"(?:##\[error\]|::error[^:]{0,80}::|#\d{1,4} \d{1,6}\.\d{1,4} |<\d>|> |│ )",
    r"\s{0,12}\|\s{1,2}(?=[A-Z])",
    # what stands between level and message: loguru's place, Spring's thread
    r"[\w.]{1,80}:[\w<>]{1,60}:\d{1,6} - ",
    r"\d{1,7} --- \[[^\]]{1,60}\] \S{1,80}\s{1,40}: ",
)
_PREFIX = re.compile("|".join(f"(?:{kind})" for kind in _KINDS))
_STARTS = re.compile(rf"\s{{0,3}}({_LEVELS})\b[:\s]")
_LOGFMT = re.compile(
    r"(?:^|\s)level=\"?(\w{1,10})\"?.{0,400}?\smsg=\"((?:[^\"\\]|\\.){1,2000})\"(.*)"
)
_JSON_TEXT = ("event", "message", "msg", "log", "error")
_LOGFMT_SOURCE = re.compile(
    r"\s(?:source|logger|loc)=\"?[\w./:-]{1,200}\"?(?:\s\w{1,40}=\S{1,200}){0,12}\s*$"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One decoded line. `number` from 1, None after a gap; `level` upper case or ""."""

    number: int | None
    timestamp_ms: int | None
    level: str
    text: str
    raw: str
    # True where a logger's record begins; False for what goes on below it.
    is_record: bool = False


class Numbering:
    """Counts lines as the log shows them; after a gap there are no numbers any more."""

    def __init__(self) -> None:
        self.count = 0
        self.known = True

    def next(self) -> int | None:
        self.count += 1
        return self.count if self.known else None

    def skip(self, lines: int) -> None:
        """Count lines that nobody looks at."""
        self.count += lines


def lines_of(parts: Iterable[str | LogEvent | LogGap], numbering: Numbering) -> Iterator[Line]:
    """Yield every line once, in order, whatever mixture the parts are; holds one part at a time."""
    rest = ""
    for part in parts:
        if isinstance(part, str):
            *whole, rest = (rest + part).split("\n")
            for raw in whole:
                yield from _decoded(raw, None, numbering)
            continue
        if rest:
            yield from _decoded(rest, None, numbering)
            rest = ""
        if isinstance(part, LogGap):
            numbering.known = False
        else:
            yield from _event(part, numbering)
    if rest:
        yield from _decoded(rest, None, numbering)


def _event(event: LogEvent, numbering: Numbering) -> Iterator[Line]:
    for raw in event.message.rstrip("\n").split("\n"):
        yield from _decoded(raw, event.timestamp_ms, numbering)


def _decoded(raw: str, ms: int | None, numbering: Numbering) -> Iterator[Line]:
    number = numbering.next()
    raw = raw.rstrip("\r")
    if "\x1b" in raw:
        raw = _ANSI.sub("", raw)
    for level, text in _said(raw):
        # What was taken out of JSON is shown as it says, never as raw JSON.
        is_json = raw.lstrip()[:1] == "{"
        as_it_stands = raw.endswith(text) or (text in raw and not is_json)
        is_record = is_json or (bool(level) and raw != text)
        yield Line(number, ms, level, text, raw if as_it_stands else text, is_record)


def _said(raw: str) -> list[tuple[str, str]]:
    """What one stored line says: itself, the JSON inside it, or the lines folded into it."""
    level, text = ("", raw) if raw.lstrip()[:1] == "{" else strip_prefixes(raw)
    if text.lstrip()[:1] == "{":
        found = _json(text)
        if found is not None:
            return [(inner or level, said) for inner, said in found]
    if "\\n" in text and ("Traceback" in text or "Error" in text):
        return [(level, piece) for piece in text.split("\\n")]
    return [(level, text)]


def strip_prefixes(raw: str) -> tuple[str, str]:
    """Return (level, message) of one line without what loggers wrote before it."""
    level, text = "", raw
    for _ in range(6):
        match = _PREFIX.match(text)
        if not match or not match.end():
            break
        level = (match[match.lastindex] if match.lastindex else "") or level
        text = text[match.end() :]
    if " source=" in text or " logger=" in text or " loc=" in text:
        text = _LOGFMT_SOURCE.sub("", text)
    if "level=" in text and (logfmt := _LOGFMT.search(text)):
        level, text = logfmt[1], logfmt[2] + logfmt[3]
    if not level and (first := _STARTS.match(text)):
        level = first[1]
    return _level(level), text


def _level(said: str) -> str:
    upper = said.upper()
    return {"WARN": "WARNING", "SEVERE": "ERROR", "EXCEPTION": "ERROR"}.get(upper, upper)


def _json(raw: str) -> list[tuple[str, str]] | None:
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    info = said.get("info")
    if isinstance(info, dict):  # dbt --log-format json
        return [(str(info.get("level", "")).upper(), t) for t in _lines(info.get("msg"))]
    text = next((said[k] for k in _JSON_TEXT if isinstance(said.get(k), str)), None)
    details = list(_details(said.get("error_detail")))
    if text is None and not details:
        return None
    level = _level(str(said.get("level", said.get("levelname", said.get("severity", "")))))
    out = [(level, strip_prefixes(t)[1]) for t in _lines(text)]
    out += [("ERROR", t) for t in details]
    reason = said.get("error", said.get("err"))
    if isinstance(reason, str) and reason and reason != text:
        out += [("ERROR", t) for t in _lines(reason)]
    for extra in ("exception", "exc_info", "stack_trace", "stack_info"):
        if isinstance(said.get(extra), str):
            out += [("ERROR", t) for t in _lines(said[extra])]
    return out


def _lines(text: object) -> list[str]:
    return str(text).split("\n") if text not in (None, "") else []


def _details(details: object, depth: int = 0) -> Iterator[str]:
    """Airflow 3's error_detail, root cause first as a Python traceback prints it."""
    if not isinstance(details, list) or depth > 5:
        return
    for at, one in reversed(list(enumerate(details))):
        if not isinstance(one, dict):
            continue
        for inner in _groups(one.get("exceptions")):
            yield from _details(inner, depth + 1)
        yield from _frames(one.get("frames"))
        yield from _lines(f"{one.get('exc_type', 'Exception')}: {one.get('exc_value', '')}")
        for note in one.get("exc_notes") or ():
            yield from _lines(note)
        if at:
            link = "direct cause of" if details[at - 1].get("is_cause") else "followed by"
            yield f"(the {link} the next exception)"


def _groups(exceptions: object) -> Iterator[list[object]]:
    """The chains inside a group: a list each, under `stacks`, or bare one after another."""
    for one in exceptions if isinstance(exceptions, list) else ():
        if isinstance(one, list):
            yield one
        elif isinstance(one, dict):
            yield one["stacks"] if isinstance(one.get("stacks"), list) else [one]


def _frames(frames: object) -> Iterator[str]:
    for frame in frames[-4:] if isinstance(frames, list) else ():
        if isinstance(frame, dict):
            where = f'File "{frame.get("filename")}", line {frame.get("lineno")}'
            yield f"  {where}, in {frame.get('name')}"
