"""The one home of redshift_connector: a TLS connection that is checked, keeps alive and closes."""

import os
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

# The driver takes its own bundle and the machine's store; a further authority can only be named in
# the environment, and only while it connects.
_CA_VARIABLE = "SSL_CERT_FILE"
_connecting = threading.Lock()
Connection = Any  # the driver publishes no types


@dataclass(frozen=True, slots=True)
class Login:
    """Where to connect, and as whom."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


def open_connection(
    login: Login, *, ca_file: str = "", seconds: int = 10, statement_seconds: int = 0
) -> Connection:
    """Connect with the certificate and its host name checked; each statement its own transaction.

    `seconds` bounds connecting, `statement_seconds` (0: the same) each wait for an answer after
    that. Raises `driver_errors()`.
    """
    with _trusting(ca_file):
        connection = _connection_class()(
            user=login.user,
            password=login.password,
            database=login.database,
            host=login.host,
            port=login.port,
            ssl=True,
            sslmode="verify-full",
            timeout=seconds,
            application_name="de-agent",
            tcp_keepalive_idle=60,
            tcp_keepalive_interval=15,
            tcp_keepalive_count=3,
        )
    connection.autocommit = True
    if statement_seconds:
        connection.wait(statement_seconds)
    return connection


def driver_errors() -> tuple[type[Exception], ...]:
    """What the driver raises: its own errors, the network's, and a reset stream's."""
    from redshift_connector.error import Error

    return Error, OSError


@cache
def _connection_class() -> Any:  # noqa: ANN401 - the driver publishes no types
    # Importing the driver costs 0.3 s, so that waits for the first connection.
    import redshift_connector

    class Closing(redshift_connector.Connection):  # type: ignore[misc,name-defined] # untyped
        """The driver's connection; a refused log-in leaves no socket open."""

        def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - the driver's own arguments
            try:
                super().__init__(**settings)
            except BaseException:
                if opened := getattr(self, "_usock", None):
                    opened.close()
                raise
            # A statement is several small messages: without this each waits for the last one's
            # acknowledgement (40 ms).
            self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def wait(self, seconds: int) -> None:
            """How long to wait for an answer from now on."""
            self._usock.settimeout(seconds)

        def drop(self) -> None:
            """Close without telling the server."""
            self._usock.close()

    return Closing


@contextmanager
def _trusting(ca_file: str) -> Iterator[None]:
    """Warnings and environment belong to the whole process, hence one connection at a time."""
    with _connecting, warnings.catch_warnings():
        # The driver makes its TLS context in an outdated way; checks stay on all the same.
        warnings.filterwarnings("ignore", "ssl.SSLContext", DeprecationWarning)
        warnings.filterwarnings("ignore", "ssl.PROTOCOL_TLS", DeprecationWarning)
        before = os.environ.get(_CA_VARIABLE)
        if ca_file:
            os.environ[_CA_VARIABLE] = ca_file
        try:
            yield
        finally:
            if ca_file and before is None:
                del os.environ[_CA_VARIABLE]
            elif before is not None:
                os.environ[_CA_VARIABLE] = before
