"""The incident store of one machine: a SQLite file, safe for threads and processes."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from slack_bridge.incidents import (
    FOREVER,
    Body,
    Claim,
    Fenced,
    Key,
    Member,
    Record,
    StoreUnavailable,
)

_TABLES = """
CREATE TABLE IF NOT EXISTS incidents (
  id TEXT PRIMARY KEY, team_id TEXT NOT NULL, channel TEXT NOT NULL, ts TEXT NOT NULL,
  thread_ts TEXT NOT NULL, reply_ts TEXT NOT NULL, state TEXT NOT NULL, fingerprint TEXT NOT NULL,
  owner TEXT NOT NULL, fence INTEGER NOT NULL, lease_until REAL NOT NULL,
  body TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
  kind TEXT NOT NULL, part TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS incidents_lease ON incidents (lease_until);
CREATE INDEX IF NOT EXISTS incidents_created ON incidents (created);
CREATE INDEX IF NOT EXISTS incidents_reply ON incidents (channel, reply_ts);
CREATE TABLE IF NOT EXISTS causes (
  cause TEXT PRIMARY KEY, incident_id TEXT NOT NULL, label TEXT NOT NULL, channel TEXT NOT NULL,
  ts TEXT NOT NULL, first_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS repeats (
  first_id TEXT NOT NULL, incident_id TEXT NOT NULL, label TEXT NOT NULL,
  channel TEXT NOT NULL, ts TEXT NOT NULL, PRIMARY KEY (first_id, incident_id)
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL, at REAL);
CREATE TABLE IF NOT EXISTS channels (
  team_id TEXT NOT NULL, channel TEXT NOT NULL, ts TEXT NOT NULL, PRIMARY KEY (team_id, channel)
);
"""
_COLUMNS = (
    "team_id, channel, ts, part, thread_ts, kind, state, owner, fence, lease_until, reply_ts,"
    " fingerprint, created, updated, body"
)
_CLAIM = f"""
INSERT INTO incidents (id, {_COLUMNS}) VALUES (
  :id, :team_id, :channel, :ts, :part, :thread_ts, :kind, :state, :owner, 1, :until, :reply_ts,
  :fingerprint, :now, :now, :body)
ON CONFLICT (id) DO UPDATE
  SET owner = excluded.owner, fence = fence + 1, lease_until = excluded.lease_until,
      updated = excluded.updated
  WHERE owner = excluded.owner OR lease_until < :now
RETURNING {_COLUMNS}
"""  # noqa: S608 - fixed column names
_REOPEN = f"""
UPDATE incidents SET owner = :owner, fence = fence + 1, lease_until = :until, updated = :now
WHERE id = :id AND (owner = :owner OR lease_until < :now OR lease_until >= :forever)
RETURNING {_COLUMNS}
"""  # noqa: S608 - fixed column names
# Feedback comes from other jobs, without the lease: a save leaves it alone.
_SAVE = """
UPDATE incidents
SET state = :state, owner = :owner, lease_until = :until, reply_ts = :reply_ts,
    fingerprint = :fingerprint, updated = :now,
    body = json_set(:body, '$.feedback', json(coalesce(json_extract(body, '$.feedback'), '{}')))
WHERE id = :id AND fence = :fence
"""
_JUDGE = """
UPDATE incidents SET body = json_set(
  body, '$.feedback', json_patch(coalesce(json_extract(body, '$.feedback'), '{}'), :said))
WHERE id = :id
"""
_OPEN = """
INSERT INTO causes VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (cause) DO UPDATE
  SET incident_id = excluded.incident_id, label = excluded.label, channel = excluded.channel,
      ts = excluded.ts, first_at = excluded.first_at
  WHERE first_at < ?6 - ?7
"""
_SEEN = """
INSERT INTO channels (team_id, channel, ts) VALUES (?, ?, ?)
ON CONFLICT (team_id, channel) DO UPDATE SET ts = excluded.ts
  WHERE CAST(excluded.ts AS REAL) > CAST(ts AS REAL)
"""
_KEPT_COUNTERS_SECONDS = 86_400


class SqliteIncidents:
    """Incidents in one file, made with its folder when it is not there."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        try:
            if path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=5, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            # A commit in WAL survives a crash of this process; a power cut may take back the last
            # ones, and what they held is found again by its lease and by its reply in Slack.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(f"DE_AGENT_STORE {path}: {error}") from error

    def claim(self, record: Record, owner: str, now: float, lease_seconds: float) -> Claim:
        about = _values(record) | {"owner": owner, "until": now + lease_seconds, "now": now}
        with self._writing("claim") as db:
            row = db.execute(_CLAIM, about).fetchone()
            if row is not None:
                return Claim(_record(row), mine=True)
            return Claim(_record(_one(db, record.id)), mine=False)

    def reopen(
        self, incident_id: str, owner: str, now: float, lease_seconds: float
    ) -> Record | None:
        about = {"id": incident_id, "owner": owner, "until": now + lease_seconds, "now": now}
        with self._writing("reopen") as db:
            row = db.execute(_REOPEN, about | {"forever": FOREVER}).fetchone()
        return _record(row) if row else None

    def save(self, record: Record, now: float) -> None:
        about = _values(record) | {"now": now, "fence": record.fence, "until": record.lease_until}
        with self._writing("save") as db:
            done = db.execute(_SAVE, about | {"owner": record.owner})
        if done.rowcount != 1:
            raise Fenced(f"{record.id} is no longer held with fence {record.fence}")

    def get(self, incident_id: str) -> Record | None:
        with self._writing("get") as db:
            row = _one(db, incident_id)
        return _record(row) if row else None

    def find(self, channel: str, reply_ts: str) -> Record | None:
        found = self._rows("channel = ? AND reply_ts = ? LIMIT 1", (channel, reply_ts))
        return found[0] if found and reply_ts else None

    def judge(self, incident_id: str, user: str, said: Mapping[str, str]) -> bool:
        about = {"id": incident_id, "said": json.dumps({user: dict(said)})}
        with self._writing("judge") as db:
            return db.execute(_JUDGE, about).rowcount == 1

    def unfinished(self, now: float, most: int) -> Sequence[Record]:
        return self._rows("lease_until < ? ORDER BY lease_until LIMIT ?", (now, most))

    def recent(self, since: float, until: float, most: int) -> Sequence[Record]:
        where = "created BETWEEN ? AND ? ORDER BY created DESC LIMIT ?"
        return self._rows(where, (since, until, most))

    def open(self, cause: str, member: Member, at: float, window: float) -> Member:
        with self._writing("open") as db:
            db.execute(_OPEN, (cause, *vars(member).values(), at, window))
            row = db.execute(
                "SELECT incident_id, label, channel, ts FROM causes WHERE cause = ?", (cause,)
            ).fetchone()
        return Member(*row)

    def enlist(self, first_id: str, member: Member) -> None:
        about = (first_id, *vars(member).values())
        with self._writing("enlist") as db:
            db.execute("INSERT OR IGNORE INTO repeats VALUES (?, ?, ?, ?, ?)", about)

    def listed(self, first_id: str) -> Sequence[Member]:
        with self._writing("listed") as db:
            rows = db.execute(
                "SELECT incident_id, label, channel, ts FROM repeats WHERE first_id = ?"
                " ORDER BY CAST(ts AS REAL)",
                (first_id,),
            ).fetchall()
        return [Member(*row) for row in rows]

    def add(self, counter: str, now: float) -> int:
        with self._writing("add") as db:
            row = db.execute(
                "INSERT INTO counters VALUES (?, 1, ?) ON CONFLICT (name)"
                " DO UPDATE SET value = value + 1 RETURNING value",
                (counter, now),
            ).fetchone()
            if row[0] == 1:
                db.execute("DELETE FROM counters WHERE at < ?", (now - _KEPT_COUNTERS_SECONDS,))
        return int(row[0])

    def count(self, counter: str) -> int:
        with self._writing("count") as db:
            row = db.execute("SELECT value FROM counters WHERE name = ?", (counter,)).fetchone()
        return int(row[0]) if row else 0

    def meet(self, team_id: str, channel: str, ts: str) -> None:
        with self._writing("meet") as db:
            db.execute("INSERT OR IGNORE INTO channels VALUES (?, ?, ?)", (team_id, channel, ts))

    def seen(self, team_id: str, channel: str, ts: str) -> None:
        with self._writing("seen") as db:
            db.execute(_SEEN, (team_id, channel, ts))

    def channels(self) -> Mapping[tuple[str, str], str]:
        with self._writing("channels") as db:
            rows = db.execute("SELECT team_id, channel, ts FROM channels").fetchall()
        return {(team, channel): ts for team, channel, ts in rows}

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _rows(self, where: str, values: tuple[object, ...]) -> list[Record]:
        with self._writing("read") as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM incidents WHERE {where}",  # noqa: S608 - our own conditions
                values,
            ).fetchall()
        return [_record(row) for row in rows]

    @contextmanager
    def _writing(self, what: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise StoreUnavailable(f"{what} in the file of DE_AGENT_STORE: {error}") from error


def _values(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        **vars(record.key),
        "thread_ts": record.thread_ts,
        "kind": record.kind,
        "state": record.state,
        "reply_ts": record.reply_ts,
        "fingerprint": record.fingerprint,
        "body": json.dumps(record.body),
    }


def _one(db: sqlite3.Connection, incident_id: str) -> Any:  # noqa: ANN401 - sqlite3 types rows so
    return db.execute(
        f"SELECT {_COLUMNS} FROM incidents WHERE id = ?",  # noqa: S608 - fixed column names
        (incident_id,),
    ).fetchone()


def _record(row: Sequence[Any]) -> Record:
    body: Body = json.loads(row[-1])
    body.setdefault("feedback", {})
    return replace(Record(Key(*row[:4]), *row[4:-1]), body=body)
