"""The incident store in AWS: one DynamoDB table, one conditional write a change.

Keys: `incident#<id>` / `-` an incident, `cause#<cause>` / `-` its first alert, `list#<first>` /
`<incident>` a repeat, `counter#<name>` / `-`, `channels` / `<team>/<channel>`. Expiry
(`expires_at`) only tidies up: a lease ends by comparing `lease_until`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

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
from slack_bridge.store.aws_table import Item, Table, number, text

KEPT_SECONDS = 180 * 86_400
KEPT_COUNTER_SECONDS = 86_400
_TEXTS = (
    "team_id", "channel", "ts", "part", "thread_ts", "kind", "state", "reply_ts", "fingerprint",
    "body",
)  # fmt: skip
_LABELS = ("label", "channel", "ts")
_MAY_CLAIM = "attribute_not_exists(#pk) OR #owner = :owner OR #lease_until < :now"
_MAY_REOPEN = (
    "attribute_exists(#pk) AND (#owner = :owner OR #lease_until < :now OR #lease_until >= :forever)"
)
_MAY_OPEN = "attribute_not_exists(#pk) OR #first_at < :before"
_RENEWED = "#owner = :owner, #lease_until = :until, #updated = :now, #open = :open"
_KEPT = ", ".join(f"#{n} = if_not_exists(#{n}, :{n})" for n in (*_TEXTS, "day", "feedback"))
_CLAIMED = (
    f"SET {_RENEWED}, {_KEPT}, #fence = if_not_exists(#fence, :zero) + :one,"
    " #created = if_not_exists(#created, :now), #expires_at = :expires"
)
_SAVED = (
    "SET #owner = :owner, #lease_until = :until, #updated = :now, #state = :state,"
    " #reply_ts = :reply_ts, #fingerprint = :fingerprint, #body = :body, #reply = :reply"
)


class DynamoDbIncidents:
    """Incidents in the table of this name (`incidents_table` says how it is made)."""

    def __init__(self, name: str) -> None:
        self._table = Table(name)

    def claim(self, record: Record, owner: str, now: float, lease_seconds: float) -> Claim:
        values = _texts(record) | _lease(owner, now, lease_seconds) | {
            ":day": text(_day(now)), ":feedback": {"M": {}}, ":zero": number(0),
            ":expires": number(int(now + KEPT_SECONDS)),
        }  # fmt: skip
        item = self._table.update(_incident(record.id), _CLAIMED, values, _MAY_CLAIM)
        if item is not None:
            return Claim(_record(item), mine=True)
        held = self.get(record.id)
        if held is None:
            raise StoreUnavailable(f"{record.id} was held and is gone from {self._table.name}")
        # boto's own retry can meet the write whose answer was lost.
        return Claim(held, mine=held.owner == owner)

    def reopen(
        self, incident_id: str, owner: str, now: float, lease_seconds: float
    ) -> Record | None:
        values = _lease(owner, now, lease_seconds) | {":forever": number(FOREVER)}
        update = f"SET {_RENEWED}, #fence = #fence + :one"
        item = self._table.update(_incident(incident_id), update, values, _MAY_REOPEN)
        return _record(item) if item else None

    def save(self, record: Record, now: float) -> None:
        said = _texts(record)
        values = {name: said[name] for name in (":state", ":reply_ts", ":fingerprint", ":body")}
        values |= {
            ":owner": text(record.owner), ":until": number(record.lease_until),
            ":now": number(now), ":fence": number(record.fence),
            ":reply": text(_reply(record.key.channel, record.reply_ts)),
        }  # fmt: skip
        # What has ended leaves the sweep's index.
        update = _SAVED + (" REMOVE #open" if record.ended else "")
        if self._table.update(_incident(record.id), update, values, "#fence = :fence") is None:
            raise Fenced(f"{record.id} is no longer held with fence {record.fence}")

    def get(self, incident_id: str) -> Record | None:
        item = self._table.get(_incident(incident_id))
        return _record(item) if item else None

    def find(self, channel: str, reply_ts: str) -> Record | None:
        if not reply_ts:
            return None
        wanted = {":reply": text(_reply(channel, reply_ts))}
        found = self._table.query("by_reply", "#reply = :reply", wanted, 1)
        return _record(found[0]) if found else None

    def judge(self, incident_id: str, user: str, said: Mapping[str, str]) -> bool:
        key, known = _incident(incident_id), "attribute_exists(#pk)"
        person = {"#user": user}
        first = "SET #feedback.#user = if_not_exists(#feedback.#user, :none)"
        if self._table.update(key, first, {":none": {"M": {}}}, known, person) is None:
            return False
        names = person | {f"#k{n}": name for n, name in enumerate(said)}
        values = {f":v{n}": text(word) for n, word in enumerate(said.values())}
        sets = ", ".join(f"#feedback.#user.#k{n} = :v{n}" for n in range(len(said)))
        return self._table.update(key, f"SET {sets}", values, known, names) is not None

    def unfinished(self, now: float, most: int) -> Sequence[Record]:
        about = {":open": text("1"), ":now": number(now)}
        condition = "#open = :open AND #lease_until < :now"
        return [_record(item) for item in self._table.query("by_lease", condition, about, most)]

    def recent(self, since: float, until: float, most: int) -> Sequence[Record]:
        found: list[Item] = []
        for day in _days(since, until):
            wanted = most - len(found)
            if wanted <= 0:
                break
            about = {":day": text(day), ":since": number(since), ":until": number(until)}
            condition = "#day = :day AND #created BETWEEN :since AND :until"
            found += self._table.query("by_day", condition, about, wanted, newest_first=True)
        return [_record(item) for item in found]

    def open(self, cause: str, member: Member, at: float, window: float) -> Member:
        head = {"pk": text(f"cause#{cause}"), "sk": text("-")}
        values = _labels(member) | {
            ":at": number(at), ":before": number(at - window), ":id": text(member.incident_id),
            ":expires": number(int(at + KEPT_SECONDS)),
        }  # fmt: skip
        update = (
            "SET #first_at = :at, #first_id = :id, #expires_at = :expires,"
            " #label = :label, #channel = :channel, #ts = :ts"
        )
        item = self._table.update(head, update, values, _MAY_OPEN) or self._table.get(head)
        if item is None:
            raise StoreUnavailable(f"cause {cause} is gone from {self._table.name}")
        return Member(item["first_id"]["S"], *(item[name]["S"] for name in _LABELS))

    def enlist(self, first_id: str, member: Member) -> None:
        about = {name.removeprefix(":"): said for name, said in _labels(member).items()}
        key = {"pk": text(f"list#{first_id}"), "sk": text(member.incident_id)}
        self._table.put(key | about | {"expires_at": number(int(float(member.ts) + KEPT_SECONDS))})

    def listed(self, first_id: str) -> Sequence[Member]:
        found = self._table.query("", "#pk = :pk", {":pk": text(f"list#{first_id}")}, 5_000)
        members = [Member(i["sk"]["S"], *(i[name]["S"] for name in _LABELS)) for i in found]
        return sorted(members, key=lambda member: float(member.ts))

    def add(self, counter: str, now: float) -> int:
        values = {":one": number(1), ":expires": number(int(now + KEPT_COUNTER_SECONDS))}
        update = "SET #expires_at = :expires ADD #value :one"
        item = self._table.update(_counter(counter), update, values)
        return int(item["value"]["N"]) if item else 0

    def count(self, counter: str) -> int:
        item = self._table.get(_counter(counter))
        return int(item["value"]["N"]) if item else 0

    def meet(self, team_id: str, channel: str, ts: str) -> None:
        self._watch(team_id, channel, ts, "attribute_not_exists(#pk)")

    def seen(self, team_id: str, channel: str, ts: str) -> None:
        self._watch(team_id, channel, ts, "attribute_not_exists(#pk) OR #at < :at")

    def channels(self) -> Mapping[tuple[str, str], str]:
        found = self._table.query("", "#pk = :pk", {":pk": text("channels")}, 1_000)
        parted = ((item["sk"]["S"].partition("/"), item["ts"]["S"]) for item in found)
        return {(team, channel): ts for (team, _, channel), ts in parted}

    def _watch(self, team_id: str, channel: str, ts: str, condition: str) -> None:
        key = {"pk": text("channels"), "sk": text(f"{team_id}/{channel}")}
        values = {":ts": text(ts), ":at": number(ts)}
        self._table.update(key, "SET #ts = :ts, #at = :at", values, condition)

    def close(self) -> None:
        """The client is the process's own and lives on."""


