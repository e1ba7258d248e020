"""What the local Slack remembers: channels, people, messages, reactions, open views."""

import itertools
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock

Json = dict[str, Any]  # Any: Slack's JSON as it travels

TEAM, APP, BOT, BOT_USER = "T0SANDBOX", "A0DEAGENT", "B0DEAGENT", "U0DEAGENT"
PERSON = "U0ENGINEER"
BOT_NAME = "de-agent"


@dataclass
class Channel:
    """`is_member` is ours: whether the bot is in it."""

    id: str
    name: str
    is_member: bool = True
    is_im: bool = False


@dataclass
class Message:
    """One message; `body` is its JSON without reactions and thread counts.

    `came` and `changed` are real seconds (monotonic): when it arrived, when it was last edited.
    """

    channel: str
    ts: str
    body: Json
    reactions: dict[str, list[str]] = field(default_factory=dict)
    status: str = ""
    came: float = field(default_factory=time.monotonic)
    changed: float = field(default_factory=time.monotonic)

    @property
    def is_ours(self) -> bool:
        return self.body.get("bot_id") == BOT

    @property
    def thread_ts(self) -> str:
        return str(self.body.get("thread_ts") or self.ts)

    @property
    def is_reply(self) -> bool:
        return self.thread_ts != self.ts


@dataclass
class View:
    """A modal that is open in the page; `hash` guards updates as Slack's does."""

    id: str
    view: Json
    hash: str


@dataclass
class Workspace:
    """Thread-safe under `lock`; `version` grows with every change, so that the page can wait."""

    clock: Clock
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    version: int = 0

    def __post_init__(self) -> None:
        self.changed = threading.Condition()
        self._last_ts = 0
        self._ids = itertools.count(1)
        self.names |= {BOT_USER: BOT_NAME, BOT: BOT_NAME, PERSON: "you"}
        self.add_channel(Channel("C0GENERAL", "general", is_member=False))
        self.add_channel(Channel("D0DEAGENT", BOT_NAME, is_im=True))

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock, then wake whoever waits for a change."""
        with self.changed:
            yield
            self.version += 1
            self.changed.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """Return the version once it differs from `seen`, or after so many seconds."""
        with self.changed:
            self.changed.wait_for(lambda: self.version != seen, seconds)
            return self.version

    def add_channel(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self.messages.setdefault(channel.id, {})

    def new_ts(self) -> str:
        """A ts of the world's clock, later than every other one."""
        micros = max(int(self.clock.now().timestamp() * 1_000_000), self._last_ts + 1)
        self._last_ts = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def new_id(self, letter: str) -> str:
        return f"{letter}0{next(self._ids):07d}"

    def put(self, event: Mapping[str, Any]) -> Message:
        """Keep a message that somebody else posted, such as an alert; its channel is made."""
        said = dict(event.get("message") or event)
        channel, ts = str(event["channel"]), str(said.get("ts") or event["ts"])
        with self.change():
            if channel not in self.channels:
                self.add_channel(Channel(channel, _channel_name(event, len(self.channels))))
            self._last_ts = max(self._last_ts, round(float(ts) * 1_000_000))
            body = {k: v for k, v in said.items() if k not in ("channel", "channel_type")}
            message = Message(channel, ts, {"type": "message", **body, "ts": ts})
            if message.thread_ts not in self.messages[channel]:
                self._add_parent(message)
            self.messages[channel][ts] = message
        return message

    def _add_parent(self, reply: Message) -> None:
        """An alert in a thread has a parent, also when nobody tells what it said."""
        body = {"type": "message", "user": PERSON, "text": "(an earlier message)"}
        parent = Message(reply.channel, reply.thread_ts, {**body, "ts": reply.thread_ts})
        self.messages[reply.channel][parent.ts] = parent

    def add(self, channel: str, body: Json) -> Message:
        """Keep a new message; it gets its ts here. Call inside `change`."""
        ts = self.new_ts()
        message = Message(channel, ts, {"type": "message", **body, "ts": ts})
        self.messages[channel][ts] = message
        return message

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The parent and its replies, oldest first; empty when there is no such message."""
        found = self.messages.get(channel, {})
        return sorted((m for m in found.values() if m.thread_ts == ts), key=by_ts)

    def top(self, channel: str) -> list[Message]:
        """The channel's own messages, oldest first, without replies that were not broadcast."""
        found = self.messages.get(channel, {}).values()
        return sorted((m for m in found if _in_channel(m)), key=by_ts)

    def author(self, message: Message) -> str:
        """The name that stands over a message."""
        body = message.body
        profile = body.get("bot_profile") or {}
        known = self.names.get(str(body.get("user"))) or self.names.get(str(body.get("bot_id")))
        said = body.get("username") or profile.get("name") or known
        return str(said or ("Alerts" if body.get("bot_id") else body.get("user")) or "unknown")


def by_ts(message: Message) -> float:
    """Order of time."""
    return float(message.ts)


def _in_channel(message: Message) -> bool:
    return not message.is_reply or message.body.get("subtype") == "thread_broadcast"


def _channel_name(event: Mapping[str, Any], count: int) -> str:
    # general and our direct messages are always there.
    default = "data-alerts" if count <= 2 else f"data-alerts-{count - 1}"
    return str(event.get("channel_name") or default)
