"""Which calls of the world misbehave, and how (docs/nights.md, `[faults]`)."""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

Kind = Literal["denied", "throttled", "hang", "slow"]
KINDS = ("denied", "throttled", "hang", "slow")
SLOW_SECONDS = 5.0
# What people write -> what boto3 calls the client.
ALIASES = {"monitoring": "cloudwatch", "serverless": "redshift-serverless"}


@dataclass
class Faults:
    """Faults by "service" or "service:Operation"; `latency` seconds are added to every call.

    An operation matches its key exactly or, for Airflow paths, by the path's beginning
    ("airflow:GET /eventLogs" covers "GET /eventLogs?limit=5"), where `*` or `{name}` stands for
    one part of the path. The most specific key wins.
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    latency: float = 0.0
    closing: threading.Event = field(default_factory=threading.Event)
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for key, kind in self.rules.items():
            if kind not in KINDS:
                raise ValueError(f"fault {key!r} is {kind!r}; it is one of {', '.join(KINDS)}")

    def of(self, service: str, operation: str = "") -> Kind | None:
        """Say how this call fails: None, or its kind; counts, since throttling passes each 4th."""
        keys = [key for key in self.rules if _covers(key, service, operation)]
        if not keys:
            return None
        key = max(keys, key=len)
        return self._due(key, cast("Kind", self.rules[key]))

    def wait(self, kind: Kind | None) -> None:
        """Spend the time this call takes: latency, 5 s when slow, until closing when it hangs."""
        if kind == "hang":
            self.closing.wait()
        elif kind == "slow":
            self.closing.wait(SLOW_SECONDS)
        elif self.latency:
            time.sleep(self.latency)

    def _due(self, key: str, kind: Kind) -> Kind | None:
        if kind != "throttled":
            return kind
        with self._lock:
            count = self._counts[key] = self._counts.get(key, 0) + 1
        return None if count % 4 == 0 else kind


def _covers(key: str, service: str, operation: str) -> bool:
    wanted, _, part = key.partition(":")
    wanted = ALIASES.get(wanted, wanted)
    if not part:
        # "redshift" means every way in: the wire, its credentials and the Data API.
        return service == wanted or (wanted == "redshift" and service.startswith("redshift-"))
    if wanted == "airflow" and " " not in part:
        # IAM spells MWAA's actions airflow:InvokeRestApi.
        wanted = "mwaa"
    if wanted != service:
        return False
    return operation == part or (service == "airflow" and _begins(part, operation))


def _begins(part: str, operation: str) -> bool:
    method, _, path = part.partition(" ")
    path = re.sub(r"^/api/v[12]", "", path)
    pieces = re.split(r"\*|\{\w+\}", f"{method} {path}")
    return re.match("[^/?]+".join(map(re.escape, pieces)), operation) is not None
