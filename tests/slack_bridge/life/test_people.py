"""What people do with our messages: judge, look again, ask for steps, ask questions."""

import asyncio
from collections.abc import Iterator

import pytest
from crash_support import Fuse, dying
from life_support import CHANNEL, TEAM, Bench, ScriptedAnswerer, found, text_of

from sandbox.slack.server import SlackServer
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Incidents, Key, Record
from slack_bridge.job import Job
from slack_bridge.lifecycle.ports import Progress
from slack_bridge.receiving.interactions import AGAIN, FEEDBACK, SAID, STEPS

pytestmark = pytest.mark.anyio


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    server = SlackServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def bench(slack: SlackServer, store: Incidents) -> Bench:
    return Bench(slack, store)


def record_of(bench: Bench, job: Job) -> Record:
    record = bench.store.get(Key(TEAM, CHANNEL, job.ts).incident_id)
    assert record is not None
    return record


def click(
    bench: Bench, alert: Job, action: str, verdict: str = "", stamp: str = "7.0", text: str = ""
) -> Job:
    (message, *_) = bench.ours(alert.ts)
    value = record_of(bench, alert).id + verdict
    return Job("interaction", TEAM, CHANNEL, message.ts, alert.ts, stamp, "U1", text, action, value)


async def test_a_judgement_and_what_it_was_are_kept_with_the_incident(bench: Bench) -> None:
    alert = bench.alert()
    async with bench.worker() as worker:
        await worker.answer(alert)
        await worker.answer(click(bench, alert, FEEDBACK, ":wrong"))
        said = click(bench, alert, SAID, ":wrong", "V1", text="the firewall, password=hunter2")
        await worker.answer(said)
    kept = record_of(bench, alert).body["feedback"]["U1"]
    assert kept["verdict"] == "wrong"
    assert kept["said"] == "the firewall, password=***"


async def test_steps_are_shown_in_the_thread_once(bench: Bench) -> None:
    alert = bench.alert()
    async with bench.worker() as worker:
        await worker.answer(alert)
        for stamp in ("7.0", "7.0", "8.0"):
            await worker.answer(click(bench, alert, STEPS, stamp=stamp))
    first, steps = bench.ours(alert.ts)
    assert "Reading the log" in text_of(steps)
    assert "Reading the log" not in text_of(first)


async def test_looking_again_edits_the_same_message_and_keeps_what_people_said(
    bench: Bench,
) -> None:
    alert = bench.alert()
    async with bench.worker() as worker:
        await worker.answer(alert)
        await worker.answer(click(bench, alert, FEEDBACK, ":wrong"))
        bench.script.of = lambda alert: found(cause="disk full")
        await worker.answer(click(bench, alert, AGAIN, stamp="8.0"))
        await worker.answer(click(bench, alert, AGAIN, stamp="8.0"))
    (message,) = bench.ours(alert.ts)
    assert "disk full" in text_of(message)
    assert "stg.orders" not in text_of(message)
    assert record_of(bench, alert).body["feedback"]["U1"]["verdict"] == "wrong"
    assert bench.script.calls["deepen"] == 2


async def test_looking_again_helps_after_we_stopped_without_a_diagnosis(bench: Bench) -> None:
    alert = bench.alert()

    async def forever(known: Found) -> Found:
        await asyncio.Event().wait()
        return known

    async with bench.worker() as worker:
        bench.script.quick = forever
        await worker.answer(alert, seconds=0.2)
        assert "I stopped" in text_of(bench.ours(alert.ts)[0])
        bench.script.quick = None
        await worker.answer(click(bench, alert, AGAIN))
    (message,) = bench.ours(alert.ts)
    assert "stg.orders" in text_of(message)
    assert "I stopped" not in text_of(message)


