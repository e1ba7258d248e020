"""CloudTrail's management events by one attribute, in this region and where global ones lie."""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from mcp_server.aws.cloudtrail_event import trail_event
from mcp_server.aws.pacing import Pace
from mcp_server.aws.parallel import side_by_side
from mcp_server.aws.session import AwsClients
from mcp_server.domain.trail import TrailEvent
from mcp_server.errors import DiagnosticError

log = logging.getLogger(__name__)

# IAM, STS and other global services' events are recorded here alone.
GLOBAL_REGION = "us-east-1"
_GLOBAL_SOURCES = frozenset(
    f"{name}.amazonaws.com"
    for name in ("iam", "sts", "organizations", "cloudfront", "route53", "signin", "sso")
)
PAGE, PAGES = 50, 5
# The service takes two requests a second for an account and region.
PER_SECOND, BURST = 2, 3


class CloudTrail:
    """The `Trail` of one region and of the global services."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._paces: dict[str, Pace] = {}

    async def lookup(
        self, attribute: str, value: str, *, since: datetime, until: datetime, limit: int = 50
    ) -> Sequence[TrailEvent]:
        """Newest first. The service shows an event only minutes after it happened.

        Raises DiagnosticError when this region cannot be read; when us-east-1 alone cannot, only
        if the events asked for are a global service's.
        """
        asked = {
            "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
            "StartTime": since,
            "EndTime": until,
            "MaxResults": min(limit, PAGE),
        }
        unread: list[DiagnosticError] = []
        reads = [partial(self._read, asked, limit, self._clients.region)]
        if self._clients.region != GLOBAL_REGION and _may_be_global(attribute, value):
            reads.append(partial(self._read_global, asked, limit, unread))
        read = await side_by_side(reads)
        if unread and value in _GLOBAL_SOURCES:
            raise unread[0]
        for error in unread:
            log.warning("CloudTrail was read without %s: %s", GLOBAL_REGION, error)
        found = {event.event_id or repr(event): event for events in read for event in events}
        return sorted(found.values(), key=lambda event: event.at, reverse=True)[:limit]

    async def _read_global(
        self,
        asked: dict[str, Any],  # Any: AWS's document
        limit: int,
        unread: list[DiagnosticError],
    ) -> list[TrailEvent]:
        try:
            return await self._read(asked, limit, GLOBAL_REGION)
        except DiagnosticError as error:
            unread.append(error)
            return []

    async def _read(
        self,
        asked: dict[str, Any],  # Any: AWS's document
        limit: int,
        region: str,
    ) -> list[TrailEvent]:
        page, found = dict(asked), list[TrailEvent]()
        pace = self._paces.setdefault(region, Pace(PER_SECOND, BURST))
        for _ in range(PAGES):
            await pace.turn()
            answer = await self._clients.call(
                "cloudtrail", "lookup_events", page, region=region, resource=f"trail of {region}"
            )
            found += map(trail_event, answer["Events"])
            if len(found) >= limit or not answer.get("NextToken"):
                break
            page["NextToken"] = answer["NextToken"]
        return found


def _may_be_global(attribute: str, value: str) -> bool:
    return attribute != "EventSource" or value in _GLOBAL_SOURCES
