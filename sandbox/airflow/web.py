"""Airflow's web server over HTTPS: the session route that goes round InvokeRestApi.

The product joins it as `https://<WebServerHostname of CreateWebLoginToken>` and trusts `ca_file`
by the setting DE_AGENT_CA_FILE. That the login answers 200 with its cookie, without a redirect,
is how AWS's own example reads it.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from sandbox.airflow.asking import Query, RestAnswer, RestError
from sandbox.airflow.gateway import AirflowGateway, AirflowThrottled
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import HttpServer, Request, Response
from sandbox.redshift.certificate import server_context

TOKEN_MS = 60_000
SESSION_MS = 12 * 3600 * 1000
# REST's version -> where the token goes, and the cookie that comes back.
LOGINS = {1: ("/aws_mwaa/login", "session"), 2: ("/pluginsv2/aws_mwaa/login", "_token")}
OPEN_PATHS = frozenset({"/health", "/monitor/health", "/version"})


class Sessions:
    """One-time login tokens (60 s) and the sessions that they open (12 h), each of one name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, tuple[str, int]] = {}
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)

    def issue_token(self, name: str) -> str:
        """A web login token, as CreateWebLoginToken gives it."""
        return self._remember(secrets.token_urlsafe(32), name, TOKEN_MS)

    def open(self, token: str, api: int) -> tuple[str, str] | None:
        """The environment and a new session for a token, which is spent; None if it is not good."""
        name = self.name_of(token)
        with self._lock:
            self._until.pop(token, None)
        if name is None:
            return None
        session = self._jwt(name) if api == 2 else secrets.token_urlsafe(32)
        return name, self._remember(session, name, SESSION_MS)

    def name_of(self, secret: str) -> str | None:
        """Whose token or session this is, if it still counts."""
        name, until = self._until.get(secret, ("", 0))
        return name if until > self._clock.ms() else None

    def end(self) -> None:
        """Forget every token and session."""
        self._until.clear()

    def _remember(self, secret: str, name: str, ms: int) -> str:
        self._until[secret] = (name, self._clock.ms() + ms)
        return secret

    def _jwt(self, name: str) -> str:
        until = (self._clock.ms() + SESSION_MS) // 1000
        claims = {"sub": name, "exp": until, "jti": secrets.token_hex(8)}
        said = b".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
        signature = hmac.new(self._key, said, hashlib.sha256).digest()
        return (said + b"." + _base64(signature)).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class AirflowWeb:
    """HTTPS on localhost; the session says which environment's Airflow is meant."""

    def __init__(
        self,
        airflow: Mapping[str, AirflowGateway],
        folder: Path,
        clock: Clock,
        faults: Faults,
        calls: CallLog,
    ) -> None:
        """`folder` (an existing one) takes the certificate."""
        context, self.ca_file = server_context(folder)
        self.sessions = Sessions(clock)
        self._airflow = airflow
        self._faults = faults
        self._calls = calls
        self._http = HttpServer(self._answer, tls=context)
        self.host = self._http.host

    def start(self) -> None:
        self._http.start()

    def close(self) -> None:
        self._http.close()

    def _answer(self, request: Request) -> Response:
        if not self._airflow:
            return Response(404)
        for api, (path, cookie) in LOGINS.items():
            if request.path.rstrip("/") == path:
                return self._log_in(request, api, cookie)
        found = re.fullmatch(r"/api/v([12])(/.*)", request.path)
        if found is None:
            return Response(404, b"<h1>404</h1>", "text/html")
        return self._rest(request, int(found[1]), found[2])

    def _log_in(self, request: Request, api: int, cookie: str) -> Response:
        operation = f"{request.method} {request.path}"
        with self._calls.record("airflow", operation):
            kind = self._faults.of("airflow", operation)
            self._faults.wait(kind)
            form = parse_qs(request.body.decode())
            token = (form.get("token") or [""])[0]
            opened = None if kind == "denied" else self.sessions.open(token, api)
            if opened is None or self._airflow[opened[0]].rest.api != api:
                return Response(401, b"Unauthorized", "text/plain")
            crumbs = f"{cookie}={opened[1]}; Path=/; Secure; HttpOnly; SameSite=Lax"
            return Response(200, b"<html></html>", "text/html", {"Set-Cookie": crumbs})

    def _rest(self, request: Request, api: int, path: str) -> Response:
        name = self._user_of(request)
        if name is None:
            gateway = next(iter(self._airflow.values()))
            if path not in OPEN_PATHS:
                return _answered(_unauthorised(gateway))
        else:
            gateway = self._airflow[name]
        if gateway.rest.api != api:
            return Response(404, b'{"detail": "Not Found"}')
        return self._called(gateway, request, path)

    def _user_of(self, request: Request) -> str | None:
        cookies = SimpleCookie(request.headers.get("cookie", ""))
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        said = [bearer] if kind.lower() == "bearer" else []
        said += [cookies[name].value for _, name in LOGINS.values() if name in cookies]
        return next((name for name in map(self.sessions.name_of, said) if name), None)

    def _called(self, gateway: AirflowGateway, request: Request, path: str) -> Response:
        # Over this way the gateway is the first to answer: the world's latency is spent here.
        self._faults.wait(None)
        accept = request.headers.get("accept", "application/json")
        try:
            said = gateway.call(request.method, path, _query(request.query), accept=accept)
        except AirflowThrottled:
            return Response(429, b'{"detail": "Too Many Requests"}')
        return _answered(said)


def _query(said: Query) -> Query:
    return {name: list(values) for name, values in said.items()}


def _unauthorised(gateway: AirflowGateway) -> RestAnswer:
    detail = None if gateway.rest.api == 1 else "Not authenticated"
    error = RestError(401, "Unauthorized", detail)
    return RestAnswer(401, gateway.rest.refusal(error))


def _answered(answer: RestAnswer) -> Response:
    is_json = "json" in answer.content_type and "ndjson" not in answer.content_type
    text = json.dumps(answer.document) if is_json else str(answer.document)
    return Response(answer.status, text.encode(), answer.content_type)
