"""The command line of the sandbox; each command is a module of `sandbox.commands`."""

from __future__ import annotations  # an old Python must get far enough to say that it is too old

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mcp_server.domain.command_line import CommandLine, run

LINE = CommandLine(
    prog="python -m sandbox",
    about="Failed nights in a local world: nothing leaves it.",
    package="sandbox",
    commands={
        "list": "the failed nights that come with the sandbox",
        "run": "play one to its end and check what it expects",
        "up": "keep a world and its Slack page open",
        "demo": "play one and leave its Slack page open",
    },
    example="""
examples:
  python -m sandbox run tin-whistle
  python -m sandbox up tin-whistle
""",
)
# A shell's background jobs inherit an ignored SIGINT; both end the world all the same.
ENDING = (signal.SIGINT, signal.SIGTERM)


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0 as expected, 1 fell short, 2 not to be played, 130 interrupted."""
    with _ended_by_signals():
        return run(LINE, argv)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Either signal is a KeyboardInterrupt meanwhile, so that no server and no process is left."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = {number: signal.signal(number, _end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
