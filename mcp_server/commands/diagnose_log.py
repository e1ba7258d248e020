"""`de-agent-mcp diagnose-log`: the cause in a log file, without any account."""

import argparse
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from typing import IO, Any

from mcp_server.diagnostics.cause import LogDiagnosis, diagnose_log
from mcp_server.diagnostics.signals import load_signals

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
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp diagnose-log",
        description="Find the cause in a failure log of any kind.",
        epilog="example: de-agent-mcp diagnose-log 'attempt=1.log'",
    )
    parser.add_argument(
        "file", nargs="?", default="-", help="a log (gzip is understood), or - for standard input"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--jsonl", action="store_true", help='many: {"id", "log"} a line in, one object a line out'
    )
    options = parser.parse_args(argv)
    try:
        load_signals()
    except ValueError as wrong:
        print(f"{wrong}\nCorrect that file, or unset DE_AGENT_CATEGORIES.", file=sys.stderr)
        return 2
    try:
        with _open(options.file) as stream:
            return _many(stream) if options.jsonl else _one(stream, as_json=options.json)
    except BrokenPipeError:
        raise  # the reader of our answer left; that is not the log's fault
    except (OSError, EOFError, zlib.error) as wrong:
        print(
            f"cannot read {options.file}: {getattr(wrong, 'strerror', None) or wrong}",
            file=sys.stderr,
        )
        return 1


def _open(name: str) -> IO[str]:
    raw = sys.stdin.fileno() if name == "-" else name
    binary = io.BufferedReader(io.FileIO(raw, closefd=name != "-"), 1 << 20)
    data: Any = gzip.GzipFile(fileobj=binary) if binary.peek(2)[:2] == b"\x1f\x8b" else binary
    return io.TextIOWrapper(data, "utf-8", "replace", newline="\n")


def _one(stream: IO[str], *, as_json: bool) -> int:
    found = diagnose_log(_chunks(stream))
    if as_json:
        print(json.dumps(_answer(found), ensure_ascii=False))
    else:
        print(_for_a_person(found, colour=sys.stdout.isatty()))
    return 0


def _chunks(stream: IO[str]) -> Iterator[str]:
    while chunk := stream.read(1 << 18):
        yield chunk


def _answer(found: LogDiagnosis) -> dict[str, object]:
    return {key: getattr(found, key) for key in _KEYS}


def _for_a_person(found: LogDiagnosis, *, colour: bool) -> str:
    bold, plain = ("\x1b[1;31m", "\x1b[0m") if colour else ("", "")
    where = f"line {found.cause_line_number}: " if found.cause_line_number else ""
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(found.next_steps, 1))
    title = f"{found.category} ({found.confidence} confidence)"
    return f"{bold}{title}{plain}\n{where}{found.cause_line}\n\n{found.digest}\n\nDo next\n{steps}"


def _many(stream: IO[str]) -> int:
    failed = 0
    for row in stream:
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
