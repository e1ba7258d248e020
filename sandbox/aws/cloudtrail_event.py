"""One CloudTrail event as LookupEvents indexes it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.aws.service import Document

# Their events are recorded in us-east-1 wherever the call was made.
GLOBAL_SOURCES = frozenset(
    f"{name}.amazonaws.com" for name in ("iam", "organizations", "cloudfront", "route53")
)
GLOBAL_REGION = "us-east-1"
# A request's parameter -> the type of resource that LookupEvents lists for it.
RESOURCES = {
    "roleName": "AWS::IAM::Role",
    "policyName": "AWS::IAM::Policy",
    "policyArn": "AWS::IAM::Policy",
    "userName": "AWS::IAM::User",
    "bucketName": "AWS::S3::Bucket",
    "clusterIdentifier": "AWS::Redshift::Cluster",
    "workgroupName": "AWS::RedshiftServerless::Workgroup",
    "secretId": "AWS::SecretsManager::Secret",
    "groupId": "AWS::EC2::SecurityGroup",
    "functionName": "AWS::Lambda::Function",
    "keyId": "AWS::KMS::Key",
    "logGroupName": "AWS::Logs::LogGroup",
}


@dataclass(frozen=True, slots=True)
class TrailRow:
    """`regions` are those whose LookupEvents shows it; `names` what ResourceName finds it by."""

    at: datetime
    regions: frozenset[str]
    attributes: Mapping[str, str]
    resources: tuple[tuple[str, str], ...]
    names: frozenset[str]
    event: Mapping[str, Any]  # Any: the event's own JSON

    def has(self, name: str, value: str) -> bool:
        """Whether a lookup attribute finds it; no attribute finds all."""
        if name == "ResourceName":
            return value in self.names
        if name == "ResourceType":
            return any(kind == value for kind, _ in self.resources)
        return not name or self.attributes.get(name) == value

    def as_event(self) -> Document:
        """The row of LookupEvents' answer."""
        listed = [{"ResourceType": kind, "ResourceName": name} for kind, name in self.resources]
        said = {name: value for name, value in self.attributes.items() if value}
        return {
            **said,
            "EventTime": self.at.timestamp(),
            "Resources": listed,
            "CloudTrailEvent": json.dumps(self.event),
        }


def trail_row(said: Mapping[str, Any], region: str) -> TrailRow:  # Any: JSON of a story
    """Index an event; one that came wrapped as LookupEvents answers it is unwrapped."""
    event = said.get("CloudTrailEvent", said)
    event = json.loads(event) if isinstance(event, str) else dict(event)
    at = datetime.fromisoformat(str(event["eventTime"]))
    source = str(event.get("eventSource", ""))
    regions = {str(event.get("awsRegion") or region)}
    if source in GLOBAL_SOURCES:
        regions.add(GLOBAL_REGION)
    resources = tuple(dict.fromkeys(_resources(event)))
    return TrailRow(
        at=(at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC),
        regions=frozenset(regions),
        attributes={
            "EventId": str(event.get("eventID", "")),
            "EventName": str(event.get("eventName", "")),
            "ReadOnly": str(event.get("readOnly", "")).lower(),
            "Username": user_of(event.get("userIdentity") or {}),
            "EventSource": source,
            "AccessKeyId": str((event.get("userIdentity") or {}).get("accessKeyId", "")),
        },
        resources=resources,
        names=frozenset(_names(event, resources)),
        event=event,
    )


def user_of(identity: Mapping[str, Any]) -> str:  # Any: JSON of an event
    """Who LookupEvents names: a role's session name, a user's name, a service's host."""
    if identity.get("type") == "Root":
        return "root"
    if identity.get("type") == "AssumedRole":
        principal = str(identity.get("principalId") or identity.get("arn") or "")
        return principal.replace("/", ":").rpartition(":")[2]
    return str(
        identity.get("userName")
        or identity.get("invokedBy")
        or str(identity.get("arn", "")).rpartition("/")[2]
    )


def _resources(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # Any: JSON of an event
    for resource in event.get("resources") or []:
        name = resource.get("ARN") or resource.get("resourceName") or ""
        yield str(resource.get("type") or resource.get("resourceType") or ""), str(name)
    asked = event.get("requestParameters") or {}
    for parameter, kind in RESOURCES.items():
        if isinstance(asked.get(parameter), str):
            yield kind, asked[parameter]
    if event.get("eventSource") == "airflow.amazonaws.com":
        for parameter in ("name", "Name"):
            if asked.get(parameter):
                yield "AWS::MWAA::Environment", str(asked[parameter])


def _names(
    event: Mapping[str, Any],  # Any: JSON of an event
    resources: tuple[tuple[str, str], ...],
) -> Iterator[str]:
    """Every name of a resource: ARN and its last part; and whatever id the request named."""
    asked = event.get("requestParameters") or {}
    named = [name for _, name in resources] + [v for v in asked.values() if isinstance(v, str)]
    for name in named:
        yield name
        if name.startswith("arn:"):
            yield name.rpartition(":")[2].rpartition("/")[2]
