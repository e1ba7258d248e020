"""Provisioned Redshift: where the cluster is, temporary credentials, and the cluster's events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.aws.errors import ACCOUNT, AwsError
from sandbox.aws.service import Document, QueryService
from sandbox.redshift.server import RedshiftServer

ROLE_USER = "IAMR:de-agent-diagnostic"
_SECONDS = (900, 3600)


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    """What DescribeEvents tells: a resize, a maintenance, a reboot."""

    at: datetime
    message: str
    event_id: str = "REDSHIFT-EVENT-2000"
    severity: str = "INFO"
    categories: tuple[str, ...] = ("management",)


class RedshiftClusters:
    """The one cluster of the world; `status` is the service's word (available, paused ...)."""

    def __init__(
        self,
        server: RedshiftServer | None,
        cluster_id: str,
        *,
        status: str = "available",
        node_type: str = "ra3.4xlarge",
        nodes: int = 4,
        events: Sequence[ClusterEvent] = (),
    ) -> None:
        self._server = server
        self._cluster_id = cluster_id
        self.status = status
        self._node_type = node_type
        self._nodes = nodes
        self.events = list(events)
        self.service = QueryService(
            "redshift",
            {
                "DescribeClusters": self.describe_clusters,
                "GetClusterCredentials": self.get_cluster_credentials,
                "GetClusterCredentialsWithIAM": self.get_cluster_credentials_with_iam,
                "DescribeEvents": self.describe_events,
            },
        )

    def describe_clusters(self, asked: Document, region: str) -> Document:
        wanted = asked.get("ClusterIdentifier", "")
        if wanted:
            self._known(wanted)
        clusters = [self._cluster(region)] if self._server else []
        return {"Clusters": ("Cluster", clusters)}

    def get_cluster_credentials(self, asked: Document, region: str) -> Document:
        prefix = "IAMA:" if asked.get("AutoCreate") == "true" else "IAM:"
        return self._credentials(prefix + str(asked.get("DbUser", "")), asked)

    def get_cluster_credentials_with_iam(self, asked: Document, region: str) -> Document:
        return self._credentials(ROLE_USER, asked)

    def describe_events(self, asked: Document, region: str) -> Document:
        end = _time(asked.get("EndTime")) or datetime.max.replace(tzinfo=UTC)
        begin = _time(asked.get("StartTime")) or datetime.min.replace(tzinfo=UTC)
        identifier = asked.get("SourceIdentifier", self._cluster_id)
        events = [e for e in self.events if begin <= e.at <= end and identifier == self._cluster_id]
        events.sort(key=lambda event: event.at, reverse=True)
        return {"Events": ("Event", [self._event(event) for event in events])}

    def _known(self, cluster_id: str) -> RedshiftServer:
        if self._server is None or cluster_id.lower() != self._cluster_id.lower():
            raise AwsError("ClusterNotFound", f"Cluster {cluster_id} not found.", 404)
        return self._server

    def _cluster(self, region: str) -> Document:
        server = self._known(self._cluster_id)
        is_paused = self.status == "paused"
        return {
            "ClusterIdentifier": self._cluster_id,
            "NodeType": self._node_type,
            "ClusterStatus": self.status,
            "ClusterAvailabilityStatus": "Paused" if is_paused else self.status.capitalize(),
            "MasterUsername": "awsuser",
            "DBName": server.database,
            "Endpoint": {"Address": server.host, "Port": server.port},
            "NumberOfNodes": self._nodes,
            "PubliclyAccessible": False,
            "Encrypted": True,
            "ClusterNamespaceArn": f"arn:aws:redshift:{region}:{ACCOUNT}:namespace:sandbox",
            "PreferredMaintenanceWindow": "sat:03:00-sat:03:30",
        }

    def _credentials(self, user: str, asked: Document) -> Document:
        server = self._known(str(asked.get("ClusterIdentifier", "")))
        seconds = int(asked.get("DurationSeconds") or _SECONDS[0])
        if not _SECONDS[0] <= seconds <= _SECONDS[1]:
            raise AwsError("InvalidParameterValue", "DurationSeconds must be from 900 to 3600.")
        if self.status == "paused":
            raise AwsError("InvalidClusterState", f"Cluster {self._cluster_id} is paused.")
        password, until = server.accounts.issue(user, timedelta(seconds=seconds))
        return {"DbUser": user, "DbPassword": password, "Expiration": until.isoformat()}

    def _event(self, event: ClusterEvent) -> Document:
        return {
            "SourceIdentifier": self._cluster_id,
            "SourceType": "cluster",
            "Message": event.message,
            "EventCategories": ("EventCategory", event.categories),
            "Severity": event.severity,
            "Date": event.at.isoformat(),
            "EventId": event.event_id,
        }


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
