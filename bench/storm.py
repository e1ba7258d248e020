"""A storm on local servers: alerts of 50 dags and 12 causes in a minute, doubled and out of order.

The bridge is its own process; logs, Slack (with its limits) and signed events are real and local.

Usage: .venv/bin/python bench/storm.py [--alerts 1000] [--seconds 60]
"""

import argparse
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sandbox.bridge_process import BridgeProcess
from sandbox.incident import Incident
from sandbox.logs.streams import Event
from sandbox.slack.workspace import BOT
from sandbox.world import World

CHANNEL, ENVIRONMENT, DAGS = "C0DATAALERTS", "airflow-storm", 50
RUN, NOW = "scheduled__2026-11-23T03:00:00+00:00", datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
CAUSES = (
    'psycopg2.errors.UndefinedTable: relation "stg.orders" does not exist',
    "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling GetObject",
    "MemoryError: Unable to allocate 7.45 GiB for an array",
    "requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='api.partner.example', port=443)",
    "KeyError: 'customer_id'",
    "psycopg2.errors.QueryCanceled: canceling statement due to statement timeout",
    "FileNotFoundError: [Errno 2] No such file or directory: '/data/in/rates.csv'",
    "ModuleNotFoundError: No module named 'pyarrow'",
    "airflow.exceptions.AirflowNotFoundException: The conn_id `redshift_dw` isn't defined",
    "ValueError: could not convert string to float: 'n/a'",
    "psycopg2.OperationalError: password authentication failed for user",
    "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
)
Json = dict[str, Any]


def names(number: int) -> tuple[str, str]:
    return f"team_dag_{number % DAGS}", f"load_{number // DAGS}"


def cause_of(number: int) -> str:
    return CAUSES[number % len(CAUSES)]


def alert(number: int) -> Json:
    dag, task = names(number)
    at = NOW - timedelta(seconds=60) + timedelta(milliseconds=50 * number)
    text = f":red_circle: Task Failed.\n*Task*: {task}\n*Dag*: {dag}\n*Run*: {RUN}"
    return {
        "type": "message", "subtype": "bot_message", "channel": CHANNEL, "text": text,
        "ts": f"{at.timestamp():.6f}", "bot_id": "B0AIRFLOW", "app_id": "A0AIRFLOW",
    }  # fmt: skip


def log(number: int) -> list[Event]:
    lines = [
        "INFO - Dependencies all met",
        "INFO - Running the loader",
        "ERROR - Task failed with exception\nTraceback (most recent call last):\n"
        '  File "/usr/local/airflow/dags/loader.py", line 31, in load\n    run()\n'
        f"{cause_of(number)}",
        "INFO - Marking task as FAILED.",
    ]
    start = NOW - timedelta(seconds=90)
    stamps = (start + timedelta(seconds=n) for n in range(len(lines)))
    return [
        (int(at.timestamp() * 1000), f"[{at:%Y-%m-%dT%H:%M:%S.000+0000}] {{loader.py:31}} {line}")
        for at, line in zip(stamps, lines, strict=True)
    ]


def story(alerts: int) -> Incident:
    run = RUN.replace(":", "_")
    streams = {}
    for number in range(alerts):
        dag, task = names(number)
        streams[f"dag_id={dag}/run_id={run}/task_id={task}/attempt=1.log"] = log(number)
    mwaa = {"Name": ENVIRONMENT, "AirflowVersion": "2.10.5", "Status": "AVAILABLE"}
    return Incident(
        "storm", Path(), "A storm", "2.10.5", ENVIRONMENT, NOW,
        mwaa=mwaa, logs={f"{ENVIRONMENT}-Task": streams},
    )  # fmt: skip


