"""The laptop's process: a receiver that fills the queue, and a worker that empties it."""

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from slack_bridge.alert.rules import rules_from
from slack_bridge.job import Job
from slack_bridge.log import log_line, where
from slack_bridge.receiver import Receiver, view_opener
from slack_bridge.receiving.http_server import SlackServer
from slack_bridge.receiving.queue import Leased, Queue
from slack_bridge.settings import Settings

SWEEP_SECONDS = 60.0
FIRST_SWEEP_SECONDS = 5.0
# Many wait for Slack or AWS at a time; how many the model deepens is a setting.
ANSWERED_AT_ONCE = 24
LOOK_SECONDS = 1.0
STOP_SECONDS = 10.0


class CannotListen(Exception):
    """The address or the socket cannot be had; the text says why."""


class Answers(Protocol):
    """What `slack_bridge.worker.Worker` does."""

    async def answer(self, job: Job) -> None: ...
    async def sweep(self) -> None: ...
    async def close(self) -> None: ...


def listen(settings: Settings, host: str, port: int, *, socket_mode: bool) -> int:
    """Receive and answer until SIGINT or SIGTERM; jobs not finished are kept for the next start."""
    queue = Queue(settings.queue)
    receiver = Receiver(
        settings.slack_signing_secret,
        queue.put,
        view_opener(settings.slack_bot_token, settings.slack_api_url),
        rules_from(settings),
    )
    recovered = queue.recover()
    url, stop = (
        _start_socket(settings, receiver) if socket_mode else _start_http(host, port, receiver)
    )
    log_line("queue", waiting=queue.waiting(), recovered=recovered)
    try:
        asyncio.run(_work(settings, queue, url))
    finally:
        stop()
        log_line("stopped", waiting=queue.waiting())
        queue.close()
    return 0


def _start_http(host: str, port: int, receiver: Receiver) -> tuple[str, Callable[[], None]]:
    try:
        server = SlackServer((host, port), receiver)
    except (OSError, OverflowError) as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error}") from error
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return server.url, stop


def _start_socket(settings: Settings, receiver: Receiver) -> tuple[str, Callable[[], None]]:
    from slack_bridge.socket_mode import SocketRefused, connect  # late: only with --socket

    try:
        client = connect(settings, receiver)
    except SocketRefused as error:
        raise CannotListen(str(error)) from error
    return "socket", client.close


async def _work(settings: Settings, queue: Queue, url: str) -> None:
    from slack_bridge.worker import Worker  # late: Gemini and MCP load after the port is open

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    worker = await Worker.from_settings(settings)
    # Events have been taken since the port opened; from now on they are answered as well.
    log_line("listening", url=url)
    try:
        await answer_all(queue, worker, stopping, settings)
    finally:
        await worker.close()


async def answer_all(
    queue: Queue, worker: Answers, stopping: asyncio.Event, settings: Settings
) -> None:
    """Answer what the queue holds, many at once, and sweep each minute, until `stopping`."""
    fresh = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(fresh.set)

    queue.on_put = wake
    answering: set[asyncio.Task[None]] = set()
    tasks = {
        asyncio.create_task(_lease_all(queue, worker, fresh, settings, answering)),
        asyncio.create_task(_sweep(queue, worker)),
    }
    await stopping.wait()
    queue.on_put = lambda: None
    for task in tasks | answering:
        task.cancel()
    await asyncio.wait(tasks | answering, timeout=STOP_SECONDS)


async def _lease_all(
    queue: Queue,
    worker: Answers,
    fresh: asyncio.Event,
    settings: Settings,
    answering: set[asyncio.Task[None]],
) -> None:
    slots = asyncio.Semaphore(ANSWERED_AT_ONCE)
    seconds = settings.deadline_seconds + 30
    while True:
        await slots.acquire()
        fresh.clear()
        while (leased := queue.lease(seconds)) is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(fresh.wait(), LOOK_SECONDS)
            fresh.clear()
        task = asyncio.create_task(_answer(queue, worker, leased))
        answering.add(task)
        task.add_done_callback(answering.discard)
        task.add_done_callback(lambda _: slots.release())


async def _answer(queue: Queue, worker: Answers, leased: Leased) -> None:
    job = leased.job
    ids = {"kind": job.kind, "team": job.team_id, "channel": job.channel, "ts": job.ts}
    try:
        await worker.answer(job)
    except asyncio.CancelledError:
        queue.release(leased)
        raise
    except Exception as error:  # noqa: BLE001 - top level: one job's bug must not stop the others
        state = queue.failed(leased)
        log_line("not answered", **ids, tries=leased.tries, then=state, error=where(error))
    else:
        queue.done(leased)
        log_line("answered", **ids, tries=leased.tries)


async def _sweep(queue: Queue, worker: Answers) -> None:
    # Soon after the start: an outage may have ended just now.
    await asyncio.sleep(FIRST_SWEEP_SECONDS)
    while True:
        try:
            if revived := queue.revive():
                log_line("given-up jobs tried again", count=revived)
            await worker.sweep()
        except Exception as error:  # noqa: BLE001 - top level: the next minute's sweep tries again
            log_line("sweep failed", error=where(error))
        await asyncio.sleep(SWEEP_SECONDS)
