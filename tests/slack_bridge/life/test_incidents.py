"""Claims, leases, fences, causes and counters: the same promises from both stores."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from slack_bridge.incidents import (
    FOREVER,
    Fenced,
    Incidents,
    Key,
    Member,
    Record,
    StoreUnavailable,
)
from slack_bridge.store.dynamodb import DynamoDbIncidents
from slack_bridge.store.sqlite import SqliteIncidents

NOW = 1_795_000_000.0
ALERT = Record(Key("T1", "C1", "1.0001"), "1.0001", body={"alert": {"dag_id": "orders"}})


def test_an_incident_has_the_same_id_whatever_event_brought_it() -> None:
    assert Key("T1", "C1", "1.0").incident_id == Key("T1", "C1", "1.0").incident_id
    assert Key("T1", "C1", "1.0").incident_id != Key("T1", "C1", "1.0", "click").incident_id


def test_only_the_first_claim_is_mine(store: Incidents) -> None:
    first = store.claim(ALERT, "me", NOW, 60)
    second = store.claim(ALERT, "you", NOW + 1, 60)
    assert (first.mine, first.resumed, first.record.fence) == (True, False, 1)
    assert (second.mine, second.record.owner) == (False, "me")
    assert first.record.body["alert"] == {"dag_id": "orders"}


def test_a_holder_may_claim_again_as_a_retried_lambda_does(store: Incidents) -> None:
    store.claim(ALERT, "request-1", NOW, 60)
    again = store.claim(ALERT, "request-1", NOW + 1, 60)
    assert again.resumed


def test_a_lease_that_ran_out_is_taken_over_and_its_first_holder_is_fenced_off(
    store: Incidents,
) -> None:
    first = store.claim(ALERT, "me", NOW, 60).record
    second = store.claim(replace(ALERT, body={}), "you", NOW + 61, 60)
    assert second.resumed
    assert second.record.body["alert"] == {"dag_id": "orders"}
    store.save(replace(second.record, reply_ts="2.0"), NOW + 62)
    with pytest.raises(Fenced, match="no longer held"):
        store.save(replace(first, reply_ts="3.0"), NOW + 63)
    kept = store.get(ALERT.id)
    assert kept is not None
    assert kept.reply_ts == "2.0"


def test_a_skewed_clock_cannot_make_two_holders_write(store: Incidents) -> None:
    first = store.claim(ALERT, "me", NOW, 60).record
    ahead = store.claim(ALERT, "an hour ahead", NOW + 3600, 60)
    assert ahead.mine
    with pytest.raises(Fenced):
        store.save(first.end("answered"), NOW + 1)
    store.save(ahead.record.end("answered"), NOW + 3601)


def test_what_has_ended_is_never_claimed_again_but_can_be_reopened(store: Incidents) -> None:
    record = store.claim(ALERT, "me", NOW, 60).record
    store.save(record.end("answered"), NOW + 5)
    late = store.claim(ALERT, "you", NOW + 10_000_000, 60)
    assert (late.mine, late.record.state) == (False, "answered")
    assert store.unfinished(NOW + 10_000_000, 10) == []
    opened = store.reopen(ALERT.id, "again", NOW + 20, 60)
    assert opened is not None
    assert (opened.fence, opened.state) == (2, "answered")
    assert store.reopen(ALERT.id, "another", NOW + 21, 60) is None
    assert store.reopen("inv_unknown", "another", NOW + 21, 60) is None


def test_unfinished_are_those_whose_lease_ran_out_the_longest_due_first(store: Incidents) -> None:
    for number, lease in ((1, 30), (2, 10), (3, 500)):
        store.claim(replace(ALERT, key=Key("T1", "C1", f"{number}.0")), "me", NOW, lease)
    waiting = store.claim(replace(ALERT, key=Key("T1", "C1", "4.0")), "me", NOW, 500).record
    store.save(replace(waiting, state="waiting", owner="", lease_until=0.0), NOW)
    assert [r.key.ts for r in store.unfinished(NOW + 60, 10)] == ["4.0", "2.0", "1.0"]
    assert [r.key.ts for r in store.unfinished(NOW + 60, 1)] == ["4.0"]


def test_an_incident_is_found_by_our_reply(store: Incidents) -> None:
    record = store.claim(ALERT, "me", NOW, 60).record
    store.save(replace(record, reply_ts="7.0", lease_until=FOREVER), NOW)
    found = store.find("C1", "7.0")
    assert found is not None
    assert found.id == ALERT.id
    assert store.find("C1", "8.0") is None
    assert store.find("C1", "") is None


def test_what_people_say_of_a_diagnosis_outlives_later_saves(store: Incidents) -> None:
    record = store.claim(ALERT, "me", NOW, 60).record
    assert store.judge(ALERT.id, "U1", {"verdict": "wrong", "at": "1"})
    assert store.judge(ALERT.id, "U1", {"said": 'the "firewall"'})
    assert store.judge(ALERT.id, "U2", {"verdict": "right"})
    store.save(record.having(by="rules").end("answered"), NOW + 1)
    kept = store.get(ALERT.id)
    assert kept is not None
    assert kept.body["by"] == "rules"
    assert kept.body["feedback"] == {
        "U1": {"verdict": "wrong", "at": "1", "said": 'the "firewall"'},
        "U2": {"verdict": "right"},
    }
    assert not store.judge("inv_unknown", "U1", {"verdict": "right"})


def test_recent_incidents_come_newest_first(store: Incidents) -> None:
    for number in range(4):
        record = replace(ALERT, key=Key("T1", "C1", f"{number}.0"))
        store.claim(record, "me", NOW + number * 86_400, 60)
    found = store.recent(NOW + 86_400, NOW + 3 * 86_400, 2)
    assert [r.key.ts for r in found] == ["3.0", "2.0"]
    found = store.recent(NOW, NOW + 2 * 86_400, 10)
    assert [r.key.ts for r in found] == ["2.0", "1.0", "0.0"]


def member(number: int) -> Member:
    return Member(f"inv_{number}", f"dag.task_{number}", "C1", f"{number}.0")


def test_the_first_alert_of_a_cause_opens_its_window(store: Incidents) -> None:
    assert store.open("c", member(5), NOW, 600) == member(5)
    assert store.open("c", member(3), NOW - 10, 600) == member(5)
    assert store.open("c", member(5), NOW, 600) == member(5)
    assert store.open("other", member(9), NOW, 600) == member(9)
    assert store.open("c", member(6), NOW + 601, 600) == member(6)


def test_repeats_are_listed_once_each_in_order_of_time(store: Incidents) -> None:
    for number in (12, 3, 12):
        store.enlist("inv_1", member(number))
    assert list(store.listed("inv_1")) == [member(3), member(12)]
    assert list(store.listed("inv_2")) == []


def test_counters_count(store: Incidents) -> None:
    assert [store.add("claims", NOW) for _ in range(3)] == [1, 2, 3]
    assert (store.count("claims"), store.count("never")) == (3, 0)


def test_a_watched_channel_only_goes_forward(store: Incidents) -> None:
    store.meet("T1", "C1", "9.5")
    store.meet("T1", "C1", "11.5")
    store.seen("T1", "C1", "10.5")
    store.seen("T1", "C1", "9.9")
    store.seen("T1", "C2", "1.0")
    assert store.channels() == {("T1", "C1"): "10.5", ("T1", "C2"): "1.0"}


def test_of_many_at_once_one_claims_and_one_opens_the_cause(
    make_store: Callable[[], Incidents],
) -> None:
    stores = [make_store() for _ in range(6)]
    start = threading.Barrier(len(stores))
    claims, causes, counts = [], [], []

    def race(number: int) -> None:
        start.wait()
        claims.append(stores[number].claim(ALERT, f"worker {number}", NOW, 60).mine)
        first = stores[number].open("c", member(number), NOW, 600)
        causes.append(first == member(number))
        counts.append(stores[number].add("n", NOW))

    threads = [threading.Thread(target=race, args=(n,)) for n in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (claims.count(True), causes.count(True)) == (1, 1)
    assert sorted(counts) == [1, 2, 3, 4, 5, 6]


def test_a_file_that_takes_no_write_is_said_plainly(tmp_path: os.PathLike[str]) -> None:
    store = SqliteIncidents(os.path.join(tmp_path, "incidents.sqlite3"))  # noqa: PTH118 - any path
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable, match="DE_AGENT_STORE"):
        store.claim(ALERT, "me", NOW, 60)
    store._db.execute("PRAGMA query_only = OFF")
    assert store.claim(ALERT, "me", NOW, 60).mine
    store.close()


def test_a_file_that_cannot_be_made_is_said_plainly() -> None:
    with pytest.raises(StoreUnavailable, match="DE_AGENT_STORE /dev/null/x"):
        SqliteIncidents("/dev/null/x")


@pytest.mark.usefixtures("aws_url")
def test_a_missing_table_names_the_call_and_the_table() -> None:
    with pytest.raises(StoreUnavailable, match="dynamodb:UpdateItem on table nowhere"):
        DynamoDbIncidents("nowhere").claim(ALERT, "me", NOW, 60)
