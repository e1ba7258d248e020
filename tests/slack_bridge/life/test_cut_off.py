"""Calls cut off in the middle, a store or Slack away: nothing twice, nothing lost, all told."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from life_support import CHANNEL, TEAM, Bench, ScriptedAnswerer, text_of

from sandbox.faults import Faults
from sandbox.http import HttpServer, Request, Response
from sandbox.slack.server import SlackServer
from slack_bridge.blocks import Message
from slack_bridge.incidents import Key, Record, StoreUnavailable
from slack_bridge.job import Job
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable
from slack_bridge.store.sqlite import SqliteIncidents
from slack_bridge.thread import Slack
from slack_bridge.under_way import UnderWay

pytestmark = pytest.mark.anyio
Json = dict[str, Any]


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    server = SlackServer(faults=Faults())
    server.start()
    yield server
    server.close()


@pytest.fixture
def bench(slack: SlackServer, tmp_path: Path) -> Iterator[Bench]:
    store = SqliteIncidents(str(tmp_path / "incidents.sqlite3"))
    yield Bench(slack, store)
    store.close()


def record_of(bench: Bench, job: Job) -> Record:
    record = bench.store.get(Key(TEAM, CHANNEL, job.ts).incident_id)
    assert record is not None
    return record


def question(ts: str, text: str = "what failed?") -> Job:
    return Job("question", TEAM, CHANNEL, ts, ts, user="U1", text=text)


class Late:
    """Slack whose first post is made only when it is let go, long after its caller went."""

    def __init__(self) -> None:
        self.let_go, self.came = threading.Event(), threading.Event()
        self.calls: list[str] = []

    def __call__(self, request: Request) -> Response:
        method = request.path.removeprefix("/api/")
        self.calls.append(method)
        if method == "chat.postMessage" and self.calls.count(method) == 1:
            self.came.set()
            self.let_go.wait(10)
        return Response(200, b'{"ok": true, "ts": "9.0"}')


async def test_a_post_that_its_caller_gave_up_is_edited_and_not_made_again() -> None:
    late = Late()
    server = HttpServer(late)
    server.start()
    slack = Slack("xoxb-1", f"{server.url}/api/")
    first = asyncio.create_task(slack.post("C1", "1.0", Message("early", []), "inv_1"))
    await asyncio.to_thread(late.came.wait)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    again = asyncio.create_task(slack.post("C1", "1.0", Message("last", []), "inv_1"))
    late.let_go.set()
    assert await again == "9.0"
    assert late.calls == ["chat.postMessage", "chat.update"]
    await slack.close()
    server.close()


async def test_a_deadline_in_the_middle_of_the_post_leaves_one_message(bench: Bench) -> None:
    job = bench.alert()
    let_go = threading.Event()
    real = bench.slack._methods["chat.postMessage"]

    def slowly(workspace: Any, said: Json) -> Json:  # noqa: ANN401 - the sandbox's own workspace
        let_go.wait(10)
        return real(workspace, said)

    bench.slack._methods = {**bench.slack._methods, "chat.postMessage": slowly}

    class Seen(UnderWay):
        async def left(self, key: str) -> Json | None:
            let_go.set() if self._calls else None
            return await super().left(key)

    async with bench.worker() as worker:
        worker.desk.slack._under_way = Seen()
        await worker.answer(job, seconds=0.4)
    (message,) = bench.ours(job.ts)
    assert "I stopped after" in text_of(message)
    assert record_of(bench, job).state == "stopped"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["done", "failed", "cut off"]), max_size=6))
async def test_whatever_becomes_of_calls_the_next_of_their_key_knows(ends: list[str]) -> None:
    under_way = UnderWay()
    for number, end in enumerate(ends):
        let_go = asyncio.Event()

        async def call(number: int = number, end: str = end, go: asyncio.Event = let_go) -> Json:
            await go.wait()
            if end == "failed":
                raise OSError("gone")
            return {"ts": str(number)}

        waiting = asyncio.create_task(under_way.make("key", call()))
        await asyncio.sleep(0)
        if end == "cut off":
            waiting.cancel()
        else:
            let_go.set()
        await asyncio.gather(waiting, return_exceptions=True)
        let_go.set()
        assert await under_way.left("key") == ({"ts": str(number)} if end == "cut off" else None)
        assert await under_way.left("key") is None


async def test_where_slack_takes_no_answer_the_cause_is_kept_and_the_eyes_go(bench: Bench) -> None:
    job = bench.alert()
    bench.slack._faults = Faults({"slack:chat.postMessage": "denied"})
    async with bench.worker() as worker:
        await worker.answer(job)
    record = record_of(bench, job)
    assert record.state == "refused"
    assert "invite it there" in record.body["refused"]
    assert record.body["diagnosis"]["cause"]
    reactions = bench.slack.workspace.messages[CHANNEL][job.ts].reactions
    assert list(reactions) == ["warning"]


async def test_an_alert_that_waits_for_the_store_says_so_and_is_answered_once(
    bench: Bench,
) -> None:
    job = bench.alert()
    store = bench.store
    assert isinstance(store, SqliteIncidents)
    reactions = bench.slack.workspace.messages[CHANNEL][job.ts].reactions
    async with bench.worker() as worker:
        store._db.execute("PRAGMA query_only = ON")
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await worker.answer(job)
        assert list(reactions) == ["hourglass_flowing_sand"]
        assert bench.ours(job.ts) == []
        store._db.execute("PRAGMA query_only = OFF")
        await worker.answer(job)
    assert len(bench.ours(job.ts)) == 1
    assert list(reactions) == ["eyes"]


@pytest.mark.parametrize("kind", ["denied", "hang"])
async def test_a_question_in_a_thread_that_cannot_be_read_is_answered_from_its_own_words(
    bench: Bench, kind: str
) -> None:
    job = question("1795000000.000100")
    bench.slack.workspace.put({"channel": CHANNEL, "ts": job.ts, "user": "U1", "text": job.text})
    bench.slack._faults = Faults({"slack:conversations.replies": kind})
    bench.slack._faults.closing.set()
    async with bench.worker() as worker:
        await worker.answer(job)
        answerer = worker.desk.answerer
        assert isinstance(answerer, ScriptedAnswerer)
        assert answerer.asked[0][1] == []
    (message,) = bench.ours(job.ts)
    assert "You asked" in text_of(message)


async def test_a_question_whose_answer_slack_did_not_take_is_answered_at_the_next_try(
    bench: Bench,
) -> None:
    job = question("1795000000.000100")
    bench.slack.workspace.put({"channel": CHANNEL, "ts": job.ts, "user": "U1", "text": job.text})
    bench.slack._faults = Faults({"slack:chat.postMessage": "hang"})
    bench.slack._faults.closing.set()
    async with bench.worker() as worker:
        with pytest.raises(SlackUnavailable):
            await worker.answer(job)
        bench.slack._faults = Faults()
        await worker.answer(job)
    assert len(bench.ours(job.ts)) == 1
    assert record_of(bench, job).state == "answered"


async def test_a_question_that_was_interrupted_too_often_ends_with_honest_words(
    bench: Bench,
) -> None:
    job = question("1795000000.000100")
    bench.slack.workspace.put({"channel": CHANNEL, "ts": job.ts, "user": "U1", "text": job.text})
    record = Record(
        Key(TEAM, CHANNEL, job.ts), job.ts, "question", body={"job": {**vars(job), "alert": {}}}
    )
    for number in range(6):
        bench.store.claim(record, f"dead {number}", bench.clock.now, 1)
        bench.clock.now += 10
    async with bench.worker() as worker:
        await worker.sweep()
    (message,) = bench.ours(job.ts)
    assert "I was interrupted" in text_of(message)
    assert record_of(bench, job).state == "answered"


async def test_a_refused_post_names_the_channel_and_what_to_do(bench: Bench) -> None:
    bench.slack._faults = Faults({"slack:chat.postMessage": "denied"})
    async with bench.worker() as worker:
        with pytest.raises(SlackRefused, match=f"not in channel {CHANNEL}: invite it there"):
            await worker.desk.slack.post(CHANNEL, "1.0", Message("x", []), "inv_1")
