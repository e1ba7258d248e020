"""A worker on the local Slack, whose causes come from a list instead of from AWS."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mcp_server.domain.diagnosis import Diagnosis, Evidence
from sandbox.slack.server import BOT_TOKEN, SlackServer
from sandbox.slack.workspace import BOT, Message
from slack_bridge import blocks
from slack_bridge.diagnosis import Found, Step
from slack_bridge.incidents import Incidents
from slack_bridge.job import Job
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.lifecycle.environments import Environments
from slack_bridge.lifecycle.ports import Progress
from slack_bridge.message.message import section
from slack_bridge.pace import Pace
from slack_bridge.settings import Settings
from slack_bridge.thread import Slack
from slack_bridge.worker import Worker

TEAM, CHANNEL = "T0SANDBOX", "C0ALERTS"
NOW = 1_795_000_000.0


class Clock:
    """Epoch seconds, moved by hand; sleeping moves it too and gives way once."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)
        await asyncio.sleep(0)


def found(
    dag: str = "orders",
    task: str = "load",
    cause: str = "relation stg.orders does not exist",
    **more: Any,  # noqa: ANN401 - fields of Diagnosis
) -> Found:
    said = {
        "environment": "prod",
        "dag_id": dag,
        "task_id": task,
        "category": "database.missing_object",
        "confidence": "high",
        "cause": cause,
        "cause_line": cause,
        "cause_pattern": cause,
        "evidence": [Evidence(id=1, kind="log", quote=cause, place="task log, line 3", url="")],
    }
    if not cause:
        said |= {"confidence": "inconclusive", "category": "unknown", "evidence": []}
    steps = (Step("Reading the log", "get_task_log", {}, 120, 300),)
    return Found(Diagnosis(**{**said, **more}), steps)


@dataclass
class Script:
    """How cases go: `of` says what the rules find; hooks run where a test stops or breaks."""

    of: Callable[[Mapping[str, Any]], Found] = lambda alert: found(
        alert.get("dag_id") or "orders", alert.get("task_id") or "load"
    )
    quick: Callable[[Found], Awaitable[Found]] | None = None
    rules: Callable[[Found], Awaitable[Found]] | None = None
    deepen: Callable[[Found, Progress], Awaitable[Found]] | None = None
    calls: Counter[str] = field(default_factory=Counter)
    deepened: list[str] = field(default_factory=list)
    read_full: list[str] = field(default_factory=list)


class ScriptedCase:
    def __init__(self, script: Script, alert: Mapping[str, Any]) -> None:
        self._script, self._found = script, script.of(alert)

    async def quick(self, depth: str = "full") -> Found:
        self._script.calls["quick" if depth == "full" else f"quick {depth}"] += 1
        return await self._script.quick(self._found) if self._script.quick else self._found

    async def rules(self, depth: str = "full") -> Found:
        self._script.calls[f"rules {depth}"] += 1
        if depth == "full":
            self._script.read_full.append(self._found.diagnosis.cause_pattern)
        return await self._script.rules(self._found) if self._script.rules else self._found

    async def deepen(self, progress: Progress) -> Found:
        self._script.calls["deepen"] += 1
        self._script.deepened.append(self._found.diagnosis.cause_pattern)
        if self._script.deepen:
            return await self._script.deepen(self._found, progress)
        await progress("Reading Redshift locks")
        return replace(self._found, by="model", model_turns=2)


@dataclass(frozen=True)
class Said:
    message: blocks.Message


class ScriptedAnswerer:
    """Opens scripted cases; answers a question by repeating it."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[tuple[str, Sequence[str], datetime]] = []

    def case(
        self, alert: Mapping[str, Any], at: datetime, environments: tuple[str, ...] = ()
    ) -> ScriptedCase:
        return ScriptedCase(self.script, alert)

    async def ask(
        self, question: str, thread: Sequence[str], at: datetime, progress: Progress
    ) -> Said:
        self.asked.append((question, thread, at))
        await progress("Reading the runs of today")
        text = f"You asked: {question}"
        return Said(blocks.Message(text, [section(text)]))

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Bench:
    """One worker process on a shared Slack and store."""

    slack: SlackServer
    store: Incidents
    script: Script = field(default_factory=Script)
    clock: Clock = field(default_factory=Clock)
    settings: Settings = field(default_factory=Settings)

    @asynccontextmanager
    async def worker(self, process: str = "here:x:1") -> AsyncIterator[Worker]:
        """A worker whose end leaves the store open, as a crash of its process would."""
        worker = Worker(self.desk(process))
        try:
            yield worker
        finally:
            await worker.settle()
            await worker.desk.slack.close()

    def desk(self, process: str) -> Desk:
        sleep = self.clock.sleep
        pace, edits = (Pace(clock=self.clock, sleep=sleep) for _ in range(2))
        return Desk(
            store=self.store,
            slack=Slack(BOT_TOKEN, self.slack.api_url, pace, edits, sleep, timeout=2),
            answerer=ScriptedAnswerer(self.script),
            environments=Environments({}, None),
            settings=self.settings,
            clock=self.clock,
            process=process,
            edit_seconds=0.0,
            sleep=sleep,
        )

    def alert(self, ts: str = "1795000000.000100", **fields: Any) -> Job:  # noqa: ANN401 - alert fields
        """An alert that stands in the channel, as the receiver hands it over."""
        text = "Task failed"
        event = {"channel": CHANNEL, "ts": ts, "text": text, "bot_id": "B0AIRFLOW"}
        self.slack.workspace.put(event)
        alert = {"is_failure": True, "dag_id": "orders", "task_id": "load", **fields}
        return Job("alert", TEAM, CHANNEL, ts, ts, alert=alert)

    def ours(self, ts: str = "") -> list[Message]:
        """Our messages in the channel, or in one thread of it, oldest first."""
        known = self.slack.workspace.messages[CHANNEL].values()
        mine = [m for m in known if m.body.get("bot_id") == BOT]
        return [m for m in mine if not ts or m.thread_ts == ts]


def text_of(message: Message) -> str:
    """All words of a message."""
    return f"{message.body['text']}\n{message.body.get('blocks', '')}"
