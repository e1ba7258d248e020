"""`de-agent-mcp diagnose-log`: the cause in a log file, without any account."""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from mcp_server.commands.log_file import Unreadable, chunks, lines, open_log
from mcp_server.diagnostics.cause import LogDiagnosis, diagnose_log
from mcp_server.diagnostics.invisible import visible
from mcp_server.diagnostics.signals import load_signals
from mcp_server.domain.command_line import colourful, say_waiting

_KEYS = (
    "category",
    "confidence",
    "cause_line",
    "cause_line_number",
    "digest",
    "entities",
    "next_steps",
)


def main(argv: list[str]) -> int:
    """Print the digest of FILE, or one JSON answer a line; exit 1 when a part was unreadable."""
    options = _parser().parse_args(argv)
    try:
        load_signals()
    except ValueError as wrong:
        print(f"{wrong}\nCorrect that file, or unset DE_AGENT_CATEGORIES.", file=sys.stderr)
        return 2
    if options.file == "-":
        say_waiting("a log")
    try:
        with open_log(options.file) as stream:
            if options.jsonl:
                return _many(lines(stream, options.file))
            return _one(chunks(stream, options.file), as_json=options.json)
    except Unreadable as wrong:
        print(wrong, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp diagnose-log",
        description="Find the cause in a failure log of any kind.",
        epilog="example: de-agent-mcp diagnose-log 'attempt=1.log'",
    )
    parser.add_argument(
        "file", nargs="?", default="-", help="a log (gzip is understood), or - for standard input"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument(
        "--jsonl", action="store_true", help='many: {"id", "log"} a line in, one object a line out'
    )
    return parser


def _one(text: Iterable[str], *, as_json: bool) -> int:
    found = diagnose_log(text)
    if as_json:
        print(json.dumps(_answer(found), ensure_ascii=False))
    else:
        print(_for_a_person(found, colour=colourful()))
    return 0


def _answer(found: LogDiagnosis) -> dict[str, object]:
    return {key: getattr(found, key) for key in _KEYS}


def _for_a_person(found: LogDiagnosis, *, colour: bool) -> str:
    cause, digest = visible(found.cause_line), visible(found.digest)
    if not cause:
        return f"{digest}\n\nNothing here says why it failed. Give it the whole log of the try."
    bold, plain = ("\x1b[1;31m", "\x1b[0m") if colour else ("", "")
    where = f"line {found.cause_line_number}: " if found.cause_line_number else ""
    sure = (
        found.confidence if found.confidence == "inconclusive" else f"{found.confidence} confidence"
    )
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(found.next_steps, 1))
    head = f"{bold}{found.category} ({sure}){plain}\n{where}{cause}"
    return f"{head}\n\n{digest}" + (f"\n\nDo next\n{steps}" if steps else "")


def _many(rows: Iterable[str]) -> int:
    failed = 0
    for row in rows:
        if not row.strip():
            continue
        asked = _asked(row)
        if asked is None:
            failed = 1
            answer: dict[str, object] = {"error": 'not a JSON object with "id" and "log" (text)'}
        else:
            answer = {"id": asked["id"], **_answer(diagnose_log([asked["log"]]))}
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    return failed


def _asked(row: str) -> dict[str, Any] | None:  # Any: JSON as read
    try:
        asked = json.loads(row)
    except (ValueError, RecursionError):
        return None
    good = isinstance(asked, dict) and "id" in asked and isinstance(asked.get("log"), str)
    return asked if good else None
