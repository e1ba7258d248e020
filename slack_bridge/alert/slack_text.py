"""Slack's markup to plain text: links become numbered marks, entities and auto-links are undone."""

import datetime as dt
import re
from dataclasses import dataclass, field

# A link stands in the text as MARK + its number + END, after its label.
MARK, END = "\ue000", "\ue001"
LINK_MARK = re.compile(f"{MARK}(\\d+){END}")
_ANGLE = re.compile(r"<([^<>\n]{1,4000})>")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((https?://[^\s()]{1,3000})\)")
_BARE = re.compile(r"https?://[^\s<>\"'`|\ue000\ue001]{1,3000}")
_HREF = re.compile(
    r"<a\b[^<>]{0,200}?href\s*=\s*[\"']([^\"'<>]{1,3000})[\"'][^<>]{0,200}>(.{0,300}?)</a>",
    re.IGNORECASE | re.DOTALL,
)
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/tr|/li|/h\d|/pre)\b[^<>]{0,100}>", re.IGNORECASE)
_CELL = re.compile(r"</\s*t[dh]\s*>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|div|span|b|i|strong|em|html|body|head|pre|code|table|tbody|td|th|tr|ul|ol|li|h\d|font|style|meta|title)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_ESCAPED_TAG = re.compile(r"&lt;/(?:b|i|a|p|code|strong|td|li|h\d)&gt;", re.IGNORECASE)
_ENTITIES = (
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", '"'),
    ("&#39;", "'"),
    ("&nbsp;", " "),
    ("&#x27;", "'"),
    ("&amp;", "&"),
)
_INVISIBLE = str.maketrans(
    dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\xad\u200e\u200f")
    | {"\u00a0": " ", "\u3000": " ", "\r": "\n"}
)
EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+'\-]{1,60}:(?!\w)", re.IGNORECASE)


@dataclass
class Links:
    """The addresses met so far, in order; a mark in the text holds an index into `urls`."""

    urls: list[str] = field(default_factory=list)

    def mark(self, url: str) -> str:
        """Keep `url` and return the mark that stands for it."""
        self.urls.append(url.replace("&amp;", "&"))
        return f"{MARK}{len(self.urls) - 1}{END}"


def unescape(text: str) -> str:
    """Slack's three entities, and those of mail, once; twice where they were escaped twice."""
    for _ in range(2):
        for entity, char in _ENTITIES:
            text = text.replace(entity, char)
        if "&lt;" not in text and "&amp;" not in text:
            break
    return text


def plain(text: str, links: Links) -> str:
    """Text without markup entities that rich_text or a plain_text object holds."""
    text = unescape(text.replace(MARK, " ").replace(END, " ")).replace("\r\n", "\n")
    return _BARE.sub(lambda m: _bare(m.group(), links), text.translate(_INVISIBLE))


def mrkdwn(text: str, links: Links) -> str:
    """Text in Slack's mrkdwn: links split, mentions dropped, entities undone, addresses marked."""
    text = text.replace(MARK, " ").replace(END, " ").replace("\r\n", "\n")
    text = unescape(text) if _ESCAPED_TAG.search(text) else text
    text = _HREF.sub(lambda m: f"{m[2]} {links.mark(unescape(m[1]))}", text)
    text = _TAG.sub("", _BREAK.sub("\n", _CELL.sub(" | ", text)))
    text = _ANGLE.sub(lambda m: _angle(m.group(1), links), text)
    text = unescape(text)
    text = _MARKDOWN_LINK.sub(lambda m: f"{m[1]} {links.mark(m[2])}", text)
    return _BARE.sub(lambda m: _bare(m.group(), links), text).translate(_INVISIBLE)


def html(text: str, links: Links) -> str:
    """A mail's body: tags become lines and links."""
    if "&lt;br" in text or "&lt;a " in text:
        text = unescape(text)
    return mrkdwn(text, links)


def without_marks(text: str) -> str:
    """The text with link marks taken out."""
    return LINK_MARK.sub("", text) if MARK in text else text


def _angle(inside: str, links: Links) -> str:
    target, _, label = inside.partition("|")
    target, label = unescape(target), unescape(label)
    if target.startswith(("http://", "https://")):
        return _linked(target, label, links)
    if target.startswith(("mailto:", "tel:")):
        return label or target.split(":", 1)[1]
    if target.startswith("!date^"):
        return label or _moment(target)
    if target[:1] in ("@", "!", "#"):
        return label if target[:1] == "#" else " "
    return f"<{inside}>"


def _linked(url: str, label: str, links: Links) -> str:
    bare = url.split("://", 1)[1].rstrip("/")
    if label and bare == label.rstrip("/"):
        # Slack makes links of words such as `orders.run`; a real address has its scheme or a path.
        return label if "/" not in bare else links.mark(url)
    if not label or label.startswith(("http://", "https://")):
        return links.mark(url)
    return label + links.mark(url)


def _moment(target: str) -> str:
    seconds = target.split("^")[1]
    if not seconds.isdigit() or len(seconds) > 11:
        return ""
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).isoformat()


def _bare(url: str, links: Links) -> str:
    kept = url.rstrip(".,;:!?*_'\"`")
    while kept.endswith(")") and kept.count("(") < kept.count(")"):
        kept = kept[:-1]
    while kept.endswith("]") and kept.count("[") < kept.count("]"):
        kept = kept[:-1]
    return links.mark(kept) + url[len(kept) :]
