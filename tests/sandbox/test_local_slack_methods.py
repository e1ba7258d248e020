"""The local Slack's Web API, by the real slack_sdk."""

from collections.abc import Iterator

import pytest
from local_slack import ALERT, CHANNEL, local_slack, refused, section
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.calls import CallLog
from sandbox.faults import Faults
from sandbox.slack.limits import Limits
from sandbox.slack.server import APP_TOKEN, SlackServer

TS = str(ALERT["ts"])


@pytest.fixture
def slack() -> Iterator[tuple[SlackServer, WebClient]]:
    with local_slack() as running:
        yield running


@pytest.fixture
def client(slack: tuple[SlackServer, WebClient]) -> WebClient:
    return slack[1]


def posted(client: WebClient, text: str = "hello", **more: object) -> str:
    return str(client.chat_postMessage(channel=CHANNEL, thread_ts=TS, text=text, **more)["ts"])


def test_the_bot_learns_who_it_is(client: WebClient) -> None:
    said = client.auth_test()
    assert (said["user"], said["user_id"], said["bot_id"]) == ("de-agent", "U0DEAGENT", "B0DEAGENT")
    assert client.users_info(user=said["user_id"])["user"]["is_bot"]
    assert client.bots_info(bot=said["bot_id"])["bot"]["name"] == "de-agent"


def test_a_reply_stands_in_its_thread_and_not_in_the_channel(client: WebClient) -> None:
    ts = posted(client)
    thread = client.conversations_replies(channel=CHANNEL, ts=TS)["messages"]
    assert [m["ts"] for m in thread] == [TS, ts]
    assert thread[0]["reply_count"] == 1
    assert [m["ts"] for m in client.conversations_history(channel=CHANNEL)["messages"]] == [TS]


def test_an_alert_in_a_thread_is_answered_in_that_thread(
    slack: tuple[SlackServer, WebClient],
) -> None:
    server, client = slack
    parent = "1795316500.000100"
    server.workspace.put({**ALERT, "ts": "1795316601.000100", "thread_ts": parent})
    client.chat_postMessage(channel=CHANNEL, thread_ts=parent, text="why")
    thread = client.conversations_replies(channel=CHANNEL, ts=parent)["messages"]
    assert [m["text"] for m in thread] == ["(an earlier message)", ALERT["text"], "why"]


def test_new_messages_carry_the_worlds_time_and_differ(client: WebClient) -> None:
    stamps = [posted(client) for _ in range(5)]
    assert len(set(stamps)) == 5
    assert stamps == sorted(stamps)
    assert stamps[0].startswith("17953166")


def test_metadata_comes_back_only_when_asked_for(client: WebClient) -> None:
    metadata = {"event_type": "de_agent_incident", "event_payload": {"incident_id": "inv_1"}}
    posted(client, metadata=metadata)
    plain = client.conversations_replies(channel=CHANNEL, ts=TS)["messages"][-1]
    whole = client.conversations_replies(channel=CHANNEL, ts=TS, include_all_metadata=True)
    assert "metadata" not in plain
    assert whole["messages"][-1]["metadata"] == metadata


def test_an_edit_replaces_text_and_blocks_and_is_marked(client: WebClient) -> None:
    ts = posted(client, blocks=[section("first")])
    client.chat_update(channel=CHANNEL, ts=ts, text="second")
    message = client.conversations_replies(channel=CHANNEL, ts=TS)["messages"][-1]
    assert (message["text"], message["edited"]["user"]) == ("second", "U0DEAGENT")
    assert "blocks" not in message


def test_only_our_own_messages_can_be_edited_and_deleted(client: WebClient) -> None:
    assert refused(client.chat_update, channel=CHANNEL, ts=TS, text="x")["error"] == (
        "cant_update_message"
    )
    assert refused(client.chat_delete, channel=CHANNEL, ts=TS)["error"] == "cant_delete_message"
    ts = posted(client)
    client.chat_delete(channel=CHANNEL, ts=ts)
    assert refused(client.chat_update, channel=CHANNEL, ts=ts, text="x")["error"] == (
        "message_not_found"
    )


def test_history_is_read_between_times_and_in_pages(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=CHANNEL, text=str(n))["ts"] for n in range(5)]
    pages = client.conversations_history(channel=CHANNEL, oldest=stamps[0], limit=2)
    assert [[m["text"] for m in page["messages"]] for page in pages] == [["4", "3"], ["2", "1"]]
    whole = client.conversations_history(channel=CHANNEL, oldest=stamps[0], inclusive=True)
    assert len(whole["messages"]) == 5
    assert (
        client.conversations_history(channel=CHANNEL, latest=stamps[0])["messages"][0]["ts"] == TS
    )


def test_a_cursor_that_slack_did_not_make_is_refused(client: WebClient) -> None:
    said = refused(client.conversations_history, channel=CHANNEL, cursor="bm9uc2Vuc2U=")
    assert said["error"] == "invalid_cursor"


def test_reactions_are_added_once_and_taken_away_once(client: WebClient) -> None:
    client.reactions_add(channel=CHANNEL, timestamp=TS, name="eyes")
    again = refused(client.reactions_add, channel=CHANNEL, timestamp=TS, name="eyes")
    assert again["error"] == "already_reacted"
    found = client.reactions_get(channel=CHANNEL, timestamp=TS)["message"]["reactions"]
    assert found == [{"name": "eyes", "users": ["U0DEAGENT"], "count": 1}]
    client.reactions_remove(channel=CHANNEL, timestamp=TS, name="eyes")
    gone = refused(client.reactions_remove, channel=CHANNEL, timestamp=TS, name="eyes")
    assert gone["error"] == "no_reaction"


