"""The page: Block Kit as Slack shows it, and nothing of a message ever becomes HTML of ours."""

import json
import shutil
import subprocess
import urllib.request
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_slack import ALERT, BUTTON, CHANNEL, FEEDBACK, app_at, local_slack, section

from sandbox.slack.blocks_html import blocks_html
from sandbox.slack.blocks_plain import message_plain
from sandbox.slack.mrkdwn import Around, mrkdwn_html

AROUND = Around({"U1": "ada", "C1": "data-alerts"}, datetime(2026, 11, 22, 3, 4, tzinfo=UTC))
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _slanted_ ~gone~", "<b>bold</b> <i>slanted</i> <s>gone</s>"),
        ("a_b_c stays, 2*3*4 too", "a_b_c stays, 2*3*4 too"),
        ("`a *b* <c>`", "<code>a *b* c</code>"),
        ("```x\n*y*```", "<pre>x\n*y*</pre>"),
        ("*DAG:* `orders`", "<b>DAG:</b> <code>orders</code>"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said", "<blockquote>said</blockquote>"),
        (":red_circle: :no_such_emoji:", "🔴 :no_such_emoji:"),
        (
            "<@U1> <#C1> <!here>",
            " ".join(
                f'<span class="mention">{w}</span>' for w in ("@ada", "#data-alerts", "@here")
            ),
        ),
        ("1 &lt; 2 &amp;&amp; 3", "1 &lt; 2 &amp;&amp; 3"),
        ("<javascript:alert(1)|click>", "click"),
    ],
)
def test_mrkdwn_is_shown_as_slack_shows_it(text: str, html: str) -> None:
    assert mrkdwn_html(text, AROUND) == html


def test_a_link_opens_elsewhere_and_shows_its_label() -> None:
    html = mrkdwn_html("<https://x.example/a?b=1&amp;c=2|the log>", AROUND)
    assert 'href="https://x.example/a?b=1&amp;c=2"' in html
    assert 'rel="noopener noreferrer"' in html
    assert ">the log</a>" in html


@pytest.mark.parametrize(
    ("layout", "shown"),
    [
        ("{date_num} {time}", "2026-11-22 02:44 UTC"),
        ("{date_short_pretty} at {time_secs}", "today at 02:44:00 UTC"),
        ("{date_long}", "Sunday, November 22, 2026"),
        ("{ago}", "20 minutes ago"),
    ],
)
def test_dates_are_shown_in_utc(layout: str, shown: str) -> None:
    html = mrkdwn_html(f"<!date^1795315440^{layout}|then>", AROUND)
    assert f">{shown}</time>" in html
    assert 'datetime="2026-11-22T02:44:00+00:00"' in html


def test_a_date_that_is_none_falls_back_to_its_words() -> None:
    assert mrkdwn_html("<!date^soon^{time}|at three>", AROUND) == "at three"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [name for name, _ in attrs]))


OURS = {*("b", "i", "s", "u", "a", "p", "br", "hr", "h3", "ol", "ul", "li", "pre", "div", "span")}
OURS |= {"code", "time", "blockquote", "button", "label", "input", "textarea"}
words = st.text(alphabet=st.sampled_from("<>&\"'`*_~:|!@#^\n /=ax\ue000\ue0010"), max_size=60)


@given(words)
def test_no_text_becomes_a_tag_or_a_handler_of_its_own(text: str) -> None:
    blocks: list[dict[str, Any]] = [
        section(text),
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
            ],
        },
        {"type": "actions", "elements": [{**BUTTON, "value": text, "action_id": text}]},
        {"type": text},
    ]
    tags = Tags()
    tags.feed(blocks_html(blocks, AROUND))
    assert {tag for tag, _ in tags.seen} <= OURS
    assert not [a for _, names in tags.seen for a in names if a.startswith("on") or a == "style"]


