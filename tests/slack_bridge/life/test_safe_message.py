"""The last lock: mentions no one, links to no unknown host, whatever was built before it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bridge.blocks import Message
from slack_bridge.message.safe_message import locked

AWS = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logs"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<!channel> look", "channel look"),
        ("<!here|here>", "here"),
        ("<@U012ABC> and <@W1|bob>", "U012ABC and bob"),
        ("<#C01|general>", "general"),
        ("<!subteam^S01|@oncall>", "oncall"),
        ("<https://evil.example/x|Open log>", "Open log"),
        ("<https://evil.example/x>", "evil.example/x"),
        ("see https://evil.example/x now", "see evil.example/x now"),
        ("<javascript:alert(1)|x>", "x"),
        (f"<{AWS}|log>", f"<{AWS}|log>"),
        (
            "<!date^1795316640^{date_short_pretty}|2026-11-22>",
            "<!date^1795316640^{date_short_pretty}|2026-11-22>",
        ),
        ("<!date^1^{date}^https://evil.example|x>", "x"),
        ("<<#|!channel>>", "&lt;!channel>"),
        ("a &lt;!channel&gt; in a log", "a &lt;!channel&gt; in a log"),
    ],
)
def test_mrkdwn_keeps_only_what_is_harmless(text: str, safe: str) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    message = locked(Message(text, [block]))
    assert message.text == safe
    assert message.blocks[0]["text"] == {"type": "mrkdwn", "text": safe, "verbatim": True}


def test_rich_text_loses_people_and_unknown_links_and_keeps_their_words() -> None:
    elements = [
        {"type": "user", "user_id": "U1"},
        {"type": "broadcast", "range": "channel"},
        {"type": "link", "url": "https://evil.example", "text": "log"},
        {"type": "link", "url": AWS, "text": "log"},
        {"type": "text", "text": "<!channel> as data"},
    ]
    inner = {"type": "rich_text_section", "elements": elements}
    (block,) = locked(Message("x", [{"type": "rich_text", "elements": [inner]}])).blocks
    kinds = [e["type"] for e in block["elements"][0]["elements"]]
    assert kinds == ["text", "text", "text", "link", "text"]


def test_a_button_to_an_unknown_host_goes_and_its_row_with_it() -> None:
    def row(url: str) -> dict[str, Any]:
        face = {"type": "plain_text", "text": "Open"}
        return {"type": "actions", "elements": [{"type": "button", "text": face, "url": url}]}

    assert locked(Message("x", [row("https://evil.example")])).blocks == []
    assert locked(Message("x", [row(AWS)])).blocks == [row(AWS)]


@given(st.text(alphabet="<>!@#|^ahttps:/.evil`*\n ", max_size=60))
def test_no_text_mentions_or_links(text: str) -> None:
    said = json.dumps(vars(locked(Message(text, [{"type": "mrkdwn", "text": text}]))))
    assert "<!" not in said.replace("<!date^", "")
    assert "<@" not in said
    assert "<#" not in said
    assert "<http" not in said
