"""What is remembered of each alert, and the promises of the store that remembers it.

One message of ours belongs to one incident, and one lease guards both: whoever holds it may post
and edit, and the fencing number refuses every write of a holder that lost it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

Kind = Literal["alert", "question", "interaction"]
# claimed: somebody works on it, and may have posted; waiting: a repeat's line is still to be
# posted; the others are ends: answered, repeat (one line), listed (only in a storm's list),
# refused (Slack does not let us write there), stopped (an honest failure was said).
State = Literal["claimed", "waiting", "answered", "repeat", "listed", "refused", "stopped"]
ENDS: tuple[State, ...] = ("answered", "repeat", "listed", "refused", "stopped")
# A lease that nobody's clock passes: what has ended is never claimed again by a late duplicate.
FOREVER = 32_503_680_000.0
Body = dict[str, Any]  # Any: JSON values


class StoreUnavailable(Exception):
    """The store took or gave nothing; the text says which call, and what to mend."""


class Fenced(Exception):
    """The lease was lost and somebody else holds the incident: leave it alone."""


@dataclass(frozen=True)
class Key:
    """The message an incident is about; `part` tells clicks and questions from alerts."""

    team_id: str
    channel: str
    ts: str
    part: str = ""

    @property
    def incident_id(self) -> str:
        """The same for every delivery of the same message, whatever its event type."""
        said = "\n".join((self.team_id, self.channel, self.ts, self.part))
        return "inv_" + hashlib.sha256(said.encode()).hexdigest()[:14]


@dataclass(frozen=True)
class Record:
    """One incident. Times are epoch seconds; `ts` and the like are Slack's.

    `body` holds JSON: the alert, `diagnosis`, `steps`, `by`, `note`, `seconds`, `model_turns`,
    `first_answer_at`, `final_answer_at`, `feedback` and what else a resumed job needs.
    """

    key: Key
    thread_ts: str
    kind: Kind = "alert"
    state: State = "claimed"
    owner: str = ""
    fence: int = 0
    lease_until: float = 0.0
    reply_ts: str = ""
    fingerprint: str = ""
    created: float = 0.0
    updated: float = 0.0
    body: Body = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.key.incident_id

    @property
    def ended(self) -> bool:
        return self.state in ENDS

    @property
    def interruptions(self) -> int:
        """How often a holder went away without letting go; the present one is none."""
        return self.fence - int(self.body.get("fence_before") or 0) - 1

    def released(self) -> "Record":
        """The record let go on purpose: free for anybody, and no interruption."""
        free = self.having(fence_before=self.fence)
        return replace(free, owner="", lease_until=0.0)

    def having(self, **more: Any) -> "Record":  # noqa: ANN401 - JSON values
        """The record with more in its body."""
        return replace(self, body=self.body | more)

    def end(self, state: State) -> "Record":
        """The record at its end, which nobody can claim."""
        return replace(self, state=state, owner="", lease_until=FOREVER)


@dataclass(frozen=True)
class Claim:
    """What a claim came to: `mine`, or the record of who holds or has answered it.

    `resumed` says that somebody held it before: they may have posted.
    """

    record: Record
    mine: bool

    @property
    def resumed(self) -> bool:
        return self.mine and self.record.fence > 1


@dataclass(frozen=True)
class Member:
    """One alert of a cause: which incident, what failed, and where its thread is."""

    incident_id: str
    label: str
    channel: str
    ts: str


class Incidents(Protocol):
    """The store. Every call may raise StoreUnavailable; none waits for another's lease."""

    def claim(self, record: Record, owner: str, now: float, lease_seconds: float) -> Claim:
        """Take an incident that is new, ours, or whose lease ran out: one conditional write.

        A new one is stored as `record`; one that exists keeps what it holds, with the next fence.
        """

    def reopen(
        self, incident_id: str, owner: str, now: float, lease_seconds: float
    ) -> Record | None:
        """Take an incident again, also one that has ended; None while somebody holds it."""

    def save(self, record: Record, now: float) -> None:
        """Write state, lease, reply and body; Fenced when the fence is no longer this record's."""

    def get(self, incident_id: str) -> Record | None: ...

    def find(self, channel: str, reply_ts: str) -> Record | None:
        """The incident whose message of ours this is."""

    def judge(self, incident_id: str, user: str, said: Mapping[str, str]) -> bool:
        """Keep what a person said of the diagnosis; needs no lease, later words are added.

        False when there is no such incident.
        """

    def unfinished(self, now: float, most: int) -> Sequence[Record]:
        """Incidents that nobody holds and that have not ended, the longest due first."""

    def recent(self, since: float, until: float, most: int) -> Sequence[Record]:
        """Incidents first claimed between these times, the newest first."""

    def open(self, cause: str, member: Member, at: float, window: float) -> Member:
        """The first alert of a cause within `window` seconds of `at`: an earlier one, or this."""

    def enlist(self, first_id: str, member: Member) -> None:
        """Put an alert on the list of repeats under another; twice is once."""

    def listed(self, first_id: str) -> Sequence[Member]:
        """The repeats under an alert, in order of time."""

    def add(self, counter: str, now: float) -> int:
        """Count one more, and say how many that makes."""

    def count(self, counter: str) -> int: ...

    def meet(self, team_id: str, channel: str, ts: str) -> None:
        """Watch a channel from this message on; a channel that is watched stays as it is."""

    def seen(self, team_id: str, channel: str, ts: str) -> None:
        """All of a watched channel up to this message is dealt with; never goes back."""

    def channels(self) -> Mapping[tuple[str, str], str]:
        """The watched channels: (team, channel) to the newest message dealt with."""

    def close(self) -> None: ...
