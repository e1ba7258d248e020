"""The tools behind an address: over real HTTP, and again after the server was restarted."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from tools_support import AT, World

from slack_bridge.reasoning.connection import Connection
from slack_bridge.toolbox import Toolbox

pytestmark = pytest.mark.anyio


@contextmanager
def serving(world: World, port: int) -> Iterator[None]:
    app = world.server().streamable_http_app(stateless_http=True, json_response=True)
    config = uvicorn.Config(app, port=port, log_level="critical", lifespan="on", ws="none")
    server = uvicorn.Server(config)
    started = threading.Event()
    thread = threading.Thread(target=_run, args=(server, started), daemon=True)
    thread.start()
    assert started.wait(10)
    yield
    server.should_exit = True
    thread.join(10)


def _run(server: uvicorn.Server, started: threading.Event) -> None:
    startup = server.startup

    async def told(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = told  # type: ignore[method-assign]  # the server offers no other sign
    server.run()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_tools_answer_over_http_with_the_alerts_time_and_after_a_restart() -> None:
    port, first, second = free_port(), World(), World()
    connection = Connection(f"http://127.0.0.1:{port}/mcp")
    with serving(first, port):
        before = await Toolbox(connection, AT).call("audit_redshift", {"table": "a"})
    with serving(second, port):
        after = await Toolbox(connection, AT).call("audit_redshift", {"table": "a"})
    await connection.close()

    assert not before.failed
    assert not after.failed
    assert first.times == second.times == ["2026-11-22T03:04:30Z"]
