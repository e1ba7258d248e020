"""One alert from its claim to its end, on a local Slack and both stores."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from life_support import CHANNEL, TEAM, Bench, found, text_of

from sandbox.faults import Faults
from sandbox.slack.server import SlackServer
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Incidents, Key
from slack_bridge.job import Job
from slack_bridge.ports import Progress
from slack_bridge.slack_errors import SlackUnavailable

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


async def test_an_alert_ends_as_one_message_that_the_model_deepened(bench: Bench) -> None:
    job = bench.alert()
    async with bench.worker() as worker:
        await worker.answer(job)
    (message,) = bench.ours(job.ts)
    assert "stg.orders" in text_of(message)
    assert "AI-generated" in text_of(message)
    assert "Looking further" not in text_of(message)
    assert bench.slack.workspace.messages[CHANNEL][job.ts].reactions == {"eyes": ["U0DEAGENT"]}
    record = bench.store.get(Key(TEAM, CHANNEL, job.ts).incident_id)
    assert record is not None
    assert (record.state, record.reply_ts) == ("answered", message.ts)
    assert record.body["diagnosis"]["dag_id"] == "orders"
    assert record.body["by"] == "model"
    assert record.body["first_answer_at"] <= record.body["final_answer_at"]


async def test_the_first_post_is_the_rules_diagnosis_and_progress_is_its_last_block(
    bench: Bench,
) -> None:
    job, seen = bench.alert(), []

    async def deepen(known: Found, progress: Progress) -> Found:
        (message,) = bench.ours(job.ts)
        seen.append(text_of(message))
        await progress("Reading Redshift locks")
        for _ in range(200):
            await asyncio.sleep(0.005)
            if "Redshift locks" in text_of(bench.ours(job.ts)[0]):
                break
        seen.append(str(bench.ours(job.ts)[0].body["blocks"][-1]))
        return known

    bench.script.deepen = deepen
    async with bench.worker() as worker:
        await worker.answer(job)
    assert "stg.orders" in seen[0]
    assert "reading Redshift locks" in seen[1]
    assert "Looking further" not in text_of(bench.ours(job.ts)[0])


async def test_an_alert_delivered_again_is_answered_once(bench: Bench) -> None:
    job = bench.alert()
    async with bench.worker() as worker, bench.worker("there:x:2") as other:
        await asyncio.gather(worker.answer(job, "a"), other.answer(job, "b"))
        bench.clock.now += 100_000
        await other.answer(job, "c")
    assert len(bench.ours(job.ts)) == 1


async def test_a_deadline_ends_with_what_is_known_and_says_so(bench: Bench) -> None:
    job = bench.alert()

    async def forever(known: Found, progress: Progress) -> Found:
        await asyncio.Event().wait()
        return known

    bench.script.deepen = forever
    async with bench.worker() as worker:
        await worker.answer(job, seconds=2.0)
    (message,) = bench.ours(job.ts)
    assert "stg.orders" in text_of(message)
    assert "what stands above is what I had by then" in text_of(message)
    assert state_of(bench, job) == "stopped"


async def test_a_deadline_before_anything_is_known_is_said_alone(bench: Bench) -> None:
    job = bench.alert()

    async def forever(known: Found) -> Found:
        await asyncio.Event().wait()
        return known

    bench.script.quick = forever
    async with bench.worker() as worker:
        await worker.answer(job, seconds=0.2)
    (message,) = bench.ours(job.ts)
    assert "I stopped" in text_of(message)
    assert "DE_AGENT_DEADLINE_SECONDS" in text_of(message)


async def test_a_bug_ends_in_an_honest_message_without_a_traceback(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    job = bench.alert()

    async def broken(known: Found, progress: Progress) -> Found:
        raise KeyError("password=hunter2")

    bench.script.deepen = broken
    async with bench.worker() as worker:
        await worker.answer(job)
    (message,) = bench.ours(job.ts)
    assert "fault of my own" in text_of(message)
    assert "stg.orders" in text_of(message)
    said = text_of(message) + capsys.readouterr().err
    assert "hunter2" not in said
    assert "KeyError at " in said


@pytest.mark.parametrize(
    ("code", "hint"),
    [("channel_not_found", "cannot see channel"), ("not_in_channel", "invite it there")],
)
async def test_a_channel_that_is_closed_to_us_is_a_clear_end(
    bench: Bench, capsys: pytest.CaptureFixture[str], code: str, hint: str
) -> None:
    job = bench.alert()
    if code == "not_in_channel":
        bench.slack.workspace.channels[CHANNEL].is_member = False
    else:
        del bench.slack.workspace.channels[CHANNEL]
    async with bench.worker() as worker:
        await worker.answer(job)
        await worker.sweep()
    assert state_of(bench, job) == "refused"
    said = capsys.readouterr().err
    assert code in said
    assert hint in said


async def test_slack_down_is_tried_again_and_then_answered_once(bench: Bench) -> None:
    job = bench.alert()
    down = Faults({"slack:chat.postMessage": "hang"})
    down.closing.set()
    up, bench.slack._faults = bench.slack._faults, down
    async with bench.worker() as worker:
        with pytest.raises(SlackUnavailable):
            await worker.answer(job)
        bench.slack._faults = up
        await worker.answer(job)
    assert len(bench.ours(job.ts)) == 1
    assert state_of(bench, job) == "answered"


async def test_too_many_calls_are_waited_for_as_slack_says(bench: Bench) -> None:
    job = bench.alert()
    rules = {f"slack:{name}": "throttled" for name in ("chat.postMessage", "chat.update")}
    bench.slack._faults = Faults(rules)
    async with bench.worker() as worker:
        await worker.answer(job)
    assert len(bench.ours(job.ts)) == 1
    assert "AI-generated" in text_of(bench.ours(job.ts)[0])


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


async def test_blocks_that_slack_refuses_are_sent_plainer(bench: Bench) -> None:
    job = bench.alert()
    wide = "x" * 200
    bench.script.of = lambda alert: replace(
        found(), diagnosis=found().diagnosis.model_copy(update={"category": wide})
    )
    async with bench.worker() as worker:
        await worker.answer(job)
    assert len(bench.ours(job.ts)) == 1


async def test_the_sweep_does_not_take_what_another_job_of_the_same_process_holds(
    bench: Bench,
) -> None:
    job = bench.alert()

    async def deepen(known: Found, progress: Progress) -> Found:
        # The history shows the alert while it is still being answered.
        await workers[0].answer(job)
        return known

    bench.script.deepen = deepen
    workers = []
    async with bench.worker() as worker:
        workers.append(worker)
        await worker.answer(job)
    assert bench.script.calls["deepen"] == 1
    assert len(bench.ours(job.ts)) == 1


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


@pytest.mark.parametrize("kind", ["denied", "hang"])
async def test_where_edits_are_refused_the_last_word_is_posted_anew(
    bench: Bench, kind: str
) -> None:
    job = bench.alert()
    bench.slack._faults = Faults({"slack:chat.update": kind})
    bench.slack._faults.closing.set()
    async with bench.worker() as worker:
        await worker.answer(job)
    _, last = bench.ours(job.ts)
    assert "AI-generated" in text_of(last)
    assert state_of(bench, job) == "answered"
