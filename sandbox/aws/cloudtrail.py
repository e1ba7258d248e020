"""CloudTrail's LookupEvents over an incident's `cloudtrail.json`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.aws.cloudtrail_event import trail_row
from sandbox.aws.errors import AwsError
from sandbox.aws.service import Document, JsonService, when
from sandbox.clock import Clock

MAX_RESULTS = 50
KEPT = timedelta(days=90)


@dataclass
class TrailLimits:
    """Switch: `lag` is how late events appear (minutes, in the real service)."""

    lag: timedelta = timedelta(0)


class CloudTrail:
    """Management events by one attribute, newest first, each in its own region."""

    def __init__(
        self,
        events: Iterable[Mapping[str, Any]],  # Any: JSON of a story
        clock: Clock,
        limits: TrailLimits | None = None,
        region: str = "eu-west-1",
    ) -> None:
        """`region` is where events without an awsRegion are served."""
        rows = [trail_row(event, region) for event in events]
        self._rows = sorted(rows, key=lambda row: row.at, reverse=True)
        self._clock = clock
        self._limits = limits or TrailLimits()
        self.service = JsonService("cloudtrail", {"LookupEvents": self.lookup_events})

    def lookup_events(self, asked: Document, region: str) -> Document:
        name, value = _attribute(asked)
        start, end = self._span(asked)
        found = [
            row
            for row in self._rows
            if region in row.regions and start <= row.at <= end and row.has(name, value)
        ]
        if asked.get("EventCategory"):
            found = []  # insight events, which no story has
        first, last = _page(asked)
        page: Document = {"Events": [row.as_event() for row in found[first:last]]}
        return page | ({"NextToken": str(last)} if last < len(found) else {})

    def _span(self, asked: Document) -> tuple[datetime, datetime]:
        seen = self._clock.now() - self._limits.lag
        start = when(asked.get("StartTime")) or seen - KEPT
        end = when(asked.get("EndTime")) or seen
        if start > end:
            raise AwsError(
                "InvalidTimeRangeException", "The start time must be before the end time."
            )
        return max(start, seen - KEPT), min(end, seen)


def _attribute(asked: Document) -> tuple[str, str]:
    attributes = asked.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsError(
            "InvalidLookupAttributesException", "Only one lookup attribute may be given."
        )
    if not attributes:
        return "", ""
    return attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]


def _page(asked: Document) -> tuple[int, int]:
    limit = int(asked.get("MaxResults") or MAX_RESULTS)
    if not 1 <= limit <= MAX_RESULTS:
        raise AwsError("InvalidMaxResultsException", f"MaxResults must be 1 to {MAX_RESULTS}.")
    token = str(asked.get("NextToken") or "0")
    if not token.isdecimal():
        raise AwsError("InvalidNextTokenException", "The next token is invalid.")
    return int(token), int(token) + limit
