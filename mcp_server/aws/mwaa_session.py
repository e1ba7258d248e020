"""Airflow's web server over HTTPS with a web login token: the way round InvokeRestApi."""

import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from mcp_server.aws.errors import READ_SECONDS, AnswerTooLarge, said_by
from mcp_server.aws.session import CONNECT_SECONDS, AwsClients, in_thread
from mcp_server.errors import AccessDenied, DiagnosticError, Unavailable

if TYPE_CHECKING:
    import httpx2

MAX_BYTES = 8_000_000
# A web server out of reach costs a connection's time-out: not once for every call.
FAILED_SECONDS = 15.0
Query = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """What Airflow said: HTTP status and its JSON document, or text where it sent none."""

    status: int
    document: Any  # Any: JSON


@dataclass(frozen=True, slots=True)
class _WayIn:
    """Where a version of Airflow takes the token, which cookie it gives, and its REST's place."""

    login: str
    cookie: str
    prefix: str

    def headers(self, client: "httpx2.Client") -> dict[str, str]:
        """Airflow 3's cookie is a JWT that REST wants as a bearer; 2's cookie is enough itself."""
        if self.cookie != "_token":
            return {}
        return {"Authorization": f"Bearer {client.cookies.get(self.cookie)}"}


@dataclass(frozen=True, slots=True, eq=False)
class _Session:
    """One login: a client that holds its cookie, and where its REST is."""

    client: "httpx2.Client"
    host: str
    way: _WayIn


_AIRFLOW_2 = _WayIn("/aws_mwaa/login", "session", "/api/v1")
_AIRFLOW_3 = _WayIn("/pluginsv2/aws_mwaa/login", "_token", "/api/v2")


class WebSession:
    """One environment's web server; logs in when first asked and again when the session ended.

    `version` gives Airflow's version, or "" when it is unknown: then both ways in are tried.
    """

    def __init__(
        self,
        clients: AwsClients,
        environment: str,
        version: Callable[[], Awaitable[str]],
        ca_file: str = "",
    ) -> None:
        self._clients = clients
        self._environment = environment
        self._version = version
        self._ca_file = ca_file
        self._lock = anyio.Lock()
        self._session: _Session | None = None
        # Calls may still be under way on a session that another call found ended.
        self._clients_opened: list[httpx2.Client] = []
        self._failure: DiagnosticError | None = None
        self._failed_at = 0.0

    async def get(self, path: str, query: Query) -> RestAnswer:
        """GET a path (quoted, without `/api/vN`). Raises DiagnosticError when there is no way."""
        session = await self._logged_in()
        answer = await self._got(session, path, query)
        if answer.status == 401:
            session = await self._logged_in(ended=session)
            answer = await self._got(session, path, query)
        return answer

    def close(self) -> None:
        for client in self._clients_opened:
            client.close()

    async def _got(self, session: _Session, path: str, query: Query) -> RestAnswer:
        client = session.client
        url = f"https://{session.host}{session.way.prefix}{path}"
        headers = {"Accept": "application/json", **session.way.headers(client)}
        return await self._over_https(lambda: _read(client, url, query, headers))

    async def _logged_in(self, ended: _Session | None = None) -> _Session:
        """The session there is, unless it is the one that `ended`; else a new login.

        Of many calls that meet the end of one session the first logs in for all. Callers that
        waited for a failing login share its failure.
        """
        async with self._lock:
            if self._session is not None and self._session is not ended:
                return self._session
            if self._failure and time.monotonic() - self._failed_at < FAILED_SECONDS:
                raise self._failure
            try:
                self._session = await self._log_in()
            except DiagnosticError as error:
                self._failure, self._failed_at = error, time.monotonic()
                raise
            return self._session

    async def _log_in(self) -> _Session:
        version = await self._version()
        first, second = _AIRFLOW_2, _AIRFLOW_3
        ways = (second, first) if version.startswith("3") else (first, second)
        for way in ways[:1] if version else ways:
            session = await self._login(way)
            if session is not None:
                return session
        raise AccessDenied(
            f"The web server of {self._environment} does not take the web login token. "
            "Whoever keeps the IAM policy can allow airflow:CreateWebLoginToken on "
            f"role/{self._environment}/Viewer, or an Airflow admin can give that role access."
        )

    async def _login(self, way: _WayIn) -> _Session | None:
        """The session, None where the web server does not know this way; a token serves once."""
        token = await self._clients.call(
            "mwaa",
            "create_web_login_token",
            {"Name": self._environment},
            resource=f"role/{self._environment}/Viewer",
        )
        client, host = self._opened(), str(token["WebServerHostname"]).removeprefix("https://")
        url, form = f"https://{host}{way.login}", {"token": str(token["WebToken"])}
        status = await self._over_https(lambda: client.post(url, data=form).status_code)
        if status >= 500:
            raise Unavailable(
                f"The web server of {self._environment} answered its login with {status}. "
                "Try again later."
            )
        if status >= 400 or client.cookies.get(way.cookie) is None:
            return None
        return _Session(client, host, way)

    async def _over_https(self, send: Callable[[], T]) -> T:
        import httpx2  # late: only this route needs it

        try:
            return await in_thread(send)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> DiagnosticError:
        where = f"The web server of {self._environment}"
        if "Timeout" in type(error).__name__:
            return Unavailable(f"{where} did not answer within {READ_SECONDS} s. Try again later.")
        if "CERTIFICATE" in str(error).upper():
            return Unavailable(
                f"{where} shows a certificate that is not trusted here. "
                "Name its certificates in DE_AGENT_CA_FILE."
            )
        return Unavailable(
            f"{where} cannot be reached: {said_by(error)}. A private web server needs de-agent in "
            "its VPC, or the permission airflow:InvokeRestApi."
        )

    def _opened(self) -> "httpx2.Client":
        import httpx2  # late: only this route needs it

        client = httpx2.Client(
            verify=ssl.create_default_context(cafile=self._ca_file or None),
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        )
        self._clients_opened.append(client)
        return client


def _read(
    client: "httpx2.Client", url: str, query: Query, headers: Mapping[str, str]
) -> RestAnswer:
    with client.stream("GET", url, params=dict(query), headers=dict(headers)) as response:
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MAX_BYTES:
                raise AnswerTooLarge(
                    f"Airflow's answer is larger than {MAX_BYTES // 1_000_000} MB. "
                    "Read the log from CloudWatch, or ask for less."
                )
    text = body.decode("utf-8", "replace")
    if "json" in response.headers.get("content-type", ""):
        return RestAnswer(response.status_code, json.loads(text or "null"))
    return RestAnswer(response.status_code, text)
