"""Whatever an event holds, it is read without an error and nothing is made up."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bridge.alert.fields import read_fields
from slack_bridge.alert.flatten import flatten
from slack_bridge.alert.model import AlertRules
from slack_bridge.alert.parse import parse_alert
from slack_bridge.alert.vocabulary import vocabulary
from slack_bridge.events import decide

PIECES = st.sampled_from(
    ["*Dag*:", "Task:", "failed", "`", "```", "<", ">", "|", "<http://a.b/dags/",
     "DAG ", "x_y", "…",
     "Exception:\n",
     "\n", "2026-11-03T25:61", "epoch 1794000000",
     "&lt;TaskInstance: ", "[failed]",
     "https://[::1/log?dag_id=", "dag_id=", "__20261103", ":x:", "try 2 of 3", "0 failed", "٣", "(",
     "\ue0000\ue001"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=25).map("".join)
KEYS = st.sampled_from(
    ["type", "subtype", "text", "blocks", "attachments", "files", "fields", "elements", "title",
     "value", "url", "bot_id", "app_id", "ts", "thread_ts", "channel", "color", "rows", "style",
     "name", "plain_text", "filetype", "metadata", "bot_profile", "accessory", "actions", "event",
     "authorizations", "team_id", "user", "footer", "pretext", "fallback", "username"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=10))
def test_no_event_is_an_error(event: dict[str, Any]) -> None:
    json.dumps(parse_alert(event).as_json())
    json.dumps(parse_alert({**event, "type": "message", "subtype": None, "bot_id": "B1"}).as_json())
    decide(event)
    decide(
        {
            "type": "event_callback",
            "event": {**event, "type": "message", "channel": "C", "ts": "1.2"},
        }
    )


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_ids_are_words_of_the_message(text: str) -> None:
    alert = parse_alert({"type": "message", "bot_id": "B1", "text": text})
    for said in (alert.dag_id, alert.task_id):
        assert said is None or said in text


def test_a_megabyte_is_read_in_linear_time() -> None:
    for text in (
        "`" * 10**6,
        "<" * 10**6,
        "a_" * 5 * 10**5,
        "Task: " * 10**5,
        "x " * 5 * 10**5,
        "[" * 10**6,
        "__20261103" * 10**5,
        "dag_id=" * 10**5,
    ):
        parse_alert({"type": "message", "bot_id": "B1", "text": text})


def test_a_team_adds_its_own_labels_words_and_patterns() -> None:
    rules = AlertRules(
        labels={"dag": ("Strecke",)},
        words={"failure": (r"\bentgleist\b",)},
        patterns=(r"Wagen (?P<task_id>\w+) steht",),
    )
    text = "Zug entgleist\nStrecke: nord_sued\nWagen bremse_4 steht"
    alert = parse_alert({"type": "message", "bot_id": "B1", "text": text}, rules)
    assert (alert.is_failure, alert.dag_id, alert.task_id) == (True, "nord_sued", "bremse_4")


def test_only_chosen_channels_and_apps_are_read() -> None:
    event = {"type": "message", "bot_id": "B1", "channel": "C1", "text": "Task a_b failed"}
    assert parse_alert(event, AlertRules(channels=("C1",), apps=("B1",))).is_failure
    assert not parse_alert(event, AlertRules(channels=("C2",))).is_failure
    assert not parse_alert(event, AlertRules(apps=("B2",))).is_failure
    assert not parse_alert(event, AlertRules(own_apps=("B1",))).is_failure


def test_each_value_says_where_it_was_read() -> None:
    text = "*Task Failed*\n*Dag*: orders_x\n*Task*: load_y"
    alert = parse_alert({"type": "message", "bot_id": "B1", "text": text})
    seen = [(w.field, w.value, w.place, w.rule) for w in alert.witnesses]
    assert seen == [("dag_id", "orders_x", "text", "label"), ("task_id", "load_y", "text", "label")]
    assert alert.why == "it says 'Failed'"


def test_a_long_message_is_searched_no_more_than_a_shorter_one() -> None:
    for words in ("failed in error x_y.z failure ", "Task x_y failed in dag a_b\n", "a_b: c_d\n"):
        short, long = (_searched(words * (size // len(words))) for size in (20_000, 400_000))
        assert long <= short * 1.1
        assert short < 20_000


def _searched(text: str) -> int:
    reading = read_fields(flatten({"text": text}).pieces, vocabulary(AlertRules()))
    said = [line for _, line in reading.lines] + reading.headings + reading.openers
    return sum(map(len, said)) + sum(len(v.value) for v in reading.labelled)


def test_an_alert_is_read_at_both_ends_of_a_long_message() -> None:
    rows = "one more row of the report\n" * 2000
    text = f"Airflow task failed\n*Dag*: orders_x\n{rows}\n*Task*: load_y"
    alert = parse_alert({"type": "message", "bot_id": "B1", "text": text})
    assert (alert.is_failure, alert.dag_id, alert.task_id) == (True, "orders_x", "load_y")
