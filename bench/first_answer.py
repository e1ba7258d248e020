"""A failure's first useful answer when every backend takes 200 ms a call, and whose time it is.

The bridge answers another dag's failure of another cause before the clock runs: it is warm, and
what is measured is no repeat and goes the whole way, Gemini included. Overhead is the time in
which no backend call was in flight.

Usage: .venv/bin/python bench/first_answer.py [SLUG-or-folder ...] [--latency 0.2] [--calls]
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sandbox.answers import read_answers
from sandbox.bridge_process import BridgeProcess
from sandbox.calls import Call
from sandbox.incident import Incident, load_incident
from sandbox.logs.streams import Event
from sandbox.play import connect
from sandbox.world import World

STORIES = ("tin-whistle", "half-moon", "kite-string")
BAR_SECONDS, BAR_OVERHEAD, SETTLE_SECONDS = 2.5, 0.15, 120.0
Json = dict[str, Any]  # Any: JSON as a story's author wrote it


def twice(story: Incident) -> Incident:
    """The story with a twin of its alert's dag, which failed of something else a second before."""
    own = story.alerts[-1]
    dag = min((d["dag_id"] for d in story.airflow_rows["dags"]), key=lambda d: _place(d, own))
    twin = f"{dag}_twin"
    alert = json.loads(json.dumps(own).replace(dag, twin))
    alert["ts"] = f"{float(own['ts']) - 1:.6f}"
    logs = {
        group: streams
        | {n.replace(dag, twin): _other_cause(e) for n, e in streams.items() if dag in n}
        for group, streams in story.logs.items()
    }
    return replace(
        story,
        alerts=(alert, own),
        airflow_rows=_with_twin(story.airflow_rows, dag, twin),
        logs=logs,
    )


def _other_cause(events: list[Event]) -> list[Event]:
    return [(events[-1][0], "ERROR - Task failed with exception\nKeyError: 'warming_up'")]


def _place(dag: str, alert: Mapping[str, Any]) -> int:
    at = json.dumps(alert).find(dag)
    return at if at >= 0 else sys.maxsize


def _with_twin(rows: Json, dag: str, twin: str) -> Json:
    return {
        name: [*said, *_twins(said, dag, twin)] if isinstance(said, list) else said
        for name, said in rows.items()
    }


def _twins(rows: list[Json], dag: str, twin: str) -> list[Json]:
    texts = [json.dumps(row) for row in rows]
    return [json.loads(text.replace(dag, twin)) for text in texts if dag in text]


def settled(world: World, alerts: int) -> None:
    """Wait until that many alerts have their end."""
    store, until = Path(world.environment()["DE_AGENT_STORE"]), time.monotonic() + SETTLE_SECONDS
    while sum(a.ended for a in read_answers(store)) < alerts:
        if time.monotonic() > until:
            raise SystemExit(f"{alerts} alerts were not answered in {SETTLE_SECONDS:.0f} s")
        time.sleep(0.05)


def in_flight(calls: Iterable[Call], start: float, end: float) -> float:
    """Seconds between start and end with at least one call on its way."""
    spans = sorted((max(c.start, start), min(c.start + c.ms / 1000, end)) for c in calls)
    total, reached = 0.0, start
    for begin, stop in spans:
        if stop > reached:
            total += stop - max(begin, reached)
            reached = stop
    return total


def measure(name: str, latency: float, *, show: bool) -> bool:
    """Print one story's figures beside their bars; True when both hold."""
    with (
        World(twice(load_incident(name)), latency=latency) as world,
        BridgeProcess(world.environment()) as bridge,
    ):
        connect(world, bridge)
        world.slack.deliver(world.incident.alerts[0])
        settled(world, 1)
        began = time.monotonic() - world.calls.began
        world.slack.deliver(world.incident.alerts[1])
        settled(world, 2)
        calls = [c for c in world.calls.all() if c.start >= began]
    posts = [c for c in calls if (c.service, c.operation) == ("slack", "chat.postMessage")]
    model = sum(c.service == "gemini" for c in calls)
    first = posts[0].start + posts[0].ms / 1000 - began
    end = max(c.start + c.ms / 1000 for c in calls)
    over = 1 - in_flight(calls, began, end) / (end - began)
    if show:
        for call in calls:
            print(f"  {call.start - began:6.2f} {call.ms:6.0f} ms {call.service}:{call.operation}")
    print(
        f"{name}: first answer {first:.2f} s (<= {BAR_SECONDS}), whole {end - began:.2f} s,"
        f" overhead {over:.0%} (<= {BAR_OVERHEAD:.0%}), {len(calls)} calls, {model} of Gemini"
    )
    return first <= BAR_SECONDS and over <= BAR_OVERHEAD


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stories", nargs="*", default=STORIES)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds added to every call")
    parser.add_argument("--calls", action="store_true", help="print every call")
    options = parser.parse_args()
    good = [measure(name, options.latency, show=options.calls) for name in options.stories]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
