"""Which alerts are the same failure again, and which share a cause."""

import asyncio
import hashlib
from dataclasses import dataclass

from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.diagnosis import Found
from slack_bridge.incidents import Member, Record
from slack_bridge.lifecycle.desk import Desk
from slack_bridge.lifecycle.sharing import shared_pattern

# The same failure within this is one line; different failures of one cause share its
# investigation within that.
AGAIN_SECONDS, SHARED_SECONDS = 6 * 3600.0, 1800.0


@dataclass(frozen=True)
class Place:
    """Where an alert stands among others.

    `key` is its fingerprint; `again` is the first alert of the same failure and `shared` the first
    of the same cause, each None when it is this one or none was looked for.
    """

    key: str = ""
    again: Member | None = None
    shared: Member | None = None

    def earlier(self, *, storm: bool) -> Member | None:
        """The first alert to which this one is only a repeat."""
        return self.again or (self.shared if storm else None)


def label_of(diagnosis: Diagnosis) -> str:
    """`dag.task`, or the dag alone."""
    return ".".join(filter(None, (diagnosis.dag_id, diagnosis.task_id))) or "?"


def is_proven(diagnosis: Diagnosis) -> bool:
    """Whether there is a cause that another alert can share."""
    return diagnosis.confidence != "inconclusive" and bool(diagnosis.cause_pattern)


def member_of(record: Record, found: Found) -> Member:
    """The alert as others of its cause see it."""
    return Member(record.id, label_of(found.diagnosis), record.key.channel, record.key.ts)


async def place(desk: Desk, record: Record, found: Found, *, storm: bool) -> Place:
    """Where it stands; the first to ask opens the failure and the cause. Asking twice is once."""
    again_key, shared_key = _keys(found.diagnosis, storm=storm)
    member = member_of(record, found)
    again, shared = await asyncio.gather(
        _first(desk, again_key, member, AGAIN_SECONDS),
        _first(desk, shared_key, member, SHARED_SECONDS),
    )
    return Place(again_key or shared_key, again, shared)


def _keys(diagnosis: Diagnosis, *, storm: bool) -> tuple[str, str]:
    where, what = diagnosis.environment, (diagnosis.category, diagnosis.cause_pattern)
    if is_proven(diagnosis):
        task = (diagnosis.dag_id, diagnosis.task_id)
        common = (diagnosis.category, shared_pattern(*what))
        return _digest("again", where, *task, *what), _digest("shared", where, *common)
    # In a storm whose logs cannot be read, a thousand alerts are still one list.
    return "", _digest("unread", where) if storm else ""


async def _first(desk: Desk, key: str, member: Member, window: float) -> Member | None:
    """Who opened the cause, unless it is this one."""
    if not key:
        return None
    first = await desk.stored(desk.store.open, key, member, float(member.ts), window)
    return None if first.incident_id == member.incident_id else first


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
