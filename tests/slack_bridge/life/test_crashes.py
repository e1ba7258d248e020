"""A worker killed at every step: before and after each claim, post, edit and note."""

from collections.abc import Iterator

import pytest
from crash_support import Fuse, dying
from life_support import CHANNEL, TEAM, Bench, found, text_of

from sandbox.slack.server import SlackServer
from slack_bridge.incidents import Incidents, Key, Record
from slack_bridge.job import Job
from slack_bridge.receiving.interactions import AGAIN
from slack_bridge.store.sqlite import SqliteIncidents

pytestmark = pytest.mark.anyio
LEASE_OVER = 400.0


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def bench(slack: SlackServer, store: Incidents) -> Bench:
    bench = Bench(slack, store)
    # Alerts of different dags have different causes here, so that each is deepened.
    bench.script.of = lambda alert: found(alert["dag_id"], cause=f"cause of {alert['dag_id']}")
    return bench


def record_of(bench: Bench, job: Job) -> Record:
    record = bench.store.get(Key(TEAM, CHANNEL, job.ts).incident_id)
    assert record is not None
    return record


def stride_of(bench: Bench) -> int:
    """Every step on SQLite; every fifth over the wire, for time."""
    return 1 if isinstance(bench.store, SqliteIncidents) else 5


async def steps_of(bench: Bench, job: Job) -> int:
    fuse = Fuse()
    async with dying(bench, "a:x:0", fuse) as worker:
        await worker.answer(job)
    return fuse.steps


async def swept(bench: Bench) -> None:
    """Another process takes up what is left, as often as it takes."""
    for _ in range(3):
        bench.clock.now += LEASE_OVER
        async with bench.worker("b:x:9") as worker:
            await worker.sweep()


async def test_killed_at_any_step_an_alert_still_ends_as_one_whole_message(bench: Bench) -> None:
    steps = await steps_of(bench, bench.alert("1795000000.000001", dag_id="dag_whole"))
    for at in range(1, steps, stride_of(bench)):
        job = bench.alert(f"1795000000.{at:06}1", dag_id=f"dag_{at}")
        bench.clock.now += 1_000
        async with dying(bench, "a:x:1", Fuse(at)) as worker:
            await worker.answer(job)
        if bench.store.get(Key(TEAM, CHANNEL, job.ts).incident_id) is None:
            # Nothing was claimed: the queue, or Lambda, hands it over again.
            async with bench.worker("b:x:9") as worker:
                await worker.answer(job)
        await swept(bench)
        assert record_of(bench, job).state == "answered", at
        (message,) = bench.ours(job.ts)
        assert "AI-generated" in text_of(message), at
        assert "Looking further" not in text_of(message), at


async def test_killed_at_any_step_a_repeat_still_ends_as_one_line(bench: Bench) -> None:
    async with bench.worker() as worker:
        await worker.answer(bench.alert("1795000000.000001"))
    steps = await steps_of(bench, bench.alert("1795000001.000001"))
    for at in range(1, steps, stride_of(bench)):
        job = bench.alert(f"1795000002.{at:06}")
        bench.clock.now += 1_000
        async with dying(bench, "a:x:1", Fuse(at)) as worker:
            await worker.answer(job)
        async with bench.worker("b:x:9") as worker:
            await worker.answer(job)
        await swept(bench)
        assert record_of(bench, job).state == "repeat", at
        assert len(bench.ours(job.ts)) == 1, at
    first = text_of(bench.ours("1795000000.000001")[0])
    repeats = 1 + len(range(1, steps, stride_of(bench)))
    assert f"came {repeats} more times since" in first


async def test_killed_at_any_step_of_looking_again_the_message_ends_whole(bench: Bench) -> None:
    job = bench.alert("1795000000.000001")
    async with bench.worker() as worker:
        await worker.answer(job)
    (message,) = bench.ours(job.ts)
    incident = record_of(bench, job).id

    def click(number: int) -> Job:
        return Job(
            "interaction", TEAM, CHANNEL, message.ts, job.ts, f"{number}.0", "U1",
            action=AGAIN, value=incident,
        )  # fmt: skip

    steps = await steps_of(bench, click(0))
    for at in range(1, steps, 2 * stride_of(bench)):
        async with dying(bench, "a:x:1", Fuse(at)) as worker:
            await worker.answer(click(at))
        await swept(bench)
        assert record_of(bench, job).state == "answered", at
        (message,) = bench.ours(job.ts)
        assert "Looking further" not in text_of(message), at


async def test_an_alert_that_kills_every_worker_ends_honestly(bench: Bench) -> None:
    job = bench.alert("1795000000.000001")
    kills = (await steps_of(bench, bench.alert("1795000000.000002", dag_id="other"))) // 2
    async with dying(bench, "a:x:1", Fuse(kills)) as worker:
        await worker.answer(job)
    for _ in range(8):
        bench.clock.now += LEASE_OVER
        async with dying(bench, "a:x:1", Fuse(14)) as worker:
            await worker.desk.stored(worker.desk.store.count, "nothing")
            record = bench.store.reopen(record_of(bench, job).id, "a:x:1", bench.clock.now, 1)
            if record is not None and not record.ended:
                bench.clock.now += LEASE_OVER
    await swept(bench)
    assert record_of(bench, job).state == "stopped"
    (message,) = bench.ours(job.ts)
    assert "I was interrupted" in text_of(message)


async def test_what_a_dead_process_of_this_machine_held_is_taken_over_at_once(
    bench: Bench,
) -> None:
    import socket

    job = bench.alert("1795000000.000001")
    async with dying(bench, f"{socket.gethostname()}:999999999:x", Fuse(7)) as worker:
        await worker.answer(job)
    assert record_of(bench, job).state == "claimed"
    async with bench.worker() as worker:
        await worker.answer(job)
    assert record_of(bench, job).state == "answered"
    assert len(bench.ours(job.ts)) == 1
