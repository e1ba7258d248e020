"""The real process, killed in the middle of an alert and started again."""

import threading
from collections.abc import Callable

import pytest
from life_support import text_of

from sandbox.bridge_process import BridgeProcess
from sandbox.incident import load_incident
from sandbox.slack.workspace import BOT, Message
from sandbox.world import World


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    pause = threading.Event()
    for _ in range(int(seconds * 50)):
        if what():
            return
        pause.wait(0.02)
    raise AssertionError("it did not happen in time")


def ours(world: World) -> list[Message]:
    channels = world.slack.workspace.messages.values()
    return [m for channel in channels for m in channel.values() if m.body.get("bot_id") == BOT]


@pytest.mark.slow
@pytest.mark.parametrize("progress", ["received", "posted"])
def test_a_killed_process_finishes_its_alert_when_it_is_started_again(progress: str) -> None:
    incident = load_incident("paper-lantern")
    with World(incident, latency=0.2) as world:
        with BridgeProcess(world.environment()) as bridge:
            world.slack.delivery.events_url = bridge.url
            world.slack.deliver(incident.alerts[0])
            if progress == "posted":
                wait_for(lambda: bool(ours(world)))
            process = bridge._process
            assert process is not None
            process.kill()
            process.wait()
        with BridgeProcess(world.environment()):
            wait_for(lambda: bool(ours(world)) and "AI-generated" in text_of(ours(world)[0]))
        (message,) = ours(world)
        assert "Looking further" not in text_of(message)
