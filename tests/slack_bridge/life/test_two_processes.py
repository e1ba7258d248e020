"""Two real bridges on one store, the same events at both, killed at any moment: one answer each."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.answers import read_answers
from sandbox.bridge_process import BridgeProcess
from sandbox.incident import Incident
from sandbox.logs.streams import Event
from sandbox.slack.delivery import Delivery
from sandbox.slack.server import SECRET
from sandbox.slack.workspace import BOT, Message
from sandbox.world import World

NOW = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
CHANNEL, ENVIRONMENT, RUN = "C0DATAALERTS", "airflow-two", "scheduled__2026-11-23T02:00:00+00:00"
ALERTS, CAUSES, KILLS = 18, 6, 6
SETTLE_SECONDS = 240.0


def alert(number: int) -> dict[str, object]:
    at = NOW - timedelta(seconds=60) + timedelta(milliseconds=50 * number)
    text = f":red_circle: Task Failed.\n*Task*: load\n*Dag*: two_dag_{number}\n*Run*: {RUN}"
    return {
        "type": "message", "subtype": "bot_message", "channel": CHANNEL, "text": text,
        "ts": f"{at.timestamp():.6f}", "bot_id": "B0AIRFLOW", "app_id": "A0AIRFLOW",
    }  # fmt: skip


def log(number: int) -> list[Event]:
    lines = ("INFO - Running", f"ERROR - Task failed\nKeyError: 'column_{number % CAUSES}'")
    at = int((NOW - timedelta(seconds=90)).timestamp() * 1000)
    return [(at + n, line) for n, line in enumerate(lines)]


def story() -> Incident:
    run = RUN.replace(":", "_")
    streams = {
        f"dag_id=two_dag_{n}/run_id={run}/task_id=load/attempt=1.log": log(n) for n in range(ALERTS)
    }
    mwaa = {"Name": ENVIRONMENT, "AirflowVersion": "2.10.5", "Status": "AVAILABLE"}
    return Incident(
        "two", Path(), "Two bridges", "2.10.5", ENVIRONMENT, NOW,
        mwaa=mwaa, logs={f"{ENVIRONMENT}-Task": streams},
    )  # fmt: skip


class Bridge:
    """One of the two: its own queue, the shared store; killed and started again."""

    def __init__(self, world: World, number: int, stack: ExitStack) -> None:
        queue = str(world.folder / f"queue-{number}.sqlite3")
        # Short, so that what a killed process held is taken over while the test looks on.
        limits = {"DE_AGENT_DEADLINE_SECONDS": "20", "DE_AGENT_QUEUE": queue}
        self._environment = world.environment() | limits
        self._stack, self._process = stack, BridgeProcess(self._environment)
        self.delivery = Delivery(SECRET, world.slack.delivery.socket, pauses=(0.2, 1.0))
        self.start()

    def start(self) -> None:
        self._process = self._stack.enter_context(BridgeProcess(self._environment))
        self.delivery.events_url = self._process.url

    def kill(self) -> None:
        """SIGKILL: nothing of it is tidied up."""
        process = self._process._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def world() -> Iterator[World]:
    with World(story()) as world:
        yield world


def delivered(bridges: list[Bridge], disorder: random.Random) -> None:
    """Each event at both bridges, out of order and side by side; a dead one is sent it again."""
    sending = [(bridge, number) for bridge in bridges for number in range(ALERTS)]
    disorder.shuffle(sending)
    pause = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        for bridge, number in sending:
            pool.submit(taken, bridge, number)
            pause.wait(0.25)


def taken(bridge: Bridge, number: int) -> None:
    """Send until it is: a bridge that starts again has another port, where Slack's URL is one."""
    until, pause = time.monotonic() + SETTLE_SECONDS, threading.Event()
    while not bridge.delivery.event(alert(number)).taken:
        assert time.monotonic() < until
        pause.wait(1.0)


def ours(world: World) -> list[Message]:
    known = world.slack.workspace.messages[CHANNEL].values()
    return [message for message in known if message.body.get("bot_id") == BOT]


def settled(world: World) -> bool:
    """Wait until every alert has its end."""
    store, pause = Path(world.environment()["DE_AGENT_STORE"]), threading.Event()
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        if sum(answer.ended for answer in read_answers(store)) == ALERTS:
            return True
        pause.wait(0.5)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11])
def test_two_bridges_killed_at_any_moment_answer_each_alert_exactly_once(
    world: World, seed: int
) -> None:
    disorder, pause = random.Random(seed), threading.Event()  # noqa: S311 - the same each time
    for number in range(ALERTS):
        world.slack.workspace.put(alert(number))
    with ExitStack() as stack:
        bridges = [Bridge(world, number, stack) for number in range(2)]
        sending = threading.Thread(target=delivered, args=(bridges, disorder))
        sending.start()
        for _ in range(KILLS):
            pause.wait(disorder.uniform(0.3, 2.5))
            victim = disorder.choice(bridges)
            victim.kill()
            victim.start()
        sending.join()
        assert settled(world), [a.state for a in read_answers(world.folder / "incidents.sqlite3")]
        threads = Counter(message.thread_ts for message in ours(world))
        assert threads == dict.fromkeys((str(alert(n)["ts"]) for n in range(ALERTS)), 1)
        said = [str(message.body) for message in ours(world)]
        assert not [text for text in said if "Looking further" in text]
