"""The rules' diagnosis of an alert, asked of the tool `diagnose_failure`."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from mcp.types import CallToolResult
from pydantic import ValidationError

from mcp_server.diagnostics.redact import redact
from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.diagnosis import Found, Step
from slack_bridge.message.text import plain
from slack_bridge.message.wording import say, told
from slack_bridge.reasoning.alone import from_alert_alone
from slack_bridge.reasoning.connection import Connection, ToolsUnreachable
from slack_bridge.toolbox import text_of

TOOL = "diagnose_failure"
MOST_SAID = 2_000
# The server answers within the time it is given; this is for the way there and back.
GRACE_SECONDS = 1.0
Depth = Literal["logs", "state", "full"]
Json = Mapping[str, Any]  # Any: JSON values


async def diagnosed(
    connection: Connection, asked: Json, alert: Json, at: datetime, wait_seconds: float
) -> Found:
    """What the rules know after `wait_seconds`; from the alert alone when they cannot be asked."""
    began = time.monotonic()
    arguments = {**asked, "wait_seconds": wait_seconds}
    if not asked["dag_id"]:
        return Found(from_alert_alone(alert, say("alone.no_dag")), reached=False)
    try:
        result = await connection.call(TOOL, arguments, at, wait_seconds + GRACE_SECONDS)
    except ToolsUnreachable as error:
        return Found(from_alert_alone(alert, str(error)), reached=False)
    step = _step(asked, result, began)
    if result.is_error:
        why = text_of(result).removeprefix(f"Error executing tool {TOOL}").lstrip(": ")
        return Found(from_alert_alone(alert, why), (step,))
    try:
        return Found(Diagnosis.model_validate(result.structured_content), (step,))
    except ValidationError:
        return Found(from_alert_alone(alert, say("alone.strange")), (step,), reached=False)


def asked_of(alert: Json, environments: Sequence[str], depth: Depth) -> dict[str, Any]:
    """The tool's arguments for an alert: what it says, and which environments it may mean."""
    asked: dict[str, Any] = {
        "dag_id": plain(alert.get("dag_id") or "", 250),
        "run_id": alert.get("run_id") or "latest_failed",
        "task_id": alert.get("task_id") or "",
        "try_number": alert.get("try_number") or 0,
        "environment": ",".join(_environments(alert, environments)),
        "logical_date": alert.get("logical_date") or "",
        "said": redact(alert.get("exception") or "")[:MOST_SAID],
        "depth": depth,
    }
    if alert.get("map_index") is not None:
        asked["map_index"] = alert["map_index"]
    return asked


def _environments(alert: Json, preferred: Sequence[str]) -> list[str]:
    """The web server's host first, then the alert's own word, then the channel's environments."""
    host = urlsplit(alert.get("log_url") or "").hostname or ""
    hosts = [host] if host and "console." not in host else []
    hint = str(alert.get("environment_hint") or "").replace(",", " ").strip()
    return list(dict.fromkeys([*hosts, *([hint] if hint else []), *preferred]))


def _step(asked: Json, result: CallToolResult, began: float) -> Step:
    shown = {name: said for name, said in asked.items() if said and name != "said"}
    ms = round((time.monotonic() - began) * 1000)
    tokens = len(text_of(result)) // 4
    return Step(told("verbs", TOOL, shown), TOOL, shown, ms, tokens, bool(result.is_error))
