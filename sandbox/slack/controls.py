"""Slack's `<...>` controls: links, mentions, dates; and its three entities."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CONTROL = re.compile(r"<([^<>\n]+)>")
_SAFE = ("http://", "https://", "mailto:")
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Shown:
    """What a reader sees of a control, where it leads, and the instant it means (epoch s)."""

    kind: str  # link, mention, date, text
    text: str
    url: str = ""
    epoch: int = 0


def read_control(inner: str, names: Mapping[str, str], now: datetime) -> Shown:
    """What stands between `<` and `>`; `names` gives people and channels theirs."""
    target, _, label = inner.partition("|")
    if target.startswith("!date^"):
        return _date(target, label, now)
    if target.startswith(("@", "#")):
        known = names.get(target[1:]) or label or target[1:]
        return Shown("mention", target[0] + known)
    if target.startswith("!"):
        return Shown("mention", label or "@" + target[1:].partition("^")[0])
    target, label = unescape(target), unescape(label)
    if target.startswith(_SAFE):
        return Shown("link", label or target.removeprefix("mailto:"), target)
    return Shown("text", label or target)


def unescape(text: str) -> str:
    """`&lt;` `&gt;` `&amp;` as the characters they mean."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def shown_date(epoch: int, layout: str, now: datetime) -> str:
    """A date layout of Slack's with its `{tokens}` filled in, in UTC."""
    moment = datetime.fromtimestamp(epoch, UTC)
    return _PART.sub(lambda found: _token(found.group(1), moment, now), layout)


def _date(target: str, fallback: str, now: datetime) -> Shown:
    parts = target.split("^")
    try:
        epoch, layout = int(parts[1]), parts[2]
        text = shown_date(epoch, unescape(layout), now)
    except (ValueError, IndexError, OverflowError, OSError):
        return Shown("text", unescape(fallback) or "date")
    link = parts[3] if len(parts) > 3 and parts[3].startswith(_SAFE) else ""
    return Shown("date", text, link, epoch)


def _token(name: str, moment: datetime, now: datetime) -> str:
    if name in ("time", "time_secs"):
        return moment.strftime("%H:%M:%S" if name == "time_secs" else "%H:%M") + " UTC"
    if name == "ago":
        return _ago(now - moment)
    if name.endswith("_pretty") and (near := _near(moment, now)):
        return near
    layouts = {
        "date_num": "%Y-%m-%d",
        "date_long": "%A, %B %-d, %Y",
        "date_short": "%b %-d, %Y",
        "date": "%B %-d, %Y",
    }
    layout = layouts.get(name.removesuffix("_pretty"))
    return moment.strftime(layout) if layout else "{" + name + "}"


def _near(moment: datetime, now: datetime) -> str:
    days = (moment.date() - now.date()).days
    return {0: "today", -1: "yesterday", 1: "tomorrow"}.get(days, "")


def _ago(gone: timedelta) -> str:
    minutes = int(gone.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} minutes ago"
    hours = minutes // 60
    return f"{hours} hours ago" if hours < 48 else f"{hours // 24} days ago"