def test_channels_are_joined_before_they_are_written_to(client: WebClient) -> None:
    assert refused(client.chat_postMessage, channel="C0GENERAL", text="x")["error"] == (
        "not_in_channel"
    )
    client.conversations_join(channel="C0GENERAL")
    assert client.conversations_info(channel="C0GENERAL")["channel"]["is_member"]
    client.chat_postMessage(channel="C0GENERAL", text="x")
    names = {c["name"] for c in client.conversations_list()["channels"]}
    assert names == {"general", "data-alerts"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C404", "text": "x"}, "channel_not_found"),
        ({"channel": CHANNEL, "text": "x" * 40_001}, "msg_too_long"),
        (
            {"channel": CHANNEL, "text": "x", "metadata": {"event_type": "a"}},
            "invalid_metadata_schema",
        ),
    ],
)
def test_a_message_that_slack_would_refuse_is_refused(
    client: WebClient, arguments: dict[str, object], code: str
) -> None:
    assert refused(client.chat_postMessage, **arguments)["error"] == code


def test_a_message_without_words_and_blocks_has_no_text(client: WebClient) -> None:
    # The SDK's own method warns of it, so the call goes out bare.
    said = refused(client.api_call, api_method="chat.postMessage", params={"channel": CHANNEL})
    assert said["error"] == "no_text"


def test_a_permalink_leads_to_the_message_in_its_thread(client: WebClient) -> None:
    ts = posted(client)
    link = client.chat_getPermalink(channel=CHANNEL, message_ts=ts)["permalink"]
    assert link.endswith(f"/p{ts.replace('.', '')}?thread_ts={TS}&cid={CHANNEL}")


def test_a_status_stands_until_the_reply(slack: tuple[SlackServer, WebClient]) -> None:
    server, client = slack
    client.assistant_threads_setStatus(channel_id=CHANNEL, thread_ts=TS, status="is looking ...")
    assert server.workspace.messages[CHANNEL][TS].status == "is looking ..."
    posted(client)
    assert server.workspace.messages[CHANNEL][TS].status == ""


@pytest.mark.parametrize(
    ("token", "code"),
    [("xoxb-other", "invalid_auth"), (APP_TOKEN, "not_allowed_token_type"), ("", "not_authed")],
)
def test_another_token_opens_nothing(
    slack: tuple[SlackServer, WebClient], token: str, code: str
) -> None:
    client = WebClient(token, base_url=slack[0].api_url)
    assert refused(client.auth_test)["error"] == code


def test_a_method_that_is_not_there_is_named(client: WebClient) -> None:
    assert refused(client.api_call, api_method="dnd.info")["error"] == "unknown_method"


def test_a_denied_method_lacks_its_scope_or_its_channel() -> None:
    rules = {"slack:reactions.add": "denied", "slack:chat.postMessage": "denied"}
    with local_slack(Faults(rules)) as (_, client):
        said = refused(client.reactions_add, channel=CHANNEL, timestamp=TS, name="eyes")
        assert (said["error"], said["needed"]) == ("missing_scope", "reactions:write")
        assert refused(client.chat_postMessage, channel=CHANNEL, text="x")["error"] == (
            "not_in_channel"
        )
        assert client.auth_test()["ok"]


def test_a_throttled_method_says_when_to_come_back() -> None:
    with local_slack(Faults({"slack:chat.update": "throttled"})) as (_, client):
        ts = posted(client)
        with pytest.raises(SlackApiError) as caught:
            client.chat_update(channel=CHANNEL, ts=ts, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"


def test_a_hanging_method_ends_when_the_world_closes() -> None:
    with local_slack(Faults({"slack:auth.test": "hang"})) as (server, _):
        client = WebClient("xoxb-sandbox", base_url=server.api_url, timeout=1, retry_handlers=[])
        with pytest.raises(TimeoutError):
            client.auth_test()


def test_a_channel_takes_short_bursts_and_then_a_post_a_second() -> None:
    now = [0.0]
    with local_slack(limits=Limits(posts=True, clock=lambda: now[0])) as (_, client):
        for _ in range(3):
            posted(client)
        with pytest.raises(SlackApiError) as caught:
            posted(client)
        assert caught.value.response.status_code == 429
        now[0] += 1
        posted(client)


def test_edits_have_a_tier_of_their_own() -> None:
    now = [0.0]
    limits = Limits(tiers=True, clock=lambda: now[0])
    with local_slack(limits=limits) as (_, client):
        ts = posted(client)
        for number in range(50):
            client.chat_update(channel=CHANNEL, ts=ts, text=str(number))
        assert (
            refused(client.chat_update, channel=CHANNEL, ts=ts, text="x")["error"] == "ratelimited"
        )
        now[0] += 1.3
        client.chat_update(channel=CHANNEL, ts=ts, text="x")


def test_every_call_is_recorded() -> None:
    calls = CallLog()
    with local_slack(calls=calls) as (_, client):
        posted(client)
        refused(client.chat_postMessage, channel="C404", text="x")
    assert [(c.service, c.operation) for c in calls.all()] == [("slack", "chat.postMessage")] * 2
