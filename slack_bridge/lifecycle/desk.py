"""What every job of the worker works with: the store, Slack, who finds causes, the time."""

import asyncio
import itertools
import os
import socket
import time
import tomllib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from slack_bridge.incidents import Claim, Fenced, Incidents, Record
from slack_bridge.lifecycle.environments import Environments
from slack_bridge.lifecycle.lineup import Lineup
from slack_bridge.lifecycle.ports import Answerer, Case
from slack_bridge.log import log_line
from slack_bridge.pace import EDIT_SECONDS, Sleep
from slack_bridge.settings import Settings
from slack_bridge.thread import Slack

# A lease outlives the longest run by this, so that nobody takes over from who is still ending;
# an ending takes less.
LEASE_SLACK_SECONDS, ENDING_SECONDS = 50.0, 40.0
# Store calls at once; DynamoDB's client has as many connections.
STORE_AT_ONCE = 32
P = ParamSpec("P")
T = TypeVar("T")


def process_name() -> str:
    """Names this process; with the machine and the pid first, so that its end can be seen."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@dataclass
class Desk:
    """Shared by all jobs of a process."""

    store: Incidents
    slack: Slack
    answerer: Answerer
    environments: Environments
    settings: Settings
    clock: Callable[[], float] = time.time
    process: str = field(default_factory=process_name)
    deepening: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    # Between two edits of one message, and how to wait.
    edit_seconds: float = EDIT_SECONDS
    sleep: Sleep = asyncio.sleep
    # When a claim was last counted, and until when it is a storm.
    last_claim: float = 0.0
    storm_until: float = 0.0
    # Whether this process goes on between jobs, as Lambda's does not.
    drains: bool = True
    # Alerts that wait for the store, and say so by a reaction.
    waiting: set[str] = field(default_factory=set)
    background: set[asyncio.Task[None]] = field(default_factory=set)
    lineup: Lineup = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _limit: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(STORE_AT_ONCE))

    def __post_init__(self) -> None:
        self.lineup = Lineup(self.clock)

    @property
    def in_storm(self) -> bool:
        """Whether a claim of this last minute stood in a storm."""
        return self.clock() < self.storm_until

    def owner(self, what: str) -> str:
        """A name for one holding of a lease: two holdings of one process are strangers too."""
        return f"{self.process}:{what}:{next(self._numbers)}"

    async def stored(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call of the store, off the loop."""
        # Not abandoned: a write under way is better known than guessed.
        return await to_thread.run_sync(lambda: call(*args, **kwargs), limiter=self._limit)

    async def claim(self, record: Record, owner: str, seconds: float) -> Claim:
        """Claim for a run of at most `seconds`; takes over at once from a process that is gone."""
        lease = seconds + LEASE_SLACK_SECONDS
        claim = await self.stored(self.store.claim, record, owner, self.clock(), lease)
        if claim.mine or claim.record.ended or not _is_gone(claim.record.owner):
            return claim
        free = replace(claim.record, owner="", lease_until=0.0)
        await self.stored(self.store.save, free, self.clock())
        return await self.stored(self.store.claim, record, owner, self.clock(), lease)

    async def reopen(self, incident_id: str, owner: str, seconds: float) -> Record | None:
        """Take an incident again for at most `seconds`; None while somebody holds it."""
        lease = seconds + LEASE_SLACK_SECONDS
        return await self.stored(self.store.reopen, incident_id, owner, self.clock(), lease)

    async def save(self, record: Record) -> Record:
        """Write the record; Fenced when it is no longer ours."""
        await self.stored(self.store.save, record, self.clock())
        return record

    async def release(self, record: Record) -> None:
        """Let go of it, so that its next try need not wait for the lease."""
        try:
            await self.save(record.released())
        except Fenced as error:
            log_line("taken over", incident=record.id, why=str(error))

    async def case(self, record: Record) -> Case:
        """The case of a record's alert, at the alert's own time."""
        alert = record.body["alert"]
        meant = await self.environments.meant(alert, record.key.channel)
        return self.answerer.case(alert, moment(record.key.ts), meant)

    def later(self, task: "asyncio.Task[None]") -> None:
        """Keep a task that runs beside the jobs until it is done."""
        self.background.add(task)
        task.add_done_callback(self.background.discard)


def moment(ts: str) -> datetime:
    """A Slack ts as the reference time of an investigation."""
    return datetime.fromtimestamp(float(ts), UTC)


def say(key: str, **values: object) -> str:
    """The sentence at "table.name" of life.toml with its {names} filled in."""
    table, _, name = key.partition(".")
    return _words()[table][name].format(**values)


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("life.toml").read_text("utf-8"))


def _is_gone(owner: str) -> bool:
    """Whether the owner is a process of this machine that has ended."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