def _incident(incident_id: str) -> Item:
    return {"pk": text(f"incident#{incident_id}"), "sk": text("-")}


def _counter(name: str) -> Item:
    return {"pk": text(f"counter#{name}"), "sk": text("-")}


def _reply(channel: str, reply_ts: str) -> str:
    return f"{channel}/{reply_ts}"


def _lease(owner: str, now: float, seconds: float) -> Item:
    return {
        ":owner": text(owner), ":now": number(now), ":until": number(now + seconds),
        ":open": text("1"), ":one": number(1),
    }  # fmt: skip


def _labels(member: Member) -> Item:
    return {f":{name}": text(getattr(member, name)) for name in _LABELS}


def _texts(record: Record) -> Item:
    body = {k: v for k, v in record.body.items() if k != "feedback"}
    said = vars(record) | vars(record.key) | {"body": json.dumps(body)}
    return {f":{name}": text(said[name]) for name in _TEXTS}


def _record(item: Item) -> Record:
    *key, thread_ts, kind, state, reply_ts, fingerprint, said = (item[n]["S"] for n in _TEXTS)
    body: Body = json.loads(said)
    judged = item["feedback"]["M"].items()
    body["feedback"] = {u: {k: v["S"] for k, v in words["M"].items()} for u, words in judged}
    lease, created, updated = (
        float(item[name]["N"]) for name in ("lease_until", "created", "updated")
    )
    return Record(
        Key(*key), thread_ts, kind, state, item["owner"]["S"], int(item["fence"]["N"]), lease,
        reply_ts, fingerprint, created, updated, body,
    )  # fmt: skip


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _days(since: float, until: float) -> Iterator[str]:
    """The days from the last back to the first, at most two months."""
    day, first = (datetime.fromtimestamp(at, UTC).date() for at in (until, since))
    for _ in range(62):
        if day < first:
            return
        yield day.isoformat()
        day -= timedelta(days=1)
