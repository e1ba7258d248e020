"""A bug before the case is open: the thread hears of it, whichever way the alert came."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from life_support import CHANNEL, NOW, TEAM, Bench, text_of

from sandbox.slack.server import SlackServer
from slack_bridge.incidents import Incidents, Key, Record
from slack_bridge.receiving.interactions import AGAIN

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(store: Incidents) -> Iterator[Bench]:
    server = SlackServer()
    server.start()
    yield Bench(server, store)
    server.close()


def broken(alert: Any) -> Any:  # noqa: ANN401 - never returns
    raise KeyError("said")


def record_of(bench: Bench, ts: str) -> Record:
    record = bench.store.get(Key(TEAM, CHANNEL, ts).incident_id)
    assert record is not None
    return record


async def test_an_alert_whose_case_cannot_be_opened_ends_honestly_in_its_thread(
    bench: Bench,
) -> None:
    job = bench.alert()
    bench.script.of = broken
    async with bench.worker() as worker:
        await worker.answer(job)
    (message,) = bench.ours(job.ts)
    assert "a fault of my own (KeyError)" in text_of(message)
    assert "Look again" in text_of(message)
    assert record_of(bench, job.ts).state == "stopped"


async def test_a_duplicate_of_an_unopened_alert_says_it_once(bench: Bench) -> None:
    job = bench.alert()
    bench.script.of = broken
    async with bench.worker() as worker:
        await worker.answer(job)
        await worker.answer(job)
    assert len(bench.ours(job.ts)) == 1


async def test_a_resumed_alert_whose_case_cannot_be_opened_ends_honestly(bench: Bench) -> None:
    job = bench.alert()
    gone = Record(Key(TEAM, CHANNEL, job.ts), job.ts, body={"alert": dict(job.alert)})
    claim = bench.store.claim(gone, "there:x:9", NOW, 1)
    bench.store.save(replace(claim.record, lease_until=NOW - 1), NOW)
    bench.script.of = broken
    async with bench.worker() as worker:
        await worker.sweep()
    assert record_of(bench, job.ts).state == "stopped"
    assert "a fault of my own (KeyError)" in text_of(bench.ours(job.ts)[0])


async def test_look_again_mends_an_alert_that_could_not_be_opened(bench: Bench) -> None:
    job = bench.alert()
    works, bench.script.of = bench.script.of, broken
    async with bench.worker() as worker:
        await worker.answer(job)
        bench.script.of = works
        again = replace(
            job,
            kind="interaction",
            action=AGAIN,
            value=record_of(bench, job.ts).id,
            event_id="click",
        )
        await worker.answer(again)
    (message,) = bench.ours(job.ts)
    assert "relation stg.orders does not exist" in text_of(message)
