"""What the bridge wrote into its files: the incidents, and the jobs still to be answered."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slack_bridge.incidents import ENDS

Json = dict[str, Any]  # Any: JSON as the bridge stored it


@dataclass(frozen=True)
class Answered:
    """One alert's record as the bridge stored it."""

    id: str
    channel: str
    ts: str
    state: str
    body: Json

    @property
    def diagnosis(self) -> Json | None:
        return self.body.get("diagnosis")

    @property
    def cause(self) -> str:
        """The same for all alerts of one cause: of one pattern, or repeats of one alert."""
        found = self.diagnosis or {}
        if found.get("cause_pattern"):
            return f"{found.get('category')} {found['cause_pattern']}"
        return str((self.body.get("first") or {}).get("incident_id") or self.id)

    @property
    def ended(self) -> bool:
        return self.state in ENDS


def read_answers(store: Path) -> list[Answered]:
    """Every alert's record, oldest alert first; none when the store is not there yet."""
    with _opened(store) as db:
        if db is None or not _has(db, "incidents"):
            return []
        rows = db.execute(
            "SELECT id, channel, ts, state, body FROM incidents"
            " WHERE kind = 'alert' ORDER BY CAST(ts AS REAL)"
        ).fetchall()
    return [
        Answered(id_, channel, ts, state, json.loads(body))
        for id_, channel, ts, state, body in rows
    ]


def jobs_waiting(queue: Path) -> int:
    """How many jobs were received and not answered."""
    with _opened(queue) as db:
        if db is None or not _has(db, "jobs"):
            return 0
        said = db.execute("SELECT count(*) FROM jobs WHERE state IN ('waiting', 'leased')")
        return int(said.fetchone()[0])


def jobs_given_up(queue: Path) -> int:
    """How many jobs failed too often."""
    with _opened(queue) as db:
        if db is None or not _has(db, "jobs"):
            return 0
        said = db.execute("SELECT count(*) FROM jobs WHERE state = 'given_up'")
        return int(said.fetchone()[0])


def judged(answers: Sequence[Answered]) -> Answered | None:
    """The investigation that most alerts belong to; of equal ones the earliest, repeats last."""
    counts = Counter(answer.cause for answer in answers)
    with_one = [answer for answer in answers if answer.diagnosis]
    return max(with_one, key=lambda a: (counts[a.cause], a.state == "answered"), default=None)


def _has(db: sqlite3.Connection, table: str) -> bool:
    said = db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    return said.fetchone() is not None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    if not path.is_file():
        yield None
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        yield db
