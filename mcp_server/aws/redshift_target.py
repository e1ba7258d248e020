"""Which cluster or workgroup: its endpoint, its state, its events, and credentials to log in."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from mcp_server.aws.parallel import side_by_side
from mcp_server.aws.redshift_wire import Login
from mcp_server.aws.remembered import Remembered
from mcp_server.aws.session import AwsClients
from mcp_server.domain.redshift import ClusterEvent, ClusterState
from mcp_server.errors import NotConfigured, Unavailable
from mcp_server.settings import Settings

Json = Mapping[str, Any]  # Any: AWS's documents
# Temporary passwords live from 15 minutes to an hour; a log-in is used for less than that.
PASSWORD_SECONDS = 3600
LOGIN_SECONDS = 600.0
PORT = 5439


class Target(Protocol):
    """A provisioned cluster or a Serverless workgroup."""

    is_serverless: bool
    name: str

    async def endpoint(self) -> tuple[str, int | str]: ...

    async def credentials(self) -> tuple[str, int | str]: ...

    async def state(self) -> ClusterState: ...

    async def events(self, since: datetime, until: datetime) -> Sequence[ClusterEvent]: ...

    def data_api_arguments(self) -> Mapping[str, str]: ...


def target_from(settings: Settings, clients: AwsClients) -> Target:
    """The target that the settings name."""
    if settings.redshift_workgroup:
        return Workgroup(settings, clients)
    return Cluster(settings, clients)


class Logins:
    """The log-in of a target, asked for once and kept while its password is good."""

    def __init__(self, target: Target, database: str) -> None:
        self._target = target
        self._database = database
        self._known: Remembered[Login] = Remembered(LOGIN_SECONDS)

    async def get(self) -> Login:
        """Endpoint and credentials, asked for side by side."""
        return await self._known.get(self._target.name, self._ask)

    def forget(self) -> None:
        """The log-in was refused: ask for a new one next time."""
        self._known = Remembered(LOGIN_SECONDS)

    async def _ask(self) -> Login:
        where, who = await side_by_side([self._target.endpoint, self._target.credentials])
        return Login(where[0], int(where[1]), self._database, who[0], str(who[1]))


class Cluster:
    """A provisioned cluster."""

    is_serverless = False

    def __init__(self, settings: Settings, clients: AwsClients) -> None:
        self.name = settings.redshift_cluster_id
        self._settings = settings
        self._clients = clients

    async def endpoint(self) -> tuple[str, int]:
        """Where it listens; a paused or vanished cluster raises Unavailable."""
        found = await self._described()
        status = str(found.get("ClusterStatus", "")).lower()
        where = found.get("Endpoint") or {}
        if "paus" in status:
            raise Unavailable(
                f"Redshift cluster {self.name} is {status}: nothing runs on it until somebody "
                "resumes it (console, or `aws redshift resume-cluster`). check_redshift lists its "
                "events, CloudTrail's PauseCluster who paused it."
            )
        if not where.get("Address"):
            raise Unavailable(f"Redshift cluster {self.name} is {status} and has no endpoint yet.")
        return str(where["Address"]), int(where.get("Port") or PORT)

    async def credentials(self) -> tuple[str, str]:
        """User and password: of the secret, else temporary ones of the IAM identity."""
        if self._settings.redshift_secret_arn:
            return await _of_secret(self._clients, self._settings.redshift_secret_arn)
        asked = {
            "ClusterIdentifier": self.name,
            "DbName": self._settings.redshift_database,
            "DurationSeconds": PASSWORD_SECONDS,
        }
        operation = "get_cluster_credentials_with_iam"
        if user := self._settings.redshift_db_user:
            operation = "get_cluster_credentials"
            asked |= {"DbUser": user, "AutoCreate": False}
        answer = await self._clients.call(
            "redshift", operation, asked, resource=f"cluster {self.name}"
        )
        return str(answer["DbUser"]), str(answer["DbPassword"])

    async def state(self) -> ClusterState:
        found = await self._described()
        pending = [f"{k}={v}" for k, v in (found.get("PendingModifiedValues") or {}).items()]
        return ClusterState(
            name=self.name,
            status=str(found.get("ClusterStatus", "")).lower(),
            nodes=int(found.get("NumberOfNodes") or 0),
            node_type=str(found.get("NodeType", "")),
            maintenance_window=str(found.get("PreferredMaintenanceWindow", "")),
            pending=", ".join(pending),
        )

    async def events(self, since: datetime, until: datetime) -> Sequence[ClusterEvent]:
        answer = await self._clients.call(
            "redshift",
            "describe_events",
            {
                "SourceIdentifier": self.name,
                "SourceType": "cluster",
                "StartTime": since,
                "EndTime": until,
            },
            resource=f"cluster {self.name}",
        )
        found = [_event(row) for row in answer.get("Events", ())]
        return sorted(found, key=lambda event: event.at, reverse=True)

    def data_api_arguments(self) -> Mapping[str, str]:
        """How the Data API names the cluster and the user."""
        arguments = {"ClusterIdentifier": self.name}
        if self._settings.redshift_secret_arn:
            return arguments | {"SecretArn": self._settings.redshift_secret_arn}
        if self._settings.redshift_db_user:
            return arguments | {"DbUser": self._settings.redshift_db_user}
        return arguments

    async def _described(self) -> Json:
        answer = await self._clients.call(
            "redshift",
            "describe_clusters",
            {"ClusterIdentifier": self.name},
            resource=f"cluster {self.name}",
        )
        found: Json = answer["Clusters"][0]
        return found


class Workgroup:
    """A Redshift Serverless workgroup."""

    is_serverless = True

    def __init__(self, settings: Settings, clients: AwsClients) -> None:
        self.name = settings.redshift_workgroup
        self._settings = settings
        self._clients = clients

    async def endpoint(self) -> tuple[str, int]:
        """Where it listens."""
        found = await self._described()
        where = found.get("endpoint") or {}
        if not where.get("address"):
            raise Unavailable(
                f"Redshift workgroup {self.name} is {found.get('status', 'not ready')} and has no "
                "endpoint yet."
            )
        return str(where["address"]), int(where.get("port") or PORT)

    async def credentials(self) -> tuple[str, str]:
        """User and password: of the secret, else temporary ones of the IAM identity."""
        if self._settings.redshift_secret_arn:
            return await _of_secret(self._clients, self._settings.redshift_secret_arn)
        answer = await self._clients.call(
            "redshift-serverless",
            "get_credentials",
            {
                "workgroupName": self.name,
                "dbName": self._settings.redshift_database,
                "durationSeconds": PASSWORD_SECONDS,
            },
            resource=f"workgroup {self.name}",
        )
        return str(answer["dbUser"]), str(answer["dbPassword"])

    async def state(self) -> ClusterState:
        found = await self._described()
        return ClusterState(
            name=self.name,
            status=str(found.get("status", "")).lower(),
            is_serverless=True,
            base_rpu=int(found.get("baseCapacity") or 0),
            max_rpu=int(found.get("maxCapacity") or 0),
        )

    async def events(self, since: datetime, until: datetime) -> Sequence[ClusterEvent]:
        """Serverless has no such list: CloudTrail tells its changes."""
        return ()

    def data_api_arguments(self) -> Mapping[str, str]:
        """How the Data API names the workgroup and the user."""
        arguments = {"WorkgroupName": self.name}
        if self._settings.redshift_secret_arn:
            return arguments | {"SecretArn": self._settings.redshift_secret_arn}
        return arguments

    async def _described(self) -> Json:
        answer = await self._clients.call(
            "redshift-serverless",
            "get_workgroup",
            {"workgroupName": self.name},
            resource=f"workgroup {self.name}",
        )
        found: Json = answer["workgroup"]
        return found


async def _of_secret(clients: AwsClients, secret_arn: str) -> tuple[str, str]:
    answer = await clients.call(
        "secretsmanager", "get_secret_value", {"SecretId": secret_arn}, resource=secret_arn
    )
    try:
        said = json.loads(answer.get("SecretString") or "")
        return str(said["username"]), str(said["password"])
    except (ValueError, KeyError, TypeError):
        raise NotConfigured(
            f"Secret {secret_arn} does not hold a database user. Store JSON with username and "
            "password in it, or name another one in REDSHIFT_SECRET_ARN."
        ) from None


def _event(row: Json) -> ClusterEvent:
    at: datetime = row["Date"]
    return ClusterEvent(
        at.astimezone(UTC), str(row.get("Message", "")), str(row.get("Severity", ""))
    )
