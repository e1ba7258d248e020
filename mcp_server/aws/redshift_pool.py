"""At most three connections, each used by one thread at a time and dropped when in doubt."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from mcp_server.aws.redshift_errors import is_ended, is_lost
from mcp_server.aws.redshift_wire import Connection
from mcp_server.errors import Unavailable

MOST = 3
WAIT_SECONDS = 15.0
# An idle connection may have been cut by a firewall, or by a frozen Lambda.
IDLE_SECONDS = 240.0
T = TypeVar("T")


class Pool:
    """Blocking: use it in a thread. `open` makes a connection."""

    def __init__(self) -> None:
        self._room = threading.BoundedSemaphore(MOST)
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []
        self._closed = False
        self._refused: tuple[float, Exception] | None = None

    def use(self, opened: Callable[[], Connection], work: Callable[[Connection], T]) -> T:
        """Do the work on a connection; one that was idle and has been ended is replaced, once.

        Raises what the driver raises; a connection that may be broken is closed then. Calls that
        wait while none can be opened share that one refusal: they would only meet it again.
        """
        began = time.monotonic()
        if not self._room.acquire(timeout=WAIT_SECONDS):
            raise Unavailable(
                f"{MOST} statements already run on Redshift for this server. Ask again in a moment."
            )
        try:
            return self._work(lambda: self._open(opened, began), work)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, connection in idle:
            _close(connection)

    def _work(self, opened: Callable[[], Connection], work: Callable[[Connection], T]) -> T:
        connection = self._take()
        if connection is not None:
            try:
                return self._once(connection, work)
            except Exception as error:
                if not (is_lost(error) and is_ended(error)):
                    raise
        return self._once(self._take_or_open(opened), work)

    def _take_or_open(self, opened: Callable[[], Connection]) -> Connection:
        """One connection is opened at a time: whoever waits may find one that has come back."""
        with self._opening:
            return self._take() or opened()

    def _open(self, opened: Callable[[], Connection], began: float) -> Connection:
        if self._refused and self._refused[0] >= began:
            raise self._refused[1]
        try:
            return opened()
        except Exception as error:
            self._refused = time.monotonic(), error
            raise

    def _once(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        try:
            answer = work(connection)
        except Exception as error:
            if is_lost(error):
                _close(connection)
            else:
                self._give(connection)
            raise
        self._give(connection)
        return answer

    def _take(self) -> Connection | None:
        with self._lock:
            while self._idle:
                since, connection = self._idle.pop()
                if time.monotonic() - since < IDLE_SECONDS:
                    return connection
                _close(connection)
        return None

    def _give(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append((time.monotonic(), connection))
                return
        _close(connection)


def _close(connection: Connection) -> None:
    try:
        connection.close()
    except Exception:  # noqa: BLE001 - a broken connection fails in many ways, and is gone either way
        connection.drop()
