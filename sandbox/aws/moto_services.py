"""The services that moto answers faithfully enough, inside this process and only when asked."""

import io
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast
from urllib.parse import parse_qs, unquote

from sandbox.aws.errors import AwsError, as_json, as_xml
from sandbox.http import Request, Response

_XML = frozenset({"sts", "iam", "sqs", "s3", "sns"})
WsgiApp = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]  # WSGI's own types


class MotoServices:
    """moto's WSGI application; importing it costs seconds, so that waits for the first call."""

    def __init__(self) -> None:
        self._app: WsgiApp | None = None
        self._lock = threading.Lock()

    def service(self, name: str) -> "MotoService":
        return MotoService(name, self._call)

    def _call(self, request: Request) -> Response:
        with self._lock:
            if self._app is None:
                self._app = _application()
            # moto's state is not made for threads.
            return _wsgi(self._app, request)


class MotoService:
    """One service of moto's, under boto3's name."""

    def __init__(self, name: str, call: Callable[[Request], Response]) -> None:
        self.name = name
        self._call = call

    def operation(self, request: Request) -> str:
        if target := request.headers.get("x-amz-target"):
            return target.rpartition(".")[2]
        action = (
            parse_qs(request.body.decode("latin-1")).get("Action") if self.name in _XML else None
        )
        return action[0] if action else f"{request.method} {request.path}"

    def answer(self, operation: str, request: Request, region: str) -> Response:
        return self._call(request)

    def refuse(self, error: AwsError) -> Response:
        is_json = self.name not in _XML
        return as_json(error) if is_json else as_xml(error)


def _application() -> WsgiApp:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return cast("WsgiApp", DomainDispatcherApplication(create_backend_app))


def _wsgi(app: WsgiApp, request: Request) -> Response:
    started: dict[str, Any] = {}

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> None:
        started.update(status=int(status.split()[0]), headers=dict(headers))

    body = b"".join(app(_environ(request), start_response))
    headers: dict[str, str] = started["headers"]
    dropped = {"content-type", "content-length", "connection", "server", "date"}
    return Response(
        started["status"],
        body,
        headers.get("Content-Type", "application/json"),
        {name: value for name, value in headers.items() if name.lower() not in dropped},
    )


def _environ(request: Request) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path, "latin-1"),
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "QUERY_STRING": request.target.partition("?")[2],
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": request.headers.get("host", "").rpartition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
    return environ
