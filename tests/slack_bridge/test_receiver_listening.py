"""The laptop's receiver: real sockets, a real queue, and a worker of the test's own."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slack_bridge.commands import listen as command
from slack_bridge.job import Job
from slack_bridge.listening import ANSWERED_AT_ONCE, answer_all
from slack_bridge.receiver import Receiver
from slack_bridge.receiving.http_server import SlackServer
from slack_bridge.receiving.queue import Queue
from slack_bridge.receiving.signature import sign
from slack_bridge.settings import Settings, SettingsWrong

EVENT = {
    "type": "message",
    "bot_id": "B1",
    "channel": "C1",
    "text": "Task `a_b` in DAG `c_d` failed",
}


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    queue = Queue(str(tmp_path / "queue.sqlite3"))
    yield queue
    queue.close()


@pytest.fixture
def server(queue: Queue) -> Iterator[SlackServer]:
    server = SlackServer(("127.0.0.1", 0), Receiver("shhh", queue.put))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def send(
    server: SlackServer, method: str, path: str, body: bytes = b"", **more: str
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(server.server_address[1]), timeout=5)
    stamp = str(int(time.time()))
    signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign("shhh", stamp, body)}
    try:
        connection.request(method, path, body, signed | more)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def event(ts: str) -> bytes:
    said = {"type": "event_callback", "team_id": "T1", "event": EVENT | {"ts": ts}}
    return json.dumps(said).encode()


def test_a_signed_event_is_in_the_queue_before_it_is_acknowledged(
    server: SlackServer, queue: Queue
) -> None:
    assert send(server, "POST", "/slack/events", event("1.0"))[0] == 200
    assert send(server, "POST", "/slack/events", event("1.0"))[0] == 200
    leased = queue.lease(60)
    assert leased is not None
    assert leased.job.alert["dag_id"] == "c_d"
    assert queue.lease(60) is None


def test_health_is_told_and_other_paths_say_where_events_go(server: SlackServer) -> None:
    assert send(server, "GET", "/health") == (200, "ok")
    status, said = send(server, "POST", "/elsewhere", b"{}")
    assert status == 404
    assert "/slack/events" in said


def test_a_body_said_to_be_too_large_is_not_read(server: SlackServer) -> None:
    more = {"Content-Length": "5000000"}
    assert send(server, "POST", "/slack/events", b"", **more)[0] == 413


class Worker:
    """Answers by noting; fails or waits when told to."""

    def __init__(self, until: int) -> None:
        self.answered: list[str] = []
        self.at_once = self.most_at_once = 0
        self.until, self.enough = until, asyncio.Event()
        self.fails_once = {"2.0"}

    async def answer(self, job: Job) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if job.ts in self.fails_once:
            self.fails_once.discard(job.ts)
            raise RuntimeError("password=hunter2")
        self.answered.append(job.ts)
        if len(self.answered) == self.until:
            self.enough.set()

    async def sweep(self) -> None:
        """Nothing to sweep."""

    async def close(self) -> None:
        """Nothing to close."""


async def test_jobs_are_answered_several_at_once_and_a_failing_one_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [1000.0]
    queue = Queue(str(tmp_path / "queue.sqlite3"), lambda: now[0])
    for number in range(1, 7):
        queue.put(Job("alert", "T1", "C1", f"{number}.0", f"{number}.0"))
    worker, stopping = Worker(5), asyncio.Event()
    running = asyncio.create_task(answer_all(queue, worker, stopping, Settings()))
    await asyncio.wait_for(worker.enough.wait(), 10)
    assert queue.waiting() == 1
    now[0] += 100
    worker.until, worker.enough = 6, asyncio.Event()
    queue.on_put()
    await asyncio.wait_for(worker.enough.wait(), 10)
    stopping.set()
    await running
    assert sorted(worker.answered) == [f"{n}.0" for n in range(1, 7)]
    assert 1 < worker.most_at_once <= ANSWERED_AT_ONCE
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "hunter2" not in said
    queue.close()


def test_all_missing_settings_are_named_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLACK_SIGNING_SECRET", raising=False)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    assert command.main(["--port", "0"]) == 2
    said = capsys.readouterr().err
    assert "SLACK_SIGNING_SECRET is not set" in said
    assert "SLACK_BOT_TOKEN is not set" in said


def test_settings_are_read_and_secrets_stay_out_of_their_repr() -> None:
    said = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_CHANNELS": "C1, C2", "DE_AGENT_MAX_TURNS": "3"}
    settings = Settings.from_environment(said)
    assert (settings.slack_channels, settings.max_turns) == (("C1", "C2"), 3)
    assert "xoxb-1" not in repr(settings)
    with pytest.raises(SettingsWrong, match="DE_AGENT_MAX_TURNS"):
        Settings.from_environment({"DE_AGENT_MAX_TURNS": "many"})
