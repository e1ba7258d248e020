"""How long a task takes usually, and whether this time was like that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from mcp_server.domain.airflow import TaskInstance
from mcp_server.times import span

SLOW = 2.0
WORTH_S = 60.0
GROWN = 1.5
NEAR_TIMEOUT = 0.97
SHORTEST_TREND, LONGEST_TREND = 4, 8
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Usual:
    """A task's successful durations in seconds, oldest run first."""

    durations: tuple[float, ...] = ()

    @property
    def seconds(self) -> float | None:
        """The median; None without any."""
        return median(self.durations) if self.durations else None

    @property
    def growth(self) -> tuple[float, ...]:
        """The last runs of which each took longer than the one before, together half as long again.

        Four of them at least and eight at most; () when there is no such growth.
        """
        for number in range(min(len(self.durations), LONGEST_TREND), SHORTEST_TREND - 1, -1):
            last = self.durations[-number:]
            ordered = all(a <= b for a, b in pairwise(last))
            if ordered and last[-1] >= max(GROWN * last[0], last[0] + WORTH_S):
                return last
        return ()

    def unusual(self, taken: float | None, *, is_cut: bool = False) -> str:
        """What to say of this time's duration; nothing when it is as always.

        `is_cut`: it would have taken longer than it was let.
        """
        if taken is None:
            return ""
        growth = self.growth
        if growth and (is_cut or taken >= growth[-1]):
            shown = growth if len(growth) <= SHORTEST_TREND else (growth[0], *growth[-3:])
            trend = ", ".join(span(one) for one in shown)
            over = "" if shown is growth else f" of {len(growth)}"
            return f"takes longer each run{over}: {trend}, now {span(taken)}"
        usual = self.seconds
        if usual is not None and taken > max(SLOW * usual, usual + WORTH_S):
            return f"{taken / usual:.0f} times its usual {span(usual)}" if usual >= 1 else ""
        return ""


def usual_durations(
    earlier: Iterable[TaskInstance], run_id: str, before: datetime | None
) -> dict[Key, Usual]:
    """By task and map index: the durations of other runs that began before this one."""
    found: dict[Key, list[tuple[datetime, float]]] = {}
    for one in earlier:
        if one.run_id == run_id or one.duration is None or one.start_date is None:
            continue
        if one.state == "success" and (before is None or one.start_date < before):
            key = one.task_id, one.map_index
            found.setdefault(key, []).append((one.start_date, one.duration))
    return {key: Usual(tuple(d for _, d in sorted(times))) for key, times in found.items()}


def timed_out(one: TaskInstance, timeout_s: float | None) -> bool:
    """True when a failed task ran for as long as its execution_timeout allows."""
    failed = one.state in ("failed", "up_for_retry")
    return bool(failed and timeout_s and one.duration and one.duration >= NEAR_TIMEOUT * timeout_s)


def run_seconds(began: datetime | None, ended: datetime | None) -> float | None:
    """The time between two moments; None when one is missing."""
    return (ended - began).total_seconds() if began and ended else None


def usual_of(lengths: Sequence[float | None]) -> float | None:
    """The median of what is known."""
    known = [one for one in lengths if one is not None]
    return median(known) if known else None
