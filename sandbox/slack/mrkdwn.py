"""Slack's mrkdwn as HTML and as plain text. Every word of the message comes out escaped."""

import html
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sandbox.slack.controls import CONTROL, Shown, read_control, unescape

_ATOM = re.compile(r"```(.+?)```|`([^`\n]+)`|" + CONTROL.pattern, re.DOTALL)
_EMOJI = re.compile(r":([a-z0-9_+-]+)(?:::skin-tone-\d)?:")
# Slack styles words, not parts of words: `a_b_c` stays as it is.
_STYLES = tuple(
    (
        re.compile(
            rf"(?<![\w{re.escape(mark)}]){re.escape(mark)}(\S|\S[^\n]*?\S){re.escape(mark)}(?![\w{re.escape(mark)}])"
        ),
        tag,
    )
    for mark, tag in (("*", "b"), ("_", "i"), ("~", "s"))
)
# Private characters hold the place of what must not be styled.
_OPEN, _CLOSE = "\ue000", "\ue001"
_HELD = re.compile(f"{_OPEN}(\\d+){_CLOSE}")


@dataclass(frozen=True)
class Around:
    """What rendering needs of the workspace: names by id, and the present."""

    names: Mapping[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def mrkdwn_html(text: str, around: Around) -> str:
    """Bold, italics, strike, code, quotes, links, mentions, dates, emoji; all else is text."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(_atom_html(found, around))
        return f"{_OPEN}{len(held) - 1}{_CLOSE}"

    clean = text.replace(_OPEN, "").replace(_CLOSE, "")
    said = html.escape(unescape(_ATOM.sub(hold, clean)))
    for pattern, tag in _STYLES:
        said = pattern.sub(rf"<{tag}>\1</{tag}>", said)
    said = _EMOJI.sub(lambda found: emoji(found.group(1)), said)
    return _HELD.sub(lambda found: held[int(found.group(1))], _lines(said))


def mrkdwn_plain(text: str, around: Around) -> str:
    """The same for a terminal: marks gone, controls as a reader sees them."""
    said = CONTROL.sub(lambda found: plain_control(read(found.group(1), around)), text)
    said = unescape(said)
    for pattern, _ in _STYLES:
        said = pattern.sub(r"\1", said)
    return _EMOJI.sub(lambda found: emoji(found.group(1)), said)


def plain_html(text: str) -> str:
    """plain_text: escaped, with emoji names shown as emoji."""
    return _EMOJI.sub(lambda found: emoji(found.group(1)), html.escape(unescape(text)))


def emoji(name: str) -> str:
    """The character of an emoji name, or `:name:`."""
    return _emojis().get(name, f":{name}:")


def read(inner: str, around: Around) -> Shown:
    """One control, with the workspace's names."""
    return read_control(inner, around.names, around.now)


def shown_html(shown: Shown) -> str:
    """One control as HTML."""
    text = html.escape(shown.text)
    if shown.epoch:
        instant = datetime.fromtimestamp(shown.epoch, UTC).isoformat()
        text = f'<time datetime="{instant}" title="{instant}">{text}</time>'
    if shown.url:
        return link_html(shown.url, text)
    return f'<span class="mention">{text}</span>' if shown.kind == "mention" else text


def link_html(url: str, inner: str) -> str:
    """A link to http, https or mailto; anything else stays text. `inner` is HTML already."""
    if not url.startswith(("http://", "https://", "mailto:")):
        return inner
    address = html.escape(url)
    safe = 'target="_blank" rel="noopener noreferrer"'
    return f'<a href="{address}" title="{address}" {safe}>{inner}</a>'


def plain_control(shown: Shown) -> str:
    """One control as text; a link keeps only its label."""
    return shown.text


def _atom_html(found: re.Match[str], around: Around) -> str:
    fence, code, control = found.groups()
    if control:
        return shown_html(read(control, around))
    if code:
        return f"<code>{html.escape(_literal(code, around))}</code>"
    return f"<pre>{html.escape(_literal(fence.strip(chr(10)), around))}</pre>"


def _literal(code: str, around: Around) -> str:
    return unescape(CONTROL.sub(lambda found: plain_control(read(found.group(1), around)), code))


def _lines(said: str) -> str:
    out: list[str] = []
    for line in said.split("\n"):
        quoted = line.startswith("&gt;")
        out.append(f"<blockquote>{line[4:].strip()}</blockquote>" if quoted else f"{line}<br>")
    return "".join(out).removesuffix("<br>")


@cache
def _emojis() -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name("emoji.toml").read_text("utf-8"))
