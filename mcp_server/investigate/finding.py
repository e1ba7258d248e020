"""What a probe brings back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mcp_server.domain.diagnosis import EvidenceKind


@dataclass(frozen=True, slots=True)
class Clue:
    """One fact with its place. `confirms`: it proves the cause from outside the task's log.

    `is_change`: somebody changed something before the failure. `rank`: the smaller, the earlier
    it is shown. `quote` is third-party text until it is redacted.
    """

    kind: EvidenceKind
    quote: str
    place: str
    url: str = ""
    at: datetime | None = None
    is_change: bool = False
    confirms: bool = False
    rank: int = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """A probe's result; empty fields say nothing.

    `explains` is the half sentence that the cause sentence ends with ("user dbt_ci dropped it at
    02:41"), `category` a better one than the log's, `cause_line` a better cause line,
    `missed` what could not be seen (what, why), `names` what steps may name.
    """

    clues: tuple[Clue, ...] = ()
    explains: str = ""
    category: str = ""
    cause_line: str = ""
    safe_to_rerun: str = ""
    missed: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()


NOTHING = Finding()


def joined(findings: Sequence[Finding]) -> Finding:
    """Several results as one; of each single word and of each name the first result's wins."""
    return Finding(
        clues=tuple(clue for one in findings for clue in one.clues),
        explains=next((one.explains for one in findings if one.explains), ""),
        category=next((one.category for one in findings if one.category), ""),
        cause_line=next((one.cause_line for one in findings if one.cause_line), ""),
        safe_to_rerun=next((one.safe_to_rerun for one in findings if one.safe_to_rerun), ""),
        missed=tuple(miss for one in findings for miss in one.missed),
        names=tuple(name for one in reversed(findings) for name in one.names),
    )


def telling(category: str) -> int:
    """How much a category that a probe found says; what killed a task beats that it was killed."""
    order = ("", "airflow.scheduling", "airflow.task_killed", "airflow.import_error")
    return order.index(category) if category in order else len(order)
