"""MWAA: environments, InvokeRestApi and the tokens of the session route."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from sandbox.airflow.asking import RestAnswer
from sandbox.airflow.gateway import AirflowGateway, AirflowThrottled
from sandbox.aws.errors import CALLER, AwsError, as_json
from sandbox.aws.errors import throttled as throttled_error
from sandbox.aws.mwaa_environment import on_the_wire
from sandbox.aws.service import Document
from sandbox.http import Request, Response

MAX_PAGE = 25
OPERATIONS = {
    ("GET", "environments"): ("ListEnvironments", "GetEnvironment"),
    ("POST", "restapi"): ("", "InvokeRestApi"),
    ("POST", "webtoken"): ("", "CreateWebLoginToken"),
    ("POST", "clitoken"): ("", "CreateCliToken"),
}


@dataclass
class MwaaLimits:
    """Switches of InvokeRestApi.

    `path` characters (64 in the service's model; whether it is enforced is unknown, so it is off),
    `seconds` MWAA waits for Airflow (10 in its documents; None: as long as Airflow takes),
    `payload` bytes of an answer, `per_second` calls (10 in its documents).
    """

    path: int | None = None
    seconds: float | None = None
    payload: int = 6 * 1024 * 1024
    per_second: int | None = None


class Mwaa:
    """Environments (objects as GetEnvironment gives them) and each one's Airflow by name."""

    name = "mwaa"

    def __init__(
        self,
        environments: Iterable[Mapping[str, Any]],  # Any: JSON of a story
        airflow: Mapping[str, AirflowGateway],
        limits: MwaaLimits,
        *,
        web_host: str = "",
        issue_token: Callable[[str], str] | None = None,
    ) -> None:
        self._environments: dict[str, Document] = {
            str(e["Name"]): on_the_wire(dict(e)) for e in environments
        }
        self._airflow = airflow
        self._limits = limits
        self._web_host = web_host
        self._issue_token = issue_token or (lambda name: secrets.token_urlsafe(24))
        self._rate = _Rate()

    @property
    def service(self) -> "Mwaa":
        return self

    def operation(self, request: Request) -> str:
        kind, _, name = request.path.strip("/").partition("/")
        without, with_name = OPERATIONS.get((request.method, kind), ("", ""))
        return with_name if name else without

    def answer(self, operation: str, request: Request, region: str) -> Response:
        if operation == "ListEnvironments":
            return _json(self._list(request, region))
        environment = self._environment(unquote(request.path.strip("/").partition("/")[2]), region)
        if operation == "GetEnvironment":
            return _json({"Environment": environment})
        if operation == "InvokeRestApi":
            return self._invoke(environment["Name"], json.loads(request.body or b"{}"))
        return _json(self._token(operation, environment))

    def refuse(self, error: AwsError) -> Response:
        return as_json(error)

    def _list(self, request: Request, region: str) -> Document:
        names = sorted(n for n, e in self._environments.items() if _region(e) == region)
        query = request.query
        limit = min(int(query.get("MaxResults", ["25"])[0]), MAX_PAGE)
        start = int(query.get("NextToken", ["0"])[0] or 0)
        end = start + limit
        more = {"NextToken": str(end)} if end < len(names) else {}
        return {"Environments": names[start:end], **more}

    def _environment(self, name: str, region: str) -> Document:
        found = self._environments.get(name)
        if found is None or _region(found) != region:
            raise AwsError("ResourceNotFoundException", f"Environment {name} not found", 404)
        return found

    def _invoke(self, name: str, asked: Document) -> Response:
        path = str(asked.get("Path", ""))
        limit = self._limits
        if limit.per_second and not self._rate.take(limit.per_second):
            raise throttled_error("mwaa")
        if limit.path and len(path) > limit.path:
            raise _invalid(
                f"1 validation error detected: Value '{path}' at 'path' failed to satisfy "
                f"constraint: Member must have length less than or equal to {limit.path}"
            )
        inner, _, inline = path.partition("?")
        query = {**parse_qs(inline), **_query(asked.get("QueryParameters"))}
        try:
            answer = self._airflow[name].call(
                str(asked.get("Method", "GET")), inner, query, patience=limit.seconds
            )
        except AirflowThrottled:
            raise throttled_error("mwaa") from None
        return self._passed_on(answer)

    def _passed_on(self, answer: RestAnswer) -> Response:
        said: Document = {
            "RestApiStatusCode": answer.status,
            "RestApiResponse": answer.document,
        }
        if answer.status >= 400:
            kind = "Client" if answer.status < 500 else "Server"
            raise AwsError(f"RestApi{kind}Exception", "", 400, said)
        body = json.dumps(said).encode()
        if len(body) > self._limits.payload:
            raise _invalid(f"Response payload size {len(body)} exceeds {self._limits.payload}")
        return Response(200, body)

    def _token(self, operation: str, environment: Document) -> Document:
        name = str(environment["Name"])
        host = self._web_host or str(environment.get("WebserverUrl", ""))
        if operation == "CreateCliToken":
            return {"CliToken": self._issue_token(name), "WebServerHostname": host}
        role = CALLER.rpartition(":")[2]
        return {
            "WebToken": self._issue_token(name),
            "WebServerHostname": host,
            "IamIdentity": role,
            "AirflowIdentity": role,
        }


class _Rate:
    """How many calls the running second has seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._second = 0
        self._count = 0

    def take(self, most: int) -> bool:
        with self._lock:
            now = int(time.monotonic())
            self._second, self._count = now, self._count + 1 if now == self._second else 1
            return self._count <= most


def _region(environment: Document) -> str:
    return str(environment["Arn"]).split(":")[3]


def _query(said: Mapping[str, Any] | None) -> dict[str, list[str]]:  # Any: a JSON document
    """A document of query parameters as a query string would carry it; null is left out."""
    found = {}
    for name, value in (said or {}).items():
        values = value if isinstance(value, list) else [value]
        found[name] = [
            str(v).lower() if isinstance(v, bool) else str(v) for v in values if v is not None
        ]
    return {name: values for name, values in found.items() if values}


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message, 400)


def _json(document: Document) -> Response:
    return Response(200, json.dumps(document).encode())