def deliver(world: World, alerts: int, seconds: float) -> float:
    """Each alert stands in the channel once and arrives one to three times; seconds it took."""
    disorder = random.Random(12)  # noqa: S311 - the same disorder each time
    order = [n for n in range(alerts) for _ in range(disorder.choice((1, 1, 2, 3)))]
    order.sort(key=lambda n: n + disorder.uniform(-30, 30))
    events = [alert(n) for n in range(alerts)]
    for event in events:
        world.slack.workspace.put(event)
    began = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        sent = []
        for place, number in enumerate(order):
            wait = began + seconds * place / len(order) - time.monotonic()
            time.sleep(max(wait, 0.0))
            sent.append(pool.submit(world.slack.delivery.event, events[number]))
        assert all(s.result().taken for s in sent), "an event was not taken"
    print(f"delivered: {len(order)} events of {alerts} alerts in {time.monotonic() - began:.0f} s")
    return began


def rows(store: str) -> list[Mapping[str, Any]]:
    db = sqlite3.connect(store, timeout=10)
    db.row_factory = sqlite3.Row
    found = db.execute("SELECT * FROM incidents WHERE kind = 'alert'").fetchall()
    db.close()
    return found


def settle(store: str, alerts: int, limit: float) -> list[Mapping[str, Any]]:
    """Wait until every alert has its end."""
    until = time.monotonic() + limit
    while True:
        found = rows(store)
        ended = [row for row in found if row["state"] not in ("claimed", "waiting")]
        if len(ended) == alerts or time.monotonic() > until:
            return found
        time.sleep(1)


def told(world: World, found: list[Mapping[str, Any]], alerts: int) -> bool:
    """Print the figures beside their bars; True when all hold."""
    ours = [
        m for m in world.slack.workspace.messages[CHANNEL].values() if m.body.get("bot_id") == BOT
    ]
    states = Counter(str(row["state"]) for row in found)
    state_of = {row["ts"]: row["state"] for row in found}
    per_thread = Counter(m.thread_ts for m in ours)
    bodies = [json.loads(row["body"]) for row in found]
    deepened = Counter(
        b["diagnosis"]["cause_pattern"] for b in bodies if b.get("model_turns") and "diagnosis" in b
    )
    first_posts = sorted(m.ts for m in ours if state_of.get(m.thread_ts) == "answered")
    lines = sorted(m.ts for m in ours if state_of.get(m.thread_ts) == "repeat")
    patterns = {}
    for row, body in zip(found, bodies, strict=True):
        if row["state"] == "answered":
            patterns.setdefault(body["diagnosis"]["cause_pattern"], row["reply_ts"])
    late = [ts for ts in patterns.values() if lines and ts > lines[0]]
    lost, doubled = alerts - sum(states[s] for s in ENDS), sum(n - 1 for n in per_thread.values())
    most = max(deepened.values(), default=0)
    print(
        f"ends: {dict(states)}; posts {len(ours)}, causes posted {len(patterns)} of {len(CAUSES)}"
    )
    print(f"lost {lost} (0); answered twice {doubled} (0); investigations a cause {most} (<= 1)")
    print(f"causes posted after the first repeat's line: {len(late)} (0)")
    print(
        f"answers of their own {len(first_posts)}, lines {len(lines)} (<= 50 and those before it)"
    )
    return not lost and not doubled and most <= 1 and not late and len(patterns) == len(CAUSES)


ENDS = ("answered", "repeat", "listed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with World(story(options.alerts)) as world:
        world.slack.limits.posts = world.slack.limits.tiers = True
        with BridgeProcess(world.environment()) as bridge:
            world.slack.delivery.events_url = bridge.url
            began = deliver(world, options.alerts, options.seconds)
            found = settle(world.environment()["DE_AGENT_STORE"], options.alerts, 300)
            print(f"all ended {time.monotonic() - began:.0f} s after the first event")
            good = told(world, found, options.alerts)
            if not good:
                print(bridge.tail(30))
        calls = Counter(f"{c.service}:{c.operation}" for c in world.calls.all())
        print("calls:", dict(calls.most_common(12)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
