"""One alert from its claim to its end, on a local Slack and both stores."""

import asyncio
from collections.abc import Iterator

import pytest
from life_support import CHANNEL, TEAM, Bench, text_of

from sandbox.faults import Faults
from sandbox.slack.server import SlackServer
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Incidents, Key
from slack_bridge.job import Job
from slack_bridge.lifecycle.ports import Progress
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


@pytest.mark.parametrize("kind", ["denied", "hang"])
async def test_where_edits_are_refused_the_last_word_is_posted_anew(
    bench: Bench, kind: str
) -> None:
    job = bench.alert()
    bench.slack._faults = Faults({"slack:chat.update": kind})
    bench.slack._faults.closing.set()
    async with bench.worker() as worker:
        await worker.answer(job)
    (last,) = bench.ours(job.ts)
    assert "AI-generated" in text_of(last)
    assert "Looking further" not in text_of(last)
    assert state_of(bench, job) == "answered"
