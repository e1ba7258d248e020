"""Any order of deliveries, crashes, races, waits and clicks: nothing lost, nothing doubled."""

import asyncio
import itertools
import tempfile
from collections.abc import Coroutine
from typing import Any, ClassVar

import pytest
from conftest import dynamodb
from crash_support import Crashed, Fuse, dying
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from life_support import CHANNEL, TEAM, Bench, found, text_of

from sandbox.slack.server import SlackServer
from slack_bridge.incidents import Incidents, Key, Record
from slack_bridge.job import Job
from slack_bridge.receiving.interactions import AGAIN, FEEDBACK
from slack_bridge.store.sqlite import SqliteIncidents

ALERTS = 4
STEP = st.integers(1, 60)
ALERT = st.integers(0, ALERTS - 1)
SHORT = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class Lives(RuleBasedStateMachine):
    """Four alerts of two causes, any number of processes, one store, one Slack."""

    slack: ClassVar[SlackServer]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.numbers = itertools.count(1)
        self.store = self.make_store()
        self.bench = Bench(self.slack, self.store)
        self.bench.script.of = lambda alert: found(
            alert["dag_id"] or "other", cause=alert["exception"] or ""
        )
        self.slack.workspace.messages[CHANNEL] = {}
        self.delivered: set[int] = set()
        self.judged: set[int] = set()
        self.jobs: list[Job] = []

    def make_store(self) -> Incidents:
        raise NotImplementedError

    @initialize()
    def alerts_come(self) -> None:
        self.jobs = [
            self.bench.alert(
                f"179500000{n}.000001", dag_id=f"dag_{n // 2}", exception=f"cause {n // 2}"
            )
            for n in range(ALERTS)
        ]

    @rule(number=ALERT)
    def deliver(self, number: int) -> None:
        self.run(self.answered(self.jobs[number], Fuse()))
        self.delivered.add(number)

    @rule(number=ALERT, at=STEP)
    def deliver_and_die(self, number: int, at: int) -> None:
        self.run(self.answered(self.jobs[number], Fuse(at)))
        if self.record(number) is not None:
            self.delivered.add(number)

    @rule(number=ALERT, at=STEP)
    def race(self, number: int, at: int) -> None:
        async def both() -> None:
            job = self.jobs[number]
            await asyncio.gather(self.answered(job, Fuse(at)), self.answered(job, Fuse()))

        self.run(both())
        self.delivered.add(number)

    @rule(seconds=st.sampled_from([1.0, 100.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.bench.clock.now += seconds

    @rule(at=STEP)
    def sweep_and_die(self, at: int) -> None:
        self.run(self.swept(Fuse(at)))

    @rule()
    def sweep(self) -> None:
        self.run(self.swept(Fuse()))

    @precondition(lambda self: self.delivered)
    @rule(number=ALERT)
    def judge(self, number: int) -> None:
        if self.record(number) is None:
            return
        self.run(self.answered(self.click(number, FEEDBACK, ":wrong"), Fuse()))
        self.judged.add(number)

    @precondition(lambda self: self.delivered)
    @rule(number=ALERT, at=STEP)
    def look_again_and_die(self, number: int, at: int) -> None:
        if self.record(number) is not None:
            self.run(self.answered(self.click(number, AGAIN), Fuse(at)))

    @invariant()
    def no_thread_holds_two_answers(self) -> None:
        for job in self.jobs:
            assert len(self.bench.ours(job.ts)) <= 1

    def teardown(self) -> None:
        """All that was delivered comes to its end, and what people said is still there."""
        try:
            for _ in range(6):
                self.bench.clock.now += 400
                self.run(self.swept(Fuse()))
            for number in self.delivered:
                self.ended_well(number)
        finally:
            self.runner.close()
            self.store.close()

    def ended_well(self, number: int) -> None:
        record = self.record(number)
        assert record is not None
        assert record.state in ("answered", "repeat", "stopped")
        (message,) = self.bench.ours(self.jobs[number].ts)
        assert "Looking further" not in text_of(message)
        assert record.reply_ts == message.ts
        if number in self.judged:
            assert record.body["feedback"]["U1"]["verdict"] == "wrong"

    def record(self, number: int) -> Record | None:
        return self.store.get(Key(TEAM, CHANNEL, self.jobs[number].ts).incident_id)

    def click(self, number: int, action: str, verdict: str = "") -> Job:
        record = self.record(number)
        value = f"{record.id}{verdict}" if record else ""
        ts = self.jobs[number].ts
        return Job(
            "interaction", TEAM, CHANNEL, ts, ts, f"{next(self.numbers)}.0", "U1", "",
            action, value,
        )  # fmt: skip

    async def answered(self, job: Job, fuse: Fuse) -> None:
        process = f"host:x:{next(self.numbers)}"
        async with dying(self.bench, process, fuse) as worker:
            await worker.answer(job)

    async def swept(self, fuse: Fuse) -> None:
        async with dying(self.bench, f"host:x:{next(self.numbers)}", fuse) as worker:
            await worker.sweep()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            self.runner.run(work)
        except Crashed:
            return


class OnSqlite(Lives):
    def make_store(self) -> Incidents:
        self.folder = tempfile.TemporaryDirectory()
        return SqliteIncidents(f"{self.folder.name}/incidents.sqlite3")

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


class OnDynamoDb(Lives):
    def make_store(self) -> Incidents:
        return dynamodb()


@pytest.fixture
def slack() -> SlackServer:
    server = SlackServer()
    server.start()
    Lives.slack = server
    yield server
    server.close()


@pytest.mark.usefixtures("slack")
def test_on_sqlite_no_order_of_events_loses_or_doubles_an_alert() -> None:
    run_state_machine_as_test(OnSqlite, settings=SHORT)


@pytest.mark.usefixtures("slack", "aws_url")
def test_on_dynamodb_no_order_of_events_loses_or_doubles_an_alert() -> None:
    run_state_machine_as_test(OnDynamoDb, settings=settings(SHORT, max_examples=5))
