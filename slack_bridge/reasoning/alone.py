"""What can be said when no tool answers: the alert's own words, and that they are all there is."""

from collections.abc import Mapping
from typing import Any

from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.message.text import plain
from slack_bridge.message.wording import say, section


def from_alert_alone(alert: Mapping[str, Any], why: str) -> Diagnosis:
    """An inconclusive diagnosis; `why` says what kept the tools from answering."""
    lead = last_line(alert.get("exception") or "")
    proof = {"id": 1, "kind": "alert", "quote": lead, "place": say("alone.place")}
    ids = ("dag_id", "run_id", "task_id", "map_index", "try_number", "logical_date")
    return Diagnosis.model_validate(
        {
            "dag_id": "",
            **{name: alert[name] for name in ids if alert.get(name) is not None},
            "cause_line": lead,
            "evidence": [proof] if lead else [],
            "next_steps": section("alone")["steps"],
            "not_checked": [{"what": say("alone.not_reached"), "why": plain(why, 300)}],
        }
    )


def last_line(exception: str) -> str:
    """The last line of an exception's text, redacted: there Python says what it was."""
    lines = [line for part in exception.splitlines() if (line := plain(part, 300))]
    return lines[-1] if lines else ""
