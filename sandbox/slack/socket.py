"""Socket Mode: envelopes over a WebSocket, sent again until the app acknowledges them."""

import itertools
import json
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

Json = dict[str, Any]  # Any: Slack's JSON as it travels
TRIES = 4


class SocketMode:
    """A WebSocket server that starts at the first apps.connections.open.

    `ack_seconds` is how long an envelope waits for its acknowledgement before it goes out again.
    """

    def __init__(self, ack_seconds: float = 3.0) -> None:
        self.ack_seconds = ack_seconds
        self._server: Server | None = None
        self._open: list[ServerConnection] = []
        self._acks: dict[str, threading.Event] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._greeted = threading.Event()

    @property
    def connected(self) -> bool:
        return bool(self._open)

    def wait_connected(self, seconds: float) -> bool:
        """Whether an app is connected, at the latest after so many seconds."""
        return self._greeted.wait(seconds)

    def open(self) -> str:
        """The address for a new connection."""
        with self._lock:
            if self._server is None:
                self._server = serve(self._talk, "127.0.0.1", 0)
                threading.Thread(target=self._server.serve_forever, daemon=True).start()
            port = self._server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link?ticket={next(self._numbers)}"

    def send(self, kind: str, payload: Json) -> tuple[int, int]:
        """Send until acknowledged: (200, tries), or (0, tries) when given up."""
        envelope_id = f"envelope-{next(self._numbers)}"
        acknowledged = self._acks[envelope_id] = threading.Event()
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload}
        for number in range(TRIES):
            more = {"retry_attempt": number, "retry_reason": "timeout"} if number else {}
            self._write({**envelope, "accepts_response_payload": False, **more})
            if acknowledged.wait(self.ack_seconds):
                return 200, number + 1
        return 0, TRIES

    def close(self) -> None:
        """Close every connection and the port."""
        if self._server is not None:
            for connection in list(self._open):
                connection.close()
            self._server.shutdown()

    def _write(self, envelope: Json) -> None:
        for connection in list(self._open[:1]):
            try:
                connection.send(json.dumps(envelope))
            except ConnectionClosed:
                self._forget(connection)

    def _talk(self, connection: ServerConnection) -> None:
        # Known before it is greeted: whoever has read the hello counts as connected.
        self._open.append(connection)
        self._greeted.set()
        try:
            connection.send(json.dumps({"type": "hello", "num_connections": len(self._open)}))
            for text in connection:
                envelope_id = str(json.loads(text).get("envelope_id"))
                if envelope_id in self._acks:
                    self._acks[envelope_id].set()
        except ConnectionClosed:
            # A client may drop without a word, as a killed process does.
            return
        finally:
            self._forget(connection)

    def _forget(self, connection: ServerConnection) -> None:
        if connection in self._open:
            self._open.remove(connection)
        if not self._open:
            self._greeted.clear()
