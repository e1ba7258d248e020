"""What a played story came to: the keys of `sandbox run --json`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sandbox.answers import Answered, judged, read_answers
from sandbox.expect import Outcome, shortfalls
from sandbox.slack.conversations import row
from sandbox.slack.workspace import Message, Workspace, by_ts
from sandbox.world import World

Json = dict[str, Any]  # Any: JSON to print


def report(world: World, wrong: Sequence[str]) -> Json:
    """The whole outcome; `wrong` is what already fell short while playing."""
    answers = read_answers(Path(world.environment()["DE_AGENT_STORE"]))
    main = judged(answers)
    threads = _answered_threads(world)
    outcome = Outcome(main.diagnosis if main else None, len(threads))
    failures = [*wrong, *shortfalls(world.incident.expect, outcome)]
    first, final = _seconds(world.slack.workspace, main)
    return {
        "ok": not failures,
        "failures": failures,
        "diagnosis": outcome.diagnosis,
        "diagnoses": [a.diagnosis for a in answers if a.diagnosis],
        "messages": [row(world.slack.workspace, m) for m in _ours(world.slack.workspace)],
        "tool_calls": [step for answer in answers for step in _tool_calls(answer)],
        "backend_calls": world.calls.as_json(),
        "model_turns": sum(int(a.body.get("model_turns") or 0) for a in answers),
        "first_answer_s": first,
        "final_answer_s": final,
        "tools": _tools(world),
    }


def _ours(workspace: Workspace) -> list[Message]:
    found = [m for channel in workspace.messages.values() for m in channel.values() if m.is_ours]
    return sorted(found, key=by_ts)


def _answered_threads(world: World) -> set[tuple[str, str]]:
    """Alerts' threads that hold a message of the bridge's."""
    workspace = world.slack.workspace
    alerts = {
        (str(a["channel"]), str(a.get("thread_ts") or a["ts"])) for a in world.incident.alerts
    }
    return {(m.channel, m.thread_ts) for m in _ours(workspace)} & alerts


def _seconds(workspace: Workspace, main: Answered | None) -> tuple[float | None, float | None]:
    """From the alert to our first message in its thread, and to the last edit there."""
    alert = workspace.messages.get(main.channel, {}).get(main.ts) if main else None
    if alert is None:
        return None, None
    ours = [m for m in workspace.thread(alert.channel, alert.thread_ts) if m.is_ours]
    if not ours:
        return None, None
    first = min(m.came for m in ours) - alert.came
    return round(first, 3), round(max(m.changed for m in ours) - alert.came, 3)


def _tool_calls(answer: Answered) -> Iterator[Json]:
    for step in answer.body.get("steps") or ():
        yield {
            "name": step.get("tool"),
            "arguments": step.get("arguments"),
            "ms": step.get("ms"),
            "tokens": step.get("tokens"),
        }


def _tools(world: World) -> Json:
    """Tokens (characters / 4) of each tool's declaration, as the scripted Gemini saw them."""
    declared = [
        declaration
        for request in world.gemini.requests[:1]
        for tool in request.get("tools") or ()
        for declaration in tool.get("functionDeclarations") or ()
    ]
    return {str(d.get("name")): len(json.dumps(d)) // 4 for d in declared}
