"""Redshift Serverless: where the workgroup is, and credentials of the calling role."""

from sandbox.aws.errors import AwsError
from sandbox.aws.redshift import ROLE_USER
from sandbox.aws.service import Document, JsonService
from sandbox.redshift.server import RedshiftServer


class RedshiftWorkgroups:
    """The one workgroup of the world."""

    def __init__(
        self, server: RedshiftServer | None, workgroup: str, *, status: str = "AVAILABLE"
    ) -> None:
        self._server = server
        self._workgroup = workgroup
        self.status = status
        self.service = JsonService(
            "redshift-serverless",
            {"GetWorkgroup": self.get_workgroup, "GetCredentials": self.get_credentials},
        )

    def get_workgroup(self, asked: Document, region: str) -> Document:
        server = self._known(str(asked.get("workgroupName", "")))
        workgroup = {
            "workgroupName": self._workgroup,
            "workgroupId": "sandbox",
            "namespaceName": self._workgroup,
            "status": self.status,
            "baseCapacity": 32,
            "maxCapacity": 64,
            "endpoint": {"address": server.host, "port": server.port},
            "publiclyAccessible": False,
        }
        return {"workgroup": workgroup}

    def get_credentials(self, asked: Document, region: str) -> Document:
        server = self._known(str(asked.get("workgroupName", "")))
        password, until = server.accounts.issue(ROLE_USER)
        return {"dbUser": ROLE_USER, "dbPassword": password, "expiration": until.timestamp()}

    def _known(self, workgroup: str) -> RedshiftServer:
        if self._server is None or workgroup != self._workgroup:
            raise AwsError("ResourceNotFoundException", f"Workgroup {workgroup} not found.", 400)
        return self._server
