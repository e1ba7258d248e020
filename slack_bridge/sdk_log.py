"""slack_sdk's own log: silent where our line says it, and one JSON line where only it knows."""

import logging

from mcp_server.diagnostics.redact import redact
from slack_bridge.log import log_line

MOST_SAID = 300


class _OneLine(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        first = record.getMessage().partition("\n")[0]
        log_line("slack socket", level=record.levelname.lower(), said=redact(first)[:MOST_SAID])


def of_calls() -> logging.Logger:
    """For a WebClient: each failed call is told by whoever made it."""
    return _logger("slack_bridge.sdk.calls", logging.NullHandler(), logging.CRITICAL)


def of_socket() -> logging.Logger:
    """For a SocketModeClient, which connects again by itself."""
    return _logger("slack_bridge.sdk.socket", _OneLine(), logging.WARNING)


def _logger(name: str, handler: logging.Handler, level: int) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(level)
    return logger
