"""The same failure again is one line; what shares a cause shares its investigation."""

from collections.abc import Iterator

import pytest
from life_support import CHANNEL, TEAM, Bench, found, text_of

from sandbox.faults import Faults
from sandbox.slack.server import SlackServer
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Incidents, Key
from slack_bridge.job import Job

pytestmark = pytest.mark.anyio


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    server = SlackServer(faults=Faults())
    server.start()
    yield server
    server.close()


@pytest.fixture
def bench(slack: SlackServer, store: Incidents) -> Bench:
    return Bench(slack, store)


def state_of(bench: Bench, job: Job) -> str:
    record = bench.store.get(Key(job.team_id, job.channel, job.ts).incident_id)
    return record.state if record else "unknown"


async def test_the_same_failure_again_is_one_line_and_the_first_message_counts(
    bench: Bench,
) -> None:
    first, again = bench.alert("1795000000.000100"), bench.alert("1795000100.000100")
    async with bench.worker() as worker:
        await worker.answer(first)
        await worker.answer(again)
    (line,) = bench.ours(again.ts)
    assert "failed again, for the same cause" in text_of(line)
    assert f"p{first.ts.replace('.', '')}" in text_of(line)
    assert "2 times so far" in text_of(line)
    assert "came once more since" in text_of(bench.ours(first.ts)[0])
    assert bench.script.calls["deepen"] == 1
    assert state_of(bench, again) == "repeat"


async def test_after_its_window_the_same_failure_is_looked_into_anew(bench: Bench) -> None:
    first, later = bench.alert("1795000000.000100"), bench.alert("1795030000.000100")
    async with bench.worker() as worker:
        await worker.answer(first)
        await worker.answer(later)
    assert bench.script.calls["deepen"] == 2


async def test_another_task_with_the_same_cause_is_answered_by_rules_alone(bench: Bench) -> None:
    first = bench.alert("1795000000.000100")
    other = bench.alert("1795000060.000100", task_id="stage")
    async with bench.worker() as worker:
        await worker.answer(first)
        await worker.answer(other)
    (message,) = bench.ours(other.ts)
    assert "orders.stage" in text_of(message)
    assert "The same cause is looked into for" in text_of(message)
    assert bench.script.deepened == ["relation stg.orders does not exist"]


async def test_a_cause_that_only_all_probes_find_still_makes_a_repeat(bench: Bench) -> None:
    first, again = bench.alert("1795000000.000100"), bench.alert("1795000100.000100")

    async def nothing(known: Found) -> Found:
        return found(cause="")

    async with bench.worker() as worker:
        await worker.answer(first)
        bench.script.quick = nothing
        await worker.answer(again)
    (line,) = bench.ours(again.ts)
    assert "failed again, for the same cause" in text_of(line)
    assert state_of(bench, again) == "repeat"


async def test_alerts_whose_cause_is_unknown_are_no_repeats(bench: Bench) -> None:
    bench.script.of = lambda alert: found(cause="")
    jobs = [bench.alert(f"179500000{n}.000100") for n in range(2)]
    async with bench.worker() as worker:
        for job in jobs:
            await worker.answer(job)
    assert [state_of(bench, job) for job in jobs] == ["answered", "answered"]


async def test_two_edits_of_one_list_do_not_overtake_each_other(bench: Bench) -> None:
    first = bench.alert("1795000000.000100")
    async with bench.worker() as worker:
        await worker.answer(first)
        incident = Key(TEAM, CHANNEL, first.ts).incident_id
        held = bench.store.reopen(incident, "an editor", bench.clock.now, 60)
        again = bench.alert("1795000001.000100")
        await worker.answer(again)
        assert not await worker.lists.refresh(incident)
        assert held is not None
        await worker.settle()
        bench.store.save(held.end("answered"), bench.clock.now)
        assert await worker.lists.refresh(incident)
    assert "once more since" in text_of(bench.ours(first.ts)[0])