def test_buttons_carry_what_the_app_needs_and_links_only_lead_to_the_web() -> None:
    link = {**BUTTON, "action_id": "open_log", "url": "https://x.example/log"}
    evil = {**BUTTON, "action_id": "evil", "url": "javascript:alert(1)"}
    html = blocks_html([{"type": "actions", "elements": [BUTTON, link, evil]}], AROUND)
    assert 'data-action-id="investigate_again" data-value="inv_1"' in html
    assert 'href="https://x.example/log"' in html
    assert "javascript:" not in html


def test_a_terminal_reads_the_same_words() -> None:
    text = {"type": "text", "text": "201: ERROR - *not bold*"}
    blocks = [
        section(":red_circle: *orders* failed <https://x.example|log>"),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Run*\n`r1`"}]},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Can it wait?*\nNo"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [text]}]},
        {"type": "actions", "elements": [BUTTON]},
        {"type": "context_actions", "elements": [FEEDBACK]},
    ]
    assert message_plain({"blocks": blocks}, AROUND) == [
        "🔴 orders failed log",
        "  Run:             `r1`",
        "  Can it wait?     No",
        "  | 201: ERROR - *not bold*",
        "[Look again]",
        "[Right] [Wrong]",
    ]


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
        return str(answer.read().decode())


def test_the_page_holds_the_thread_and_ends_no_element_of_its_own() -> None:
    with local_slack() as (server, client):
        client.chat_postMessage(channel=CHANNEL, thread_ts=ALERT["ts"], text=f"why? {EVIL}")
        page = fetched(server.url)
    state = page.partition('id="state">')[2].partition("</script>")[0]
    rows = next(c for c in json.loads(state)["channels"] if c["id"] == CHANNEL)["threads"][0]
    assert [row["kind"] for row in rows] == ["app", "us"]
    assert "alert(1)" in rows[1]["html"]
    assert "<script>" not in rows[1]["html"]
    assert "<script>alert" not in page
    # Nothing is loaded from elsewhere.
    assert "http" not in page.partition("<body>")[0]


def test_the_state_waits_for_a_change_and_then_shows_it() -> None:
    with local_slack() as (server, client):
        before = json.loads(fetched(f"{server.url}/state?since=-1"))
        client.reactions_add(channel=CHANNEL, timestamp=str(ALERT["ts"]), name="eyes")
        after = json.loads(fetched(f"{server.url}/state?since={before['version']}"))
    row = next(c for c in after["channels"] if c["id"] == CHANNEL)["threads"][0][0]
    assert row["reactions"] == [["👀", 1]]


def test_only_the_page_itself_can_act() -> None:
    with local_slack() as (server, _), app_at(server) as app:
        body = json.dumps({"channel": CHANNEL, "text": "hi"}).encode()
        request = urllib.request.Request(server.url + "/act/write", body)  # noqa: S310
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request, timeout=5)  # noqa: S310
        request.add_header("X-Sandbox", "page")
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
    assert [body["event"]["text"] for body in app.bodies()] == ["hi"]


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def drawn(url: str, folder: Path) -> str:
    """The document after the page's script ran; without a browser, the state it would draw."""
    if CHROMIUM is None:
        return fetched(url).replace("\\u003c", "<").replace('\\"', '"')
    ran = subprocess.run(  # noqa: S603 - a fixed program
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder}", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ran.stdout.partition('<script type="application/json"')[0]


def test_a_browser_draws_the_thread_and_runs_nothing_of_a_message(tmp_path: Path) -> None:
    pre = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": EVIL}]}
    blocks = [
        section("*orders.load* failed"),
        {"type": "rich_text", "elements": [pre]},
        {"type": "actions", "elements": [BUTTON]},
    ]
    with local_slack() as (server, client):
        client.chat_postMessage(channel=CHANNEL, thread_ts=ALERT["ts"], text="x", blocks=blocks)
        page = drawn(server.url, tmp_path / "profile")
    assert "<b>orders.load</b> failed" in page
    assert "<pre>&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'data-action-id="investigate_again"' in page
    assert "onerror=alert(2)>" not in page
