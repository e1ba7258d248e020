"""Hundreds of alerts in a minute: none lost, none doubled, one investigation a cause."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from life_support import CHANNEL, TEAM, Bench, found, text_of

from sandbox.slack.server import SlackServer
from slack_bridge.incidents import Key, Record
from slack_bridge.job import Job
from slack_bridge.lifecycle.storm import MOST_A_MINUTE, MOST_LINES
from slack_bridge.store.sqlite import SqliteIncidents

pytestmark = pytest.mark.anyio
ALERTS, CAUSES = 240, 12


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    server = SlackServer()
    server.start()
    store = SqliteIncidents(str(tmp_path / "incidents.sqlite3"))
    bench = Bench(server, store)
    bench.script.of = lambda alert: found(alert["dag_id"], cause=f"cause {alert['try_number']}")
    yield bench
    store.close()
    server.close()


def storm(bench: Bench) -> list[Job]:
    """Alerts of 50 dags and 12 causes, each delivered twice, in any order."""
    jobs = [
        bench.alert(f"17950000{n // 10:02}.{n:06}", dag_id=f"dag_{n % 50}", try_number=n % CAUSES)
        for n in range(ALERTS)
    ]
    twice = jobs * 2
    random.Random(7).shuffle(twice)  # noqa: S311 - the same disorder each time
    return twice


def record_of(bench: Bench, job: Job) -> Record:
    record = bench.store.get(Key(TEAM, CHANNEL, job.ts).incident_id)
    assert record is not None, "an alert was lost"
    return record


async def test_a_storm_is_answered_once_each_with_causes_before_repeats(bench: Bench) -> None:
    jobs = storm(bench)
    async with bench.worker() as worker, bench.worker("there:x:2") as other:
        # A clock moved by hand knows no calm: here it comes when all were heard.
        heard = asyncio.Event()
        for one in (worker, other):
            one.lines._calm = heard.wait  # type: ignore[assignment, method-assign]  # as said
        turns = asyncio.Semaphore(20)

        async def one(number: int, job: Job) -> None:
            async with turns:
                await (worker, other)[number % 2].answer(job, f"owner {number}")

        await asyncio.gather(*(one(n, job) for n, job in enumerate(jobs)))
        heard.set()
        await worker.settle()
        await other.settle()
        await worker.sweep()
        await worker.settle()
    records = {job.ts: record_of(bench, job) for job in jobs}
    assert len(records) == ALERTS
    states = Counter(record.state for record in records.values())
    assert set(states) <= {"answered", "repeat", "listed"}
    assert states["repeat"] <= MOST_LINES + MOST_A_MINUTE
    threads = Counter(message.thread_ts for message in bench.ours())
    assert max(threads.values()) == 1, "an alert was answered twice"
    assert set(threads) == {ts for ts, r in records.items() if r.state != "listed"}
    deepened = Counter(bench.script.deepened)
    assert max(deepened.values(), default=0) <= 1
    answered = [m.ts for m in bench.ours() if records[m.thread_ts].state == "answered"]
    lines = [m.ts for m in bench.ours() if records[m.thread_ts].state == "repeat"]
    causes = {records[m.thread_ts].body["diagnosis"]["cause"] for m in bench.ours()}
    assert len(causes) == CAUSES
    assert len(answered) >= CAUSES
    assert sorted(answered)[CAUSES - 1] < min(lines)


async def test_in_a_storm_only_logs_are_read(bench: Bench) -> None:
    async with bench.worker() as worker:
        for job in storm(bench):
            await worker.answer(job)
    assert sum(bench.script.calls[kind] for kind in ("quick", "rules full")) <= 3 * MOST_A_MINUTE


async def test_the_list_of_a_cause_names_what_else_failed(bench: Bench) -> None:
    jobs = [
        bench.alert(f"1795000000.{n:06}", dag_id=f"dag_{n}", try_number=n // 30) for n in range(40)
    ]
    async with bench.worker() as worker:
        for job in jobs:
            await worker.answer(job)
    last = bench.ours(jobs[30].ts)[0]
    assert "came 9 more times since" in text_of(last)
    assert "Only logs were read" in text_of(last) or "only logs were read" in text_of(last)
    assert "dag_31.load" in text_of(last)


async def test_logs_out_of_reach_make_one_list_and_not_a_flood(bench: Bench) -> None:
    bench.script.of = lambda alert: found(alert["dag_id"], cause="")
    async with bench.worker() as worker:
        for job in storm(bench):
            await worker.answer(job)
    states = Counter(record_of(bench, job).state for job in storm(bench))
    assert states["answered"] <= 2 * (MOST_A_MINUTE + 2)
