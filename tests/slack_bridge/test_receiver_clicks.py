"""Clicks and modals: handed over, and the one question opened at once."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from receiver_support import NOW, SECRET, Taken, headers

from slack_bridge import receiver as receiving
from slack_bridge.receiver import Receiver
from slack_bridge.receiving.interactions import SAID


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def receiver(taken: Taken) -> Receiver:
    return Receiver(SECRET, taken, clock=lambda: NOW)


def clicked(action: str, value: str) -> dict[str, Any]:
    return {"type": "block_actions", "trigger_id": "t.1", "team": {"id": "T1"},
            "user": {"id": "U1"},
            "channel": {"id": "C1"}, "container": {"message_ts": "5.0", "channel_id": "C1"},
            "message": {"ts": "5.0", "thread_ts": "1.0001"},
            "actions": [{"action_id": action, "value": value, "action_ts": "6.0"}]}  # fmt: skip


def post_form(receiver: Receiver, payload: dict[str, Any]) -> receiving.Response:
    body = urlencode({"payload": json.dumps(payload)}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return receiver.request("/slack/interactions", headers(body) | kind, body)


def test_a_wrong_cause_is_handed_over_and_its_modal_opened_at_once(taken: Taken) -> None:
    opened: list[tuple[str, Mapping[str, Any]]] = []

    def open_view(trigger: str, view: Mapping[str, Any]) -> str:
        opened.append((trigger, view))
        return ""

    receiver = Receiver(SECRET, taken, open_view, clock=lambda: NOW)
    assert post_form(receiver, clicked("diagnosis_feedback", "inv_1:wrong")).status == 200
    (job,) = taken.jobs
    assert (job.kind, job.action, job.value, job.thread_ts) == (
        "interaction",
        "diagnosis_feedback",
        "inv_1:wrong",
        "1.0001",
    )
    ((trigger, view),) = opened
    assert (trigger, view["callback_id"]) == ("t.1", SAID)
    filled = {
        **view,
        "id": "V1",
        "state": {"values": {"cause": {"said": {"value": "the firewall"}}}},
    }
    who = {"team": {"id": "T1"}, "user": {"id": "U1"}}
    sent = {"type": "view_submission", "view": filled, **who}
    assert post_form(receiver, sent).status == 200
    told = taken.jobs[-1]
    assert (told.action, told.value, told.text, told.ts) == (
        SAID,
        "inv_1:wrong",
        "the firewall",
        "5.0",
    )


@pytest.mark.parametrize("action", ["investigate_again", "show_steps"])
def test_a_button_is_handed_over(receiver: Receiver, taken: Taken, action: str) -> None:
    post_form(receiver, clicked(action, "inv_1"))
    assert [(j.action, j.value, j.event_id) for j in taken.jobs] == [(action, "inv_1", "6.0")]


def test_a_button_that_opens_a_page_asks_nothing(receiver: Receiver, taken: Taken) -> None:
    assert post_form(receiver, clicked("open_log", "")).status == 200
    assert not taken.jobs
