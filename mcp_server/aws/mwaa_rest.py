"""Airflow's REST behind MWAA: InvokeRestApi first, the web session where that is not to be had."""

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

import anyio

from mcp_server.aws.errors import THROTTLED, AnswerTooLarge, code_of, said_by
from mcp_server.aws.mwaa_session import Query, RestAnswer, WebSession
from mcp_server.aws.pacing import Pace, pause
from mcp_server.aws.session import AwsClients
from mcp_server.diagnostics.redact import redact
from mcp_server.errors import AccessDenied, BadRequest, DiagnosticError, NotFound, Unavailable

PER_SECOND, BURST = 10, 10
# The service's model gives a path 64 characters; whether that is enforced, the service tells.
SHORT_PATH = 64
# How long the session is preferred after InvokeRestApi was refused or throttled.
REFUSED_SECONDS, THROTTLED_SECONDS = 600.0, 30.0
# Airflow's own throttling and a web server that is restarting.
PASSING, PASSING_TRIES = frozenset({429, 502, 503}), 4
_LACKS = re.compile(r"lacks (airflow:\w+)")
_REST_ERRORS = frozenset({"RestApiClientException", "RestApiServerException"})


class MwaaRest:
    """GET calls to one environment's Airflow, of either version."""

    def __init__(
        self,
        clients: AwsClients,
        environment: str,
        version: Callable[[], Awaitable[str]],
        ca_file: str = "",
    ) -> None:
        self._clients = clients
        self._environment = environment
        self._session = WebSession(clients, environment, version, ca_file)
        self._pace = Pace(PER_SECOND, BURST)
        self._session_until = 0.0
        self._only_short_paths = False

    async def get(self, parts: Sequence[str], query: Query | None = None) -> Any:  # noqa: ANN401 - JSON
        """The document at a path given by its parts, e.g. ("dags", dag_id).

        Raises NotFound for 404, AccessDenied for 403, BadRequest or Unavailable for the rest.
        """
        # Ids hold `:` and `+`, which web servers take as they are; some proxies want them quoted.
        path, quoted = _path(parts, ":+@=,"), _path(parts, "")
        answer = await self._patiently(path, query or {})
        if answer.status == 404 and quoted != path:
            answer = await self._patiently(quoted, query or {})
        if answer.status >= 400:
            raise self._refused(answer, path)
        return answer.document

    def close(self) -> None:
        self._session.close()

    async def _patiently(self, path: str, query: Query) -> RestAnswer:
        for attempt in range(2, PASSING_TRIES + 1):
            answer = await self._answered(path, query)
            if answer.status not in PASSING:
                return answer
            await anyio.sleep(pause(attempt))
        return await self._answered(path, query)

    async def _answered(self, path: str, query: Query) -> RestAnswer:
        await self._pace.turn()
        if self._prefers_session(path):
            try:
                return await self._session.get(path, query)
            except DiagnosticError:
                if self._must_go_round(path):
                    raise
                # The way round is closed now: what was refused or throttled may be open again.
                self._session_until = 0.0
        try:
            return await self._invoked(path, query)
        except DiagnosticError as error:
            # Of a list less at once is asked for instead.
            is_list = isinstance(error, AnswerTooLarge) and "limit" in query
            if is_list or not _has_way_round(error, path):
                raise
            return await self._round(error, path, query)

    async def _invoked(self, path: str, query: Query) -> RestAnswer:
        asked = {
            "Name": self._environment,
            "Path": path,
            "Method": "GET",
            "QueryParameters": dict(query),
        }
        try:
            answer = await self._clients.call(
                "mwaa",
                "invoke_rest_api",
                asked,
                resource=f"role/{self._environment}/Viewer",
                patience=PASSING_TRIES,
            )
        except DiagnosticError as error:
            if code_of(error) in _REST_ERRORS:
                return _from_error(error)
            raise
        return RestAnswer(int(answer["RestApiStatusCode"]), answer.get("RestApiResponse"))

    async def _round(self, error: DiagnosticError, path: str, query: Query) -> RestAnswer:
        """The session's answer; when that fails too, the first error, saying both."""
        try:
            answer = await self._session.get(path, query)
        except DiagnosticError as other:
            raise type(error)(f"{error} {_no_way_round(other)}") from error
        self._learn(error, path)
        return answer

    def _learn(self, error: DiagnosticError, path: str) -> None:
        if isinstance(error, AnswerTooLarge):
            return
        if isinstance(error, BadRequest) and len(path) > SHORT_PATH:
            self._only_short_paths = True
            return
        seconds = THROTTLED_SECONDS if isinstance(error, Unavailable) else REFUSED_SECONDS
        self._session_until = time.monotonic() + seconds

    def _must_go_round(self, path: str) -> bool:
        return self._only_short_paths and len(path) > SHORT_PATH

    def _prefers_session(self, path: str) -> bool:
        return self._must_go_round(path) or time.monotonic() < self._session_until

    def _refused(self, answer: RestAnswer, path: str) -> DiagnosticError:
        said, where = _detail(answer), f"Airflow in {self._environment}"
        if answer.status == 404:
            return NotFound(f"{where} has no {path}: {said}. Check the ids.")
        if answer.status in (401, 403):
            return AccessDenied(
                f"{where} refuses GET {path} (HTTP {answer.status}: {said}). The Airflow role that "
                f"airflow:InvokeRestApi is allowed for (such as role/{self._environment}/Viewer) "
                f"lacks {_permission(path)}. An Airflow admin can grant it, or whoever keeps the "
                "IAM policy can allow another role."
            )
        if answer.status == 429 or answer.status >= 500:
            return Unavailable(
                f"{where} answered GET {path} with HTTP {answer.status}: {said}. Try again later."
            )
        return BadRequest(f"{where} did not accept GET {path} (HTTP {answer.status}): {said}.")


def _path(parts: Sequence[str], safe: str) -> str:
    return "/" + "/".join(quote(part, safe="~" + safe) for part in parts)


def _has_way_round(error: DiagnosticError, path: str) -> bool:
    """Whether the web session may do what InvokeRestApi did not."""
    code = code_of(error)
    if code in THROTTLED or isinstance(error, AccessDenied | AnswerTooLarge):
        return True
    if code == "ValidationException":
        return len(path) > SHORT_PATH or "InvokeRestApi" in said_by(error)
    return False


def _no_way_round(other: DiagnosticError) -> str:
    """Why the web session did not help either, short where it is a missing action again."""
    lacks = _LACKS.search(str(other))
    if isinstance(other, AccessDenied) and lacks:
        return f"The way round lacks {lacks[1]}; either is enough."
    return f"The web login route failed too: {other}"


def _from_error(error: DiagnosticError) -> RestAnswer:
    """Airflow's own refusal, which InvokeRestApi wraps in an error of HTTP 400."""
    response: dict[str, Any] = getattr(error.__cause__, "response", {})  # Any: AWS's document
    return RestAnswer(
        int(response.get("RestApiStatusCode") or 0) or 500, response.get("RestApiResponse")
    )


def _detail(answer: RestAnswer) -> str:
    """Airflow's reason in one redacted line."""
    said = answer.document
    if isinstance(said, dict):
        said = said.get("detail") or said.get("title") or said.get("message") or ""
    return " ".join(redact(str(said or "no reason given")).split())[:300].rstrip(".")


def _permission(path: str) -> str:
    if path.startswith("/eventLogs"):
        return '"can read" on "Audit Logs"'
    return f'"can read" on what GET {path} shows'
