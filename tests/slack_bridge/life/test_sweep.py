"""The sweep: what an outage swallowed, what a store refused, what recovered meanwhile."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from life_support import CHANNEL, NOW, TEAM, Bench, found, text_of

from sandbox.slack.server import SlackServer
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Incidents, Key, StoreUnavailable
from slack_bridge.job import Job
from slack_bridge.lifecycle.history import MOST_TRIES as MOST_HISTORY_TRIES
from slack_bridge.receiving.queue import MOST_TRIES, Queue
from slack_bridge.settings import Settings
from slack_bridge.store.sqlite import SqliteIncidents

pytestmark = pytest.mark.anyio
TEXT = "*Task Failed*\n*Dag*: orders\n*Task*: {task}"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def bench(slack: SlackServer, store: Incidents) -> Bench:
    return Bench(slack, store)


def missed(bench: Bench, ts: str, text: str, **more: str) -> None:
    """A message that came while nobody listened."""
    event = {"channel": CHANNEL, "ts": ts, "text": text, "bot_id": "B0AIRFLOW"}
    bench.slack.workspace.put(event | more)


def state_of(bench: Bench, ts: str) -> str:
    record = bench.store.get(Key(TEAM, CHANNEL, ts).incident_id)
    return record.state if record else "unknown"


async def test_what_an_outage_swallowed_is_found_in_the_history_and_answered_once(
    bench: Bench,
) -> None:
    async with bench.worker() as worker:
        await worker.answer(bench.alert("1795000000.000100"))
        missed(bench, "1795000100.000100", TEXT.format(task="stage"))
        missed(bench, "1795000101.000100", "Task `x` in DAG `y` succeeded")
        missed(bench, "1795000102.000100", "good morning", bot_id="", user="U1")
        missed(bench, "1795000103.000100", TEXT.format(task="publish"))
        bench.clock.now = NOW + 600
        await worker.sweep()
        await worker.sweep()
    assert state_of(bench, "1795000100.000100") == "answered"
    assert state_of(bench, "1795000103.000100") == "answered"
    threads = [message.thread_ts for message in bench.ours()]
    assert sorted(threads) == [f"1795000{n}.000100" for n in ("000", "100", "103")]


async def test_what_came_before_a_channel_was_watched_is_left_alone(bench: Bench) -> None:
    missed(bench, "1794990000.000100", TEXT.format(task="old"))
    bench.settings = Settings(slack_channels=(CHANNEL,))
    async with bench.worker() as worker:
        await worker.sweep()
        missed(bench, f"{NOW + 30:.6f}", TEXT.format(task="new"))
        bench.clock.now = NOW + 600
        await worker.sweep()
    assert [m.thread_ts for m in bench.ours()] == [f"{NOW + 30:.6f}"]


async def test_a_message_younger_than_a_minute_is_left_to_its_event(bench: Bench) -> None:
    async with bench.worker() as worker:
        await worker.answer(bench.alert("1795000000.000100"))
        missed(bench, "1795000100.000100", TEXT.format(task="stage"))
        bench.clock.now = NOW + 120
        await worker.sweep()
        assert state_of(bench, "1795000100.000100") == "unknown"
        bench.clock.now = NOW + 200
        await worker.sweep()
        assert state_of(bench, "1795000100.000100") == "answered"


async def test_one_message_that_cannot_be_answered_hides_none_after_it(bench: Bench) -> None:
    def of(alert: Mapping[str, Any]) -> Found:
        if alert["task_id"] == "poison":
            raise KeyError("poison")
        return found(alert["dag_id"], alert["task_id"])

    bench.script.of = of
    async with bench.worker() as worker:
        await worker.answer(bench.alert("1795000000.000100"))
        missed(bench, "1795000100.000100", TEXT.format(task="poison"))
        missed(bench, "1795000103.000100", TEXT.format(task="publish"))
        bench.clock.now = NOW + 600
        await worker.sweep()
    assert state_of(bench, "1795000103.000100") == "answered"


async def test_a_message_that_could_not_be_answered_is_read_again_and_then_given_up(
    bench: Bench,
) -> None:
    tried: list[str] = []

    async def answer(job: Job) -> None:
        tried.append(job.ts)
        if job.ts == "1795000100.000100" or tried.count(job.ts) == 1:
            raise KeyError("a bug before the claim")

    async with bench.worker() as worker:
        await worker.answer(bench.alert("1795000000.000100"))
        for second in (100, 103):
            missed(bench, f"1795000{second}.000100", TEXT.format(task="x"))
        bench.clock.now = NOW + 600
        worker._sweep.history._answer = answer
        for _ in range(MOST_HISTORY_TRIES + 3):
            await worker.sweep()
    assert tried.count("1795000100.000100") == MOST_HISTORY_TRIES
    assert tried.count("1795000103.000100") == MOST_HISTORY_TRIES
    assert bench.store.channels()[TEAM, CHANNEL] == "1795000103.000100"


async def test_what_came_as_an_event_is_not_read_into_again_from_the_history(
    bench: Bench,
) -> None:
    text = TEXT.format(task="load")
    async with bench.worker() as worker:
        for n in range(3):
            job = bench.alert(f"179500000{n}.000100")
            missed(bench, job.ts, text)
            await worker.answer(job)
        looked = dict(bench.script.calls)
        bench.clock.now = NOW + 90
        await worker.sweep()
    assert dict(bench.script.calls) == looked


async def test_a_channel_whose_history_is_refused_hides_no_other(bench: Bench) -> None:
    bench.store.meet(TEAM, "C0GONE", "1795000000.000000")
    bench.store.meet(TEAM, "C0ALERTS", "1795000000.000000")
    missed(bench, "1795000100.000100", TEXT.format(task="stage"))
    bench.clock.now = NOW + 600
    async with bench.worker() as worker:
        await worker.sweep()
    assert state_of(bench, "1795000100.000100") == "answered"


async def test_a_later_success_turns_the_headline_without_a_new_message(bench: Bench) -> None:
    job = bench.alert()
    async with bench.worker() as worker:
        await worker.answer(job)
        bench.script.of = lambda alert: found(recovered="03:21, try 3")
        bench.clock.now = NOW + 100
        await worker.sweep()
        assert "recovered" not in text_of(bench.ours(job.ts)[0])
        bench.clock.now = NOW + 400
        await worker.sweep()
        looked = bench.script.calls["rules state"]
        bench.clock.now = NOW + 4_000
        await worker.sweep()
    (message,) = bench.ours(job.ts)
    assert "recovered 03:21, try 3" in text_of(message)
    assert "AI-generated" in text_of(message)
    assert bench.script.calls["rules state"] == looked
    assert bench.script.calls["rules full"] == 1, "recovery is a question of state, not of cause"


async def test_an_alert_that_stays_failed_is_looked_at_a_few_times_only(bench: Bench) -> None:
    async with bench.worker() as worker:
        await worker.answer(bench.alert())
        for minutes in range(0, 900, 10):
            bench.clock.now = NOW + minutes * 60
            await worker.sweep()
    assert bench.script.calls["rules state"] == 7
    assert bench.script.calls["rules full"] == 1


async def test_a_list_whose_keeper_went_away_is_brought_up_to_date(bench: Bench) -> None:
    first, again = bench.alert("1795000000.000100"), bench.alert("1795000001.000100")
    async with bench.worker() as worker:
        await worker.answer(first)
        worker.lists.grow = lambda incident_id: None  # type: ignore[method-assign]  # its keeper is gone
        await worker.answer(again)
    assert "once more since" not in text_of(bench.ours(first.ts)[0])
    async with bench.worker() as worker:
        await worker.sweep()
    assert "once more since" in text_of(bench.ours(first.ts)[0])


async def test_a_store_that_refuses_writes_loses_no_alert(
    slack: SlackServer, tmp_path: Path
) -> None:
    store, queue = SqliteIncidents(str(tmp_path / "i.sqlite3")), Queue(":memory:")
    bench = Bench(slack, store)
    job = bench.alert()
    queue.put(job)
    store._db.execute("PRAGMA query_only = ON")
    async with bench.worker() as worker:
        leased = queue.lease(60)
        assert leased is not None
        with pytest.raises(StoreUnavailable):
            await worker.answer(leased.job)
        assert queue.failed(leased) == "waiting"
        assert bench.ours(job.ts) == []
        store._db.execute("PRAGMA query_only = OFF")
        await worker.answer(job)
    assert len(bench.ours(job.ts)) == 1
    store.close()
    queue.close()


def test_jobs_that_were_given_up_come_back_one_try_at_a_time(tmp_path: Path) -> None:
    now = [1000.0]
    queue = Queue(str(tmp_path / "queue.sqlite3"), lambda: now[0])
    queue.put(Job("alert", TEAM, CHANNEL, "1.0", "1.0"))
    for _ in range(MOST_TRIES):
        leased = queue.lease(60)
        assert leased is not None
        state = queue.failed(leased)
        now[0] += 1_000
    assert state == "given_up"
    assert queue.lease(60) is None
    assert queue.revive() == 1
    leased = queue.lease(60)
    assert leased is not None
    assert queue.failed(leased) == "given_up"
    assert queue.revive() == 0
    queue.close()
