"""Alerts within seconds of one another: one investigation a cause, whoever is read first."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from life_support import CHANNEL, NOW, TEAM, Bench, found, text_of

from sandbox.slack.server import SlackServer
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Key, Record
from slack_bridge.job import Job
from slack_bridge.lifecycle.lineup import CROWD_SECONDS, SEVERAL, Lineup, Turn
from slack_bridge.lifecycle.sharing import shared_pattern
from slack_bridge.store.sqlite import SqliteIncidents

pytestmark = pytest.mark.anyio
AWAY = (
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='feeds.port.example', port=<n>):"
    " Max retries exceeded with url: {path} (Caused by NewConnectionError('Connection refused'))"
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    server = SlackServer()
    server.start()
    store = SqliteIncidents(str(tmp_path / "incidents.sqlite3"))
    bench = Bench(server, store)
    bench.script.of = lambda alert: found(
        alert["dag_id"],
        cause=AWAY.format(path=f"/v2/{alert['dag_id']}?day=<n>"),
        category="network.unreachable",
    )
    yield bench
    store.close()
    server.close()


def crowd(bench: Bench, count: int) -> list[Job]:
    return [bench.alert(f"1795000000.{n:06}", dag_id=f"feed_{n}") for n in range(1, count + 1)]


def record_of(bench: Bench, job: Job) -> Record:
    record = bench.store.get(Key(TEAM, CHANNEL, job.ts).incident_id)
    assert record is not None
    return record


async def test_of_a_crowd_with_one_cause_only_the_first_is_looked_into(bench: Bench) -> None:
    jobs = crowd(bench, 8)
    async with bench.worker() as worker:
        await asyncio.gather(*(worker.answer(job) for job in jobs))
    assert bench.script.deepened == [AWAY.format(path="/v2/feed_1?day=<n>")]
    assert bench.script.calls["quick"] == bench.script.calls["rules full"] == 1
    assert bench.script.calls["quick logs"] == 7
    assert [record_of(bench, job).state for job in jobs] == ["answered"] * 8
    assert all(len(bench.ours(job.ts)) == 1 for job in jobs)


async def test_the_others_say_where_it_is_looked_into_and_the_first_lists_them(
    bench: Bench,
) -> None:
    jobs = crowd(bench, 4)
    async with bench.worker() as worker:
        await asyncio.gather(*(worker.answer(job) for job in jobs))
    first, second = (text_of(bench.ours(job.ts)[0]) for job in jobs[:2])
    assert f"archives/{CHANNEL}/p1795000000000001|feed_1.load" in second
    assert "Of this one only the log was read" in second
    assert "came 3 more times since" in first
    for n in (2, 3, 4):
        assert f"archives/{CHANNEL}/p179500000000000{n}|feed_{n}.load" in first


async def test_the_first_keeps_its_cause_though_those_behind_it_are_read_sooner(
    bench: Bench,
) -> None:
    others_read = asyncio.Semaphore(0)

    async def quick(known: Found) -> Found:
        if known.diagnosis.dag_id == "feed_1":
            await others_read.acquire()
            await others_read.acquire()
        else:
            others_read.release()
        return known

    bench.script.quick = quick
    jobs = crowd(bench, 3)
    async with bench.worker() as worker:
        await asyncio.gather(*(worker.answer(job) for job in jobs))
    assert bench.script.calls["rules full"] == 1
    assert record_of(bench, jobs[0]).body["model_turns"] == 2
    assert record_of(bench, jobs[1]).body["shares"]["label"] == "feed_1.load"


async def test_an_alert_long_after_another_is_read_in_full(bench: Bench) -> None:
    first, later = crowd(bench, 2)
    async with bench.worker() as worker:
        await worker.answer(first)
        bench.clock.now += CROWD_SECONDS + 1
        await worker.answer(later)
    assert bench.script.calls["quick"] == 2
    assert bench.script.calls["deepen"] == 1
    assert "This one was read by rules alone" in text_of(bench.ours(later.ts)[0])


async def test_a_storm_takes_in_those_that_were_read_when_it_broke(bench: Bench) -> None:
    jobs = crowd(bench, 30)
    async with bench.worker() as worker:
        await asyncio.gather(*(worker.answer(job) for job in jobs))
        await worker.settle()
    states = [record_of(bench, job).state for job in jobs]
    assert states.count("answered") <= 10
    assert set(states) == {"answered", "repeat"}
    assert bench.script.calls["deepen"] <= 1


async def test_a_log_that_came_too_late_for_the_first_look_still_makes_no_answer_of_its_own(
    bench: Bench,
) -> None:
    async def too_late(known: Found) -> Found:
        return found(known.diagnosis.dag_id, cause="")

    bench.script.quick = too_late
    jobs = crowd(bench, 40)
    async with bench.worker() as worker:
        await asyncio.gather(*(worker.answer(job) for job in jobs))
        await worker.settle()
    states = [record_of(bench, job).state for job in jobs]
    assert states.count("answered") == 1
    assert bench.script.calls["deepen"] <= 1


async def test_alerts_whose_logs_a_storm_could_not_read_are_not_said_to_share_a_cause(
    bench: Bench,
) -> None:
    bench.script.of = lambda alert: found(alert["dag_id"], cause="")
    jobs = crowd(bench, 30)
    async with bench.worker() as worker:
        for job in jobs:
            await worker.answer(job)
        await worker.settle()
    lines = [text_of(bench.ours(j.ts)[0]) for j in jobs if record_of(bench, j).state == "repeat"]
    assert lines
    assert all("its log could not be read" in line for line in lines)
    assert not [m for m in bench.ours() if "same cause" in text_of(m)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.floats(0, 40), st.booleans()),
        max_size=12,
    )
)
def test_a_crowd_is_one_in_work_or_two_that_came_lately_and_never_the_same_alert_twice(
    coming: list[tuple[str, float, bool]],
) -> None:
    now = [NOW]
    line, came, working = Lineup(lambda: now[0]), dict[str, float](), list[Turn]()
    for name, wait, ends in coming:
        now[0] += wait
        came = {n: at for n, at in came.items() if now[0] - at < CROWD_SECONDS}
        others = [n for n in came if n != name]
        busy = any(turn.incident_id != name for turn in working)
        turn = line.join(name)
        assert turn.crowded == (busy or len(others) >= SEVERAL)
        came.setdefault(name, now[0])
        working.append(turn)
        if ends:
            for one in working:
                one.end()
                one.end()
            working.clear()
            assert line.open == []


@pytest.mark.parametrize(
    ("category", "one", "other", "same"),
    [
        ("network.unreachable", AWAY.format(path="/v1/a"), AWAY.format(path="/v2/b?c=<n>"), True),
        (
            "http.error",
            "requests.exceptions.HTTPError: <n> Server Error: Bad Gateway for url: https://x.io/a",
            "requests.exceptions.HTTPError: <n> Server Error: Bad Gateway for url: https://x.io/b/c",
            True,
        ),
        (
            "http.error",
            "HTTPError: <n> Server Error: Bad Gateway for url: https://x.io/a",
            "HTTPError: <n> Server Error: Bad Gateway for url: https://y.io/a",
            False,
        ),
        (
            "aws.access_denied",
            "User: arn:aws:sts::<n>:assumed-role/etl/s-one is not authorized to perform:"
            " s3:GetObject on resource: arn:aws:s3:::lake/raw/a.csv",
            "User: arn:aws:sts::<n>:assumed-role/etl/s-two is not authorized to perform:"
            " s3:GetObject on resource: arn:aws:s3:::lake/raw/b.csv",
            True,
        ),
        ("database.missing_object", "relation stg.a does not exist", "relation stg.b does", False),
        ("python.code_error", "KeyError: 'url: /a'", "KeyError: 'url: /b'", False),
    ],
)
def test_what_is_an_alerts_own_does_not_part_two_of_one_cause(
    category: str, one: str, other: str, same: bool
) -> None:
    assert (shared_pattern(category, one) == shared_pattern(category, other)) is same
