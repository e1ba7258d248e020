"""Slack's bad days: lost answers, too many calls, blocks it does not like, doors it closes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from life_support import Clock

from sandbox.http import HttpServer, Request, Response
from slack_bridge.blocks import Message
from slack_bridge.message.message import section
from slack_bridge.pace import Pace
from slack_bridge.slack_errors import SlackRefused, SlackUnavailable
from slack_bridge.thread import EVENT_TYPE, Slack

pytestmark = pytest.mark.anyio
MESSAGE = Message("orders.load failed", [section("*orders.load* failed")])
OK = {"ok": True, "ts": "9.0"}


@dataclass
class Script:
    """Answers calls in order, by method; the last answer of a method stays."""

    answers: dict[str, list[Response | Callable[[], Response]]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        method = request.path.removeprefix("/api/")
        is_json = "json" in request.headers.get("content-type", "")
        said = json.loads(request.body) if is_json and request.body else {}
        self.calls.append((method, said))
        left = self.answers[method]
        answer = left.pop(0) if len(left) > 1 else left[0]
        return answer if isinstance(answer, Response) else answer()

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.calls)


def said(body: object, status: int = 200, **headers: str) -> Response:
    return Response(status, json.dumps(body).encode(), headers=headers)


def no(code: str) -> Response:
    return said({"ok": False, "error": code})


def thread(*marks: str) -> Response:
    messages = [{"ts": "1.0"}]
    for number, mark in enumerate(marks):
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"incident_id": mark}}
        messages.append({"ts": f"{number + 2}.0", "metadata": metadata})
    return said({"ok": True, "messages": messages})


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack(script: Script, clock: Clock) -> Iterator[Slack]:
    server = HttpServer(script)
    server.start()
    pace, edits = Pace(clock=clock, sleep=clock.sleep), Pace(clock=clock, sleep=clock.sleep)
    yield Slack("xoxb-1", f"{server.url}/api/", pace, edits, clock.sleep, timeout=1)
    server.close()


async def test_a_post_whose_answer_was_lost_is_found_and_not_made_again(
    slack: Slack, script: Script
) -> None:
    script.answers = {
        "chat.postMessage": [Response(500, b"oops", "text/html")],
        "conversations.replies": [thread("inv_0", "inv_1")],
    }
    assert await slack.post("C1", "1.0", MESSAGE, "inv_1") == "3.0"
    assert script.count("chat.postMessage") == 1


async def test_a_post_that_failed_is_made_again_once_it_is_known_missing(
    slack: Slack, script: Script
) -> None:
    script.answers = {
        "chat.postMessage": [said({"ok": False, "error": "internal_error"}, 503), said(OK)],
        "conversations.replies": [thread("inv_0")],
    }
    assert await slack.post("C1", "1.0", MESSAGE, "inv_1") == "9.0"


async def test_a_time_out_is_an_answer_that_was_lost(slack: Slack, script: Script) -> None:
    import time

    def late() -> Response:
        time.sleep(1.2)
        return said(OK)

    script.answers = {
        "chat.postMessage": [late],
        "conversations.replies": [thread("inv_1")],
    }
    assert await slack.post("C1", "1.0", MESSAGE, "inv_1") == "2.0"


async def test_too_many_calls_wait_as_long_as_slack_says_and_look_for_nothing(
    slack: Slack, script: Script, clock: Clock
) -> None:
    limited = said({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "30"})
    script.answers = {"chat.postMessage": [limited, said(OK)]}
    before = clock.now
    assert await slack.post("C1", "1.0", MESSAGE, "inv_1") == "9.0"
    assert clock.now - before >= 30
    assert script.count("conversations.replies") == 0


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
async def test_refused_blocks_are_sent_as_sections_and_then_as_text(
    slack: Slack, script: Script, code: str
) -> None:
    script.answers = {"chat.postMessage": [no(code), no(code), said(OK)]}
    assert await slack.post("C1", "1.0", MESSAGE, "inv_1") == "9.0"
    shapes = [[b["type"] for b in body["blocks"]] for _, body in script.calls]
    assert shapes == [["section"], ["section"], []]
    script.answers = {"chat.update": [no(code), no(code), no(code)]}
    with pytest.raises(SlackRefused, match=code):
        await slack.edit("C1", "9.0", MESSAGE)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("channel_not_found", "cannot see channel C1"),
        ("not_in_channel", "not in channel C1: invite it"),
        ("is_archived", "channel C1 is archived"),
        ("something_new", "something_new"),
    ],
)
async def test_a_refusal_is_final_and_says_what_to_mend(
    slack: Slack, script: Script, code: str, hint: str
) -> None:
    script.answers = {"chat.postMessage": [no(code)]}
    with pytest.raises(SlackRefused, match=hint):
        await slack.post("C1", "1.0", MESSAGE, "inv_1")
    assert script.count("chat.postMessage") == 1


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN is not valid"),
        ("token_expired", "rotate it"),
        ("account_inactive", "install the app again"),
        ("missing_scope", "OAuth & Permissions"),
    ],
)
async def test_what_a_person_must_mend_first_is_tried_later_and_not_hammered(
    slack: Slack, script: Script, code: str, hint: str
) -> None:
    script.answers = {"chat.postMessage": [no(code)]}
    with pytest.raises(SlackUnavailable, match=hint):
        await slack.post("C1", "1.0", MESSAGE, "inv_1")
    assert script.count("chat.postMessage") == 1


async def test_a_thread_that_may_not_be_read_is_refused_for_good(
    slack: Slack, script: Script
) -> None:
    script.answers = {"conversations.replies": [no("missing_scope")]}
    assert await slack.find("C1", "1.0", "inv_1") == ""


async def test_a_slack_that_answers_nothing_is_left_alone_after_half_a_minute(
    script: Script, slack: Slack, clock: Clock
) -> None:
    slack._clock = clock

    def silent() -> Response:
        clock.now += 10
        return said({"ok": False, "error": "internal_error"}, 503)

    script.answers = {"chat.update": [silent]}
    with pytest.raises(SlackUnavailable):
        await slack.edit("C1", "9.0", MESSAGE)
    assert script.count("chat.update") == 3


async def test_slack_out_of_reach_for_good_can_be_tried_later_and_is_told_in_our_own_lines(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    slack = Slack("xoxb-1", "http://127.0.0.1:1/api/", sleep=clock.sleep, timeout=1)
    with pytest.raises(SlackUnavailable, match=r"out of reach \(Connection refused\)"):
        await slack.edit("C1", "9.0", MESSAGE)
    await slack.close()
    lines = capsys.readouterr().err.splitlines()
    assert {json.loads(line)["event"] for line in lines} == {"slack again"}


async def test_a_courtesy_that_fails_costs_nothing(
    slack: Slack, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    script.answers = {
        "reactions.add": [no("already_reacted"), no("missing_scope"), said({}, 429)],
        "assistant.threads.setStatus": [no("unknown_method")],
        "chat.getPermalink": [no("message_not_found")],
    }
    for _ in range(3):
        await slack.react("C1", "1.0", "eyes")
    assert not await slack.status("C1", "1.0", "is looking")
    assert await slack.permalink("C1", "1.0") == ""
    assert "missing_scope" in capsys.readouterr().err


async def test_what_is_sent_unfurls_nothing_and_carries_its_mark(
    slack: Slack, script: Script
) -> None:
    script.answers = {"chat.postMessage": [said(OK)]}
    await slack.post("C1", "1.0", Message("<!channel> <https://evil.example|x>", []), "inv_1")
    ((_, body),) = script.calls
    assert body["text"] == "channel x"
    assert (body["unfurl_links"], body["unfurl_media"], body["parse"]) == (False, False, "none")
    assert body["metadata"]["event_payload"] == {"incident_id": "inv_1"}


async def test_long_threads_and_histories_are_read_page_by_page(
    slack: Slack, script: Script
) -> None:
    more = {"ok": True, "messages": [{"ts": "3.0"}], "response_metadata": {"next_cursor": "n"}}
    script.answers = {
        "conversations.history": [said(more), said({"ok": True, "messages": [{"ts": "2.0"}]})]
    }
    assert [m["ts"] for m in await slack.history("C1", "1.0")] == ["2.0", "3.0"]
