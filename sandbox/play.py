"""Plays a story: its alerts go to the real bridge, and its threads grow until they settle."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.answers import jobs_given_up, jobs_waiting, read_answers
from sandbox.bridge_process import BridgeProcess
from sandbox.watch import Watch
from sandbox.world import World

LOOK_SECONDS = 0.1
WAIT_SECONDS = 240.0
# Shorter than Slack's own pauses: a bridge on this machine is there or it is not.
PAUSES = (0.2, 1.0, 5.0)
Print = Callable[[str], None]


def connect(world: World, bridge: BridgeProcess) -> None:
    """Let the world's Slack send its events to the bridge: to its address, or over its socket."""
    world.slack.delivery.pauses = PAUSES
    if bridge.url.startswith("http"):
        world.slack.delivery.events_url = bridge.url


class Play:
    """One story in one world; `show` gets each line as the threads grow."""

    def __init__(self, world: World, bridge: BridgeProcess, show: Print) -> None:
        self._world = world
        self._bridge = bridge
        self._show = show
        self._watch = Watch(world.slack.workspace)
        self._began = time.monotonic()

    def run(self, wait: float = WAIT_SECONDS) -> list[str]:
        """Deliver the alerts and wait until all is settled; what went wrong, if anything."""
        connect(self._world, self._bridge)
        self._began = time.monotonic()
        wrong = list(self._deliver())
        wrong += self._settle(time.monotonic() + wait)
        self.show_news()
        return wrong

    def show_news(self) -> None:
        """Print what changed since the last look."""
        for line in self._watch.news(time.monotonic() - self._began):
            self._show(line)

    def _deliver(self) -> Iterable[str]:
        for number, alert in enumerate(self._world.incident.alerts, 1):
            delivered = self._world.slack.deliver(alert)
            if not delivered.taken:
                said = delivered.body[:200] or "no answer"
                yield f"the bridge did not take alert {number}: {delivered.status} {said}"
            self.show_news()

    def _settle(self, until: float) -> list[str]:
        while time.monotonic() < until:
            self.show_news()
            if not self._bridge.alive:
                return ["the bridge ended before the threads were settled:\n" + self._bridge.tail()]
            if not self._pending():
                return self._given_up()
            time.sleep(LOOK_SECONDS)
        return [f"not settled in time: {self._pending()}\n{self._bridge.tail()}"]

    def _pending(self) -> str:
        """What is still to be done, "" when all is."""
        jobs = jobs_waiting(self._file("DE_AGENT_QUEUE"))
        open_ones = [a for a in read_answers(self._file("DE_AGENT_STORE")) if not a.ended]
        parts = [f"{jobs} jobs in the bridge's queue"] if jobs else []
        parts += [f"{a.id} is {a.state}" for a in open_ones[:5]]
        return ", ".join(parts)

    def _given_up(self) -> list[str]:
        count = jobs_given_up(self._file("DE_AGENT_QUEUE"))
        told = f"the bridge gave up {count} jobs after repeated failures:\n{self._bridge.tail()}"
        return [told] if count else []

    def _file(self, name: str) -> Path:
        return Path(self._world.environment()[name])
