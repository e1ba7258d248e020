"""A row of LookupEvents as a TrailEvent: who, what, on what, with what; secrets masked."""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from mcp_server.diagnostics.redact import redact
from mcp_server.domain.trail import TrailEvent

Json = Mapping[str, Any]  # Any: AWS's documents


def trail_event(row: Json) -> TrailEvent:
    """The facts of the row, and those that only its CloudTrailEvent text holds."""
    event: Json = json.loads(row.get("CloudTrailEvent") or "{}")
    request = event.get("requestParameters")
    return TrailEvent(
        at=row["EventTime"].astimezone(UTC),
        name=row.get("EventName") or event.get("eventName", ""),
        source=row.get("EventSource") or event.get("eventSource", ""),
        user=user_of(event.get("userIdentity") or {}) or row.get("Username", ""),
        region=event.get("awsRegion", ""),
        error_code=event.get("errorCode", ""),
        resources=tuple(r["ResourceName"] for r in row.get("Resources", []) if "ResourceName" in r),
        request=masked(request) if isinstance(request, Mapping) else None,
        event_id=row.get("EventId") or event.get("eventID", ""),
    )


def user_of(identity: Json) -> str:
    """A person's or service's name; of a role's session both names: "l.brandt (role Admin)"."""
    kind = identity.get("type", "")
    if kind == "Root":
        return "root"
    if kind == "AssumedRole":
        session = str(identity.get("arn") or identity.get("principalId") or "")
        issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
        name = session.replace(":", "/").rpartition("/")[2]
        role = issuer.get("userName") or _role(session)
        return f"{_person(name)} (role {role})" if role else _person(name)
    named = identity.get("userName") or identity.get("invokedBy")
    return _person(str(named or str(identity.get("arn", "")).rpartition("/")[2]))


def _role(arn: str) -> str:
    """`Admin` of `arn:aws:sts::123456789012:assumed-role/Admin/l.brandt`."""
    parts = arn.split("/")
    return parts[-2] if "assumed-role" in arn and len(parts) > 2 else ""


def _person(name: str) -> str:
    """Sessions are often named by mail address, of which the first part says who."""
    return name.partition("@")[0]


def masked(value: Any, key: str = "") -> Any:  # noqa: ANN401 - JSON in, JSON out
    """The same JSON with each secret's value as `***`, whether its key or its form tells."""
    if isinstance(value, Mapping):
        return {name: masked(part, str(name)) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part, key) for part in value]
    return _masked_text(value, key) if isinstance(value, str) else value


def _masked_text(text: str, key: str) -> str:
    if '"' in text or "\n" in text:
        return redact(text)
    said = redact(f'{key}="{text}"')
    start = f'{key}="'
    whole = said.startswith(start) and said.endswith('"')
    return said[len(start) : -1] if whole else redact(text)
