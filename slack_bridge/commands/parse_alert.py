"""`parse-alert`: Slack events in, alerts out, a line each."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mcp_server.domain.command_line import say_waiting
from slack_bridge.alert.model import Alert, AlertRules
from slack_bridge.alert.parse import parse_alert
from slack_bridge.alert.rules import rules_from
from slack_bridge.settings import Settings, SettingsWrong

EXAMPLE = """example:
  echo '{"type":"message","bot_id":"B1","text":"Task `load` in DAG `orders` failed"}' \\
    | de-agent-slack parse-alert --explain"""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # Windows begins a file so


def main(argv: list[str]) -> int:
    """Read one inner Slack event a line; exit 1 when a line was no event, 2 for wrong settings."""
    parser = argparse.ArgumentParser(
        prog="de-agent-slack parse-alert",
        description="Says of each Slack event whether it is a failure alert and what it names.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", nargs="?", default="-", help="events, one a line, or - for standard input"
    )
    parser.add_argument("--explain", action="store_true", help="add where each value was read")
    options = parser.parse_args(argv)
    try:
        rules = rules_from(Settings.from_environment())
    except SettingsWrong as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with _opened(options.file) as stream:
            return _all(stream, rules, explain=options.explain)
    except _Unreadable as wrong:
        print(wrong, file=sys.stderr)
        return 1


class _Unreadable(Exception):
    """The file cannot be opened; the text says why."""


@contextmanager
def _opened(name: str) -> Iterator[Iterable[bytes]]:
    if name == "-":
        say_waiting("events")
        yield sys.stdin.buffer
        return
    try:
        stream = Path(name).open("rb")  # noqa: SIM115 - closed below; only opening is guarded
    except OSError as wrong:
        raise _Unreadable(f"cannot read {name}: {wrong.strerror}") from wrong
    with stream:
        yield stream


def _all(stream: Iterable[bytes], rules: AlertRules, *, explain: bool) -> int:
    wrong = 0
    for line in stream:
        row = line.removeprefix(_BYTE_ORDER_MARK)
        if not row.strip():
            continue
        answer = _answer(row, rules, explain=explain)
        wrong += "error" in answer
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    return 1 if wrong else 0


def _answer(line: bytes, rules: AlertRules, *, explain: bool) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"error": f"not JSON: {error}"}
    if not isinstance(event, dict):
        return {"error": "expected one JSON object a line: the inner `event` of a Slack message"}
    alert = parse_alert(event, rules)
    return alert.as_json() | (_explained(alert) if explain else {})


def _explained(alert: Alert) -> dict[str, Any]:
    seen = [
        {"field": w.field, "value": w.value, "place": w.place, "rule": w.rule}
        for w in alert.witnesses
    ]
    return {"why": alert.why, "seen": seen}
