"""`parse-alert`: Slack events in, alerts out, a line each."""

import argparse
import json
import sys
from typing import Any

from slack_bridge.alert.model import Alert
from slack_bridge.alert.parse import parse_alert
from slack_bridge.alert.rules import rules_from
from slack_bridge.settings import Settings, SettingsWrong

EXAMPLE = """example:
  echo '{"type":"message","bot_id":"B1","text":"Task `load` in DAG `orders` failed"}' \\
    | python -m slack_bridge parse-alert --explain"""


def main(argv: list[str]) -> int:
    """Read one inner Slack event a line from stdin; exit 1 when a line was no event."""
    parser = argparse.ArgumentParser(
        prog="de-agent-slack parse-alert",
        description="Says of each Slack event whether it is a failure alert and what it names.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--explain", action="store_true", help="add where each value was read")
    options = parser.parse_args(argv)
    try:
        rules = rules_from(Settings.from_environment())
    except SettingsWrong as error:
        print(error, file=sys.stderr)
        return 2
    wrong = 0
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        answer = _answer(line, rules, explain=options.explain)
        wrong += "error" in answer
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    return 1 if wrong else 0


def _answer(line: bytes, rules: Any, *, explain: bool) -> dict[str, Any]:  # noqa: ANN401
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
