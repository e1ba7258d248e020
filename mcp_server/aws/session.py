"""boto3: one client per service and region, made when first called, shared by all threads."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import anyio
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

from mcp_server.aws.errors import (
    READ_SECONDS,
    THROTTLED,
    Asked,
    as_diagnostic,
    code_of,
    is_passing,
)
from mcp_server.aws.pacing import pause

CONNECT_SECONDS = 2
# Throttling passes with patience; a broken service is not asked as often.
THROTTLED_TRIES, TRIES = 8, 4
# After this long no further try is begun.
RETRY_SECONDS = 8.0
# Calls that hang keep their thread until the read time-out: more of them than anyio's 40.
THREADS = 100
T = TypeVar("T")
Answer = Mapping[str, Any]  # Any: AWS's documents
_threads: RunVar[anyio.CapacityLimiter] = RunVar("de_agent_aws_threads")


async def in_thread(function: Callable[[], T]) -> T:
    """Run a blocking call; a cancelled caller leaves at once and the thread ends on its own."""
    try:
        limiter = _threads.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(THREADS)
        _threads.set(limiter)
    return await run_sync(function, abandon_on_cancel=True, limiter=limiter)


class AwsClients:
    """The process's way to AWS. No network call and no import of boto3 before the first call."""

    def __init__(self, region: str = "") -> None:
        self.region = region
        self._lock = threading.Lock()
        self._session: Any = None  # boto3 publishes no types
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = "") -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """The client of a service; blocking (it imports and reads files): call it in a thread."""
        key = service, region or self.region
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._made(*key)
            return self._clients[key]

    async def call(
        self,
        service: str,
        operation: str,
        arguments: Mapping[str, Any],  # Any: AWS's documents
        *,
        region: str = "",
        resource: str = "",
        patience: int = THROTTLED_TRIES,
    ) -> Answer:
        """One call, e.g. `call("logs", "get_log_events", {...}, resource="log group x")`.

        Throttling (`patience` tries), 5xx and lost connections are tried again with jitter.
        Raises DiagnosticError whose `__cause__` is botocore's error; its text names `resource`.
        """
        began = time.monotonic()
        attempt = 1
        while True:
            try:
                return await in_thread(lambda: self._send(service, operation, arguments, region))
            except botocore_errors() as error:
                late = time.monotonic() - began > RETRY_SECONDS
                if late or attempt >= _tries_for(error, patience):
                    asked = Asked(service, _api_name(operation), resource, region or self.region)
                    raise as_diagnostic(error, asked) from error
            attempt += 1
            await anyio.sleep(pause(attempt))

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _send(
        self, service: str, operation: str, arguments: Mapping[str, Any], region: str
    ) -> Answer:
        answer: Answer = getattr(self.client(service, region), operation)(**arguments)
        return answer

    def _made(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        import boto3  # late: it costs a third of a second and is needed by calls alone
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.Session(region_name=self.region or None)
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            # `call` tries again itself: it holds no thread while it waits, and never after a hang.
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=32,
            tcp_keepalive=True,
        )
        return self._session.client(service, region_name=region or None, config=config)


def _api_name(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


def _tries_for(error: Exception, patience: int) -> int:
    if code_of(error) in THROTTLED:
        return patience
    return TRIES if is_passing(error) else 1


def botocore_errors() -> tuple[type[Exception], ...]:
    """What boto3 raises; anything else is a bug and goes on as it is."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    return BotoCoreError, ClientError, HTTPClientError
