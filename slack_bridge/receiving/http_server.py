"""The local HTTP side of the receiver: a thread a connection, from the standard library."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from slack_bridge.receiver import EVENTS_PATH, INTERACTIONS_PATH, MOST_BODY, Receiver, Response

DECIDED_AT_ONCE = 8


class SlackServer(ThreadingHTTPServer):
    """Serves POST /slack/events, POST /slack/interactions and GET /health."""

    daemon_threads = True
    # Slack sends bursts; a short backlog would refuse connections.
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        # A burst is read by as many threads as there are connections and decided by a few:
        # a hundred at once would only take the interpreter from one another.
        self.turn = threading.BoundedSemaphore(DECIDED_AT_ONCE)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}{EVENTS_PATH}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: SlackServer

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        found = self.path.split("?")[0] == "/health"
        self._send(Response(200, "ok") if found else _nothing_here(self.path))

    def do_POST(self) -> None:
        path = self.path.split("?")[0].rstrip("/")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._refuse(Response(411, "Content-Length is missing"))
        elif int(length) > MOST_BODY:
            self._refuse(Response(413, f"at most {MOST_BODY} bytes"))
        elif path not in (EVENTS_PATH, INTERACTIONS_PATH):
            self._refuse(_nothing_here(path))
        else:
            body = self.rfile.read(int(length))
            with self.server.turn:
                response = self.server.receiver.request(path, dict(self.headers.items()), body)
            self._send(response)

    def _refuse(self, response: Response) -> None:
        # The body stays unread, so the connection cannot serve another request.
        self.close_connection = True
        self._send(response)

    def _send(self, response: Response) -> None:
        body = response.body.encode()
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The receiver writes one line an event; http.server's own would double it."""


def _nothing_here(path: str) -> Response:
    return Response(404, f"nothing at {path[:80]}; Slack's events go to {EVENTS_PATH}")
