"""Blocks that Slack takes and blocks that it refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from local_slack import BUTTON, CHANNEL, FEEDBACK, local_slack, refused, section
from slack_sdk import WebClient

from sandbox.slack.errors import SlackError
from sandbox.slack.validate import check_blocks


@pytest.fixture(scope="module")
def client() -> Iterator[WebClient]:
    with local_slack() as (_, client):
        yield client


def test_the_reference_message_of_every_kind_of_block_is_taken(client: WebClient) -> None:
    text = {"type": "text", "text": "ERROR", "style": {"code": True}}
    line = {"type": "rich_text_section", "elements": [text]}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Failed"}},
        section("*x*"),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Run*\n`r`"}]},
        {
            "type": "rich_text",
            "elements": [
                line,
                {"type": "rich_text_preformatted", "border": 0, "elements": [text]},
                {"type": "rich_text_list", "style": "ordered", "indent": 0, "elements": [line]},
            ],
        },
        {"type": "divider"},
        {"type": "actions", "elements": [BUTTON]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        {"type": "context_actions", "elements": [FEEDBACK]},
    ]
    said = client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)
    assert all(block["block_id"] for block in said["message"]["blocks"])


LONG = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
WRONG: list[tuple[list[dict[str, Any]], str]] = [
    ([section("x" * 3001)], LONG),
    ([section("x")] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    ([{"type": "poem"}], "unsupported type: poem [json-pointer:/blocks/0/type]"),
    ([{"type": "input"}], "unsupported type: input [json-pointer:/blocks/0/type]"),
    (
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        [{"type": "actions", "elements": [{**BUTTON, "text": {"type": "mrkdwn", "text": "x"}}]}],
        "must be one of plain_text [json-pointer:/blocks/0/elements/0/text/type]",
    ),
    (
        [{"type": "actions", "elements": [BUTTON, BUTTON]}],
        'action_id "investigate_again" already exists [json-pointer:/blocks]',
    ),
    (
        [{**section("x"), "block_id": "a"}, {**section("y"), "block_id": "a"}],
        'block_id "a" already exists [json-pointer:/blocks]',
    ),
    (
        [{"type": "context_actions", "elements": [BUTTON]}],
        "unsupported type in context_actions [json-pointer:/blocks/0/elements/0]",
    ),
    (
        [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}],
        "unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
    ),
    (
        [
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}
                ],
            }
        ],
        "missing required field: text [json-pointer:/blocks/0/elements/0/elements/0]",
    ),
]


@pytest.mark.parametrize(("blocks", "told"), WRONG)
def test_wrong_blocks_are_refused_with_their_place(
    client: WebClient, blocks: list[dict[str, Any]], told: str
) -> None:
    said = refused(client.chat_postMessage, channel=CHANNEL, text="x", blocks=blocks)
    assert said["error"] == "invalid_blocks"
    assert f"[ERROR] {told}" in said["response_metadata"]["messages"]


def test_blocks_of_more_than_13000_characters_in_all_are_too_long(client: WebClient) -> None:
    fits, over = [section("x" * 2600)] * 5, [section("x" * 2600)] * 5 + [section("x")]
    client.chat_postMessage(channel=CHANNEL, text="x", blocks=fits)
    said = refused(client.chat_postMessage, channel=CHANNEL, text="x", blocks=over)
    assert said["error"] == "msg_blocks_too_long"


@pytest.mark.parametrize("blocks", ["not json", '"text"', "{}"])
def test_blocks_that_are_no_list_have_the_wrong_format(client: WebClient, blocks: str) -> None:
    said = refused(client.chat_postMessage, channel=CHANNEL, text="x", blocks=blocks)
    assert said["error"] == "invalid_blocks_format"


def test_an_input_belongs_into_a_modal() -> None:
    label = {"type": "plain_text", "text": "What was it?"}
    element = {"type": "plain_text_input", "action_id": "said"}
    check_blocks([{"type": "input", "label": label, "element": element}], surface="modal")
    with pytest.raises(SlackError, match="invalid_blocks"):
        check_blocks([{"type": "input", "label": label}], surface="modal")
