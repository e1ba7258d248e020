"""Jobs received but not answered, in SQLite: put before Slack is told, so that none is lost."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed

_TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',  -- waiting, leased, done, given_up
  owner INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  put_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (state, due);
"""
_LEASE = """
UPDATE jobs SET state = 'leased', owner = :owner, due = :until, tries = tries + 1
WHERE id = (SELECT id FROM jobs WHERE state IN ('waiting', 'leased') AND due <= :now
            ORDER BY due, id LIMIT 1)
RETURNING id, body, tries
"""
MOST_TRIES = 5
KEPT_SECONDS = 7 * 86_400
# What was given up is tried once more after so long, again and again: nothing is lost.
REST_SECONDS = 300.0


@dataclass(frozen=True)
class Leased:
    """A job in hand; `tries` counts this one."""

    id: int
    job: Job
    tries: int


@dataclass
class _Waiting:
    """A job on its way into the file, and what became of it."""

    row: tuple[str, str]
    is_done: bool = False
    is_new: bool = False
    error: sqlite3.Error | None = None


class Queue:
    """A durable queue in one file; safe to use from threads and from more than one process."""

    def __init__(self, path: str, clock: Callable[[], float] = time.time) -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._clock, self._lock = clock, threading.Lock()
        self._coming, self._waiting = threading.Lock(), list[_Waiting]()
        self._db = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        # An acknowledged alert outlives a power cut, not only a crash.
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_TABLE)
        self.on_put: Callable[[], None] = lambda: None

    def put(self, job: Job) -> bool:
        """Keep a job; False when it was kept before. HandOverFailed when it cannot be kept."""
        mine = _Waiting((_key(job), job.to_json()))
        with self._coming:
            self._waiting.append(mine)
        with self._lock:
            # Whoever has the file writes for all that wait: a burst shares one sync of the disk.
            if not mine.is_done:
                self._keep_all()
        if mine.error is not None:
            raise HandOverFailed(f"the queue's file takes no job: {mine.error}") from mine.error
        self.on_put()
        return mine.is_new

    def _keep_all(self) -> None:
        with self._coming:
            batch, self._waiting = self._waiting, []
        error = None
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for one in batch:
                one.is_new = self._kept(one.row)
            self._db.execute("COMMIT")
        except sqlite3.Error as failed:
            error = failed
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        for one in batch:
            one.is_done, one.error = True, error

    def _kept(self, row: tuple[str, str]) -> bool:
        now = self._clock()
        done = self._db.execute(
            "INSERT OR IGNORE INTO jobs (key, body, due, put_at) VALUES (?, ?, ?, ?)",
            (*row, now, now),
        )
        return done.rowcount == 1

    def lease(self, seconds: float) -> Leased | None:
        """The job longest due, in hand for so many seconds; None when none is due."""
        now = self._clock()
        about = {"owner": os.getpid(), "until": now + seconds, "now": now}
        with self._lock:
            row = self._db.execute(_LEASE, about).fetchone()
        return Leased(row[0], Job.from_json(row[1]), row[2]) if row else None

    def done(self, leased: Leased) -> None:
        """The job is answered; its key stays, so that a late retry is known."""
        self._set(leased, "done", 0)

    def failed(self, leased: Leased) -> str:
        """Put a job back, later each time; after MOST_TRIES give it up. Says which."""
        if leased.tries >= MOST_TRIES:
            self._set(leased, "given_up", 0)
            return "given_up"
        self._set(leased, "waiting", 5.0 * 2**leased.tries)
        return "waiting"

    def release(self, leased: Leased) -> None:
        """Put a job back at once, as on a clean stop."""
        self._set(leased, "waiting", 0)

    def recover(self) -> int:
        """Make due what a process that is gone held; forget what is old. How many are due again."""
        now = self._clock()
        with self._lock:
            self._db.execute(
                "DELETE FROM jobs WHERE state = 'done' AND put_at < ?", (now - KEPT_SECONDS,)
            )
            owners = self._db.execute("SELECT DISTINCT owner FROM jobs WHERE state = 'leased'")
            gone = [pid for (pid,) in owners if not _alive(pid)]
            count = 0
            for pid in gone:
                count += self._db.execute(
                    "UPDATE jobs SET due = ? WHERE state = 'leased' AND owner = ?", (now, pid)
                ).rowcount
        return count

    def revive(self, rest_seconds: float = REST_SECONDS) -> int:
        """Make due again, for one more try, what was given up that long ago. How many."""
        now = self._clock()
        with self._lock:
            return self._db.execute(
                "UPDATE jobs SET state = 'waiting', tries = ?, due = ?"
                " WHERE state = 'given_up' AND due <= ?",
                (MOST_TRIES - 1, now, now - rest_seconds),
            ).rowcount

    def waiting(self) -> int:
        """How many jobs are not answered yet."""
        with self._lock:
            found = self._db.execute(
                "SELECT count(*) FROM jobs WHERE state IN ('waiting', 'leased')"
            ).fetchone()
        return int(found[0])

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _set(self, leased: Leased, state: str, delay: float) -> None:
        # The try's number fences off a worker whose lease ran out.
        about = (state, self._clock() + delay, leased.id, leased.tries)
        with self._lock:
            self._db.execute(
                "UPDATE jobs SET state = ?, due = ? WHERE id = ? AND tries = ?"
                " AND state = 'leased'",
                about,
            )


def _key(job: Job) -> str:
    about = [job.team_id, job.channel, job.ts]
    if job.kind == "interaction":
        about += [job.action, job.value, job.user, job.event_id]
    return "/".join(about)


def _alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
