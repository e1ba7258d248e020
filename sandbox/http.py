"""A small threaded HTTP/1.1 server: requests in, responses out."""

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is as sent (still quoted), header names are lower-case, `query` is decoded."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    target: str


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; `headers` come on top of content type and length."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Response]


class HttpServer:
    """Answers on an ephemeral port of 127.0.0.1 until `close`; with `tls` it speaks HTTPS."""

    def __init__(self, answer: Answer, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _handler(answer))
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A hanging call must not keep the world from closing.
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        # Clients leave before the answer (a hang, a time-out, a refused certificate).
        log.debug("connection of %s ended", client_address)


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _serve(self) -> None:
            response = _guarded(answer, _read(self))
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if response.body:
                self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - the stdlib's names

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return Handler


def _read(handler: BaseHTTPRequestHandler) -> Request:
    headers = {name.lower(): value for name, value in handler.headers.items()}
    parts = urlsplit(handler.path)
    return Request(
        method=handler.command,
        path=parts.path,
        query=parse_qs(parts.query, keep_blank_values=True),
        headers=headers,
        body=_body(handler, headers),
        target=handler.path,
    )


def _body(handler: BaseHTTPRequestHandler, headers: Mapping[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return handler.rfile.read(int(headers.get("content-length") or 0))
    chunks = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        chunks.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(chunks)


def _guarded(answer: Answer, request: Request) -> Response:
    try:
        return answer(request)
    except Exception:
        log.exception("the sandbox could not answer %s %s", request.method, request.target)
        return Response(500, b'{"message": "the sandbox failed; see its log"}')
