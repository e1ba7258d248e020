"""Slack's rate limits, as switches: off unless a test or a story wants them."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.slack.errors import ratelimited

POST_BURST, POST_PER_SECOND = 3.0, 1.0
# Slack's tiers, calls a minute.
TIER_2, TIER_3, TIER_4 = 20.0, 50.0, 100.0
TIERS = {
    "chat.update": TIER_3,
    "chat.delete": TIER_3,
    "conversations.history": TIER_3,
    "conversations.replies": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "reactions.add": TIER_3,
    "reactions.get": TIER_3,
    "reactions.remove": TIER_2,
    "conversations.list": TIER_2,
    "views.open": TIER_4,
    "users.info": TIER_4,
}


@dataclass
class Bucket:
    """Holds `most` calls and fills at `rate` a second."""

    most: float
    rate: float
    left: float
    at: float


@dataclass
class Limits:
    """`posts`: about one chat.postMessage a second and channel; `tiers`: each method's own."""

    posts: bool = False
    tiers: bool = False
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, method: str, channel: str) -> None:
        """Count a call; raises SlackError `ratelimited` (429, Retry-After) when it is too many."""
        if method == "chat.postMessage" and self.posts:
            self._take(f"{method} {channel}", POST_BURST, POST_PER_SECOND)
        elif method in TIERS and self.tiers:
            self._take(method, TIERS[method], TIERS[method] / 60)

    def _take(self, key: str, most: float, rate: float) -> None:
        now = self.clock()
        with self._lock:
            bucket = self._buckets.setdefault(key, Bucket(most, rate, most, now))
            bucket.left = min(most, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.left < 1:
                raise ratelimited(math.ceil((1 - bucket.left) / rate))
            bucket.left -= 1