async def test_looking_again_while_it_is_looked_at_changes_nothing(bench: Bench) -> None:
    alert = bench.alert()

    async def deepen(known: Found, progress: Progress) -> Found:
        if bench.script.calls["deepen"] == 1:
            async with bench.worker("there:x:2") as other:
                await other.answer(click(bench, alert, AGAIN))
        return known

    bench.script.deepen = deepen
    async with bench.worker() as worker:
        await worker.answer(alert)
    assert bench.script.calls["deepen"] == 1
    assert record_of(bench, alert).state == "answered"


async def test_looking_again_after_a_storm_reads_everything(bench: Bench) -> None:
    alerts = [bench.alert(f"1795000000.{n:06}", dag_id=f"d{n}") for n in range(12)]
    bench.script.of = lambda alert: found(alert["dag_id"], cause=f"cause of {alert['dag_id']}")
    async with bench.worker() as worker:
        for alert in alerts:
            await worker.answer(alert)
        assert "only logs were read" in text_of(bench.ours(alerts[-1].ts)[0])
        await worker.answer(click(bench, alerts[-1], AGAIN))
    (message,) = bench.ours(alerts[-1].ts)
    assert "only logs were read" not in text_of(message)
    assert "AI-generated" in text_of(message)


async def test_a_click_on_something_unknown_is_only_noted(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    job = Job(
        "interaction", TEAM, CHANNEL, "1.0", "1.0", "7.0", "U1", action=STEPS, value="inv_gone"
    )
    async with bench.worker() as worker:
        await worker.answer(job)
    assert "no such diagnosis" in capsys.readouterr().err


def question(bench: Bench, ts: str = "1795000500.000100", thread: str = "") -> Job:
    event = {"channel": CHANNEL, "ts": ts, "text": "<@U0DEAGENT> why?", "user": "U1"}
    bench.slack.workspace.put(event | ({"thread_ts": thread} if thread else {}))
    return Job("question", TEAM, CHANNEL, ts, thread or ts, "Ev1", "U1", "why?")


async def test_a_question_is_answered_in_its_thread_with_the_thread_as_context(
    bench: Bench,
) -> None:
    alert = bench.alert()
    asked = question(bench, thread=alert.ts)
    async with bench.worker() as worker:
        await worker.answer(alert)
        await worker.answer(asked)
        await worker.answer(asked)
        answerer = worker.desk.answerer
    diagnosis, answer = bench.ours(alert.ts)
    assert "You asked: why?" in text_of(answer)
    assert isinstance(answerer, ScriptedAnswerer)
    ((words, thread, at),) = answerer.asked
    assert words == "why?"
    about, *said = thread
    assert said == ["Task failed", diagnosis.body["text"]]
    assert about.startswith("This thread is about the failure of `orders.load`")
    assert at.timestamp() == 1795000500.0001
    assert bench.slack.workspace.messages[CHANNEL][alert.ts].status == ""


async def test_a_question_that_takes_too_long_gets_an_honest_word(bench: Bench) -> None:
    asked = question(bench)

    class Slow(ScriptedAnswerer):
        async def ask(self, *_: object) -> object:  # type: ignore[override]  # it never answers
            await asyncio.Event().wait()
            return None

    async with bench.worker() as worker:
        worker.desk.answerer = Slow(bench.script)  # type: ignore[assignment]  # as above
        await worker.answer(asked, seconds=0.2)
    assert "DE_AGENT_DEADLINE_SECONDS" in text_of(bench.ours(asked.ts)[0])


async def test_a_question_left_by_a_dead_worker_is_answered_by_the_sweep(bench: Bench) -> None:
    asked = question(bench)
    for at in (3, 5, 8, 12):
        async with dying(bench, "a:x:1", Fuse(at)) as worker:
            await worker.answer(asked)
        bench.clock.now += 400
    async with bench.worker("b:x:2") as worker:
        await worker.sweep()
    (answer,) = bench.ours(asked.ts)
    assert "You asked: why?" in text_of(answer)
    assert record_of(bench, asked).state == "answered"
