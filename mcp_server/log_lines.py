"""What is logged: plain lines on standard error, without secrets."""

import logging
import traceback
from types import TracebackType
from typing import TypeAlias

from mcp_server.diagnostics.redact import redact

Caught: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Whole(logging.Formatter):
    """For a server's log: an exception with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class Short(Whole):
    """For a person at a shell: an exception is its words and the line that raised it."""

    def formatException(self, ei: Caught) -> str:  # noqa: N802 - as logging names it
        error = ei[1]
        while error is not None and error.__cause__ is not None:
            error = error.__cause__
        if error is None:
            return ""
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        return f"{type(error).__name__}{place}: {error}"


def log_as(form: type[Whole]) -> None:
    """Log warnings to standard error, unless somebody has said already where logs go.

    Set before the SDK does, which would draw boxes of the terminal's width into a log.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(form(FORM))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
