"""The command line of the sandbox; each command is a module of `sandbox.commands`."""

import argparse
import importlib
import os
import signal
import sys
from types import FrameType

COMMANDS = {
    "list": "the failed nights that come with the sandbox",
    "run": "play one to its end and check what it expects",
    "up": "keep a world and its Slack page open",
    "demo": "play one and leave its Slack page open",
}
EXAMPLE = """
example:
  python -m sandbox run tin-whistle
  python -m sandbox up tin-whistle
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Failed nights in a local world: nothing leaves it."
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="COMMAND --help tells")
    width = max(map(len, COMMANDS))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    rows = (f"  {name:<{width}}  {about}" for name, about in COMMANDS.items())
    parser.epilog = "commands:\n" + "\n".join(rows) + "\n" + EXAMPLE
    return parser


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0 as expected, 1 fell short, 2 not to be played, 130 interrupted."""
    options = _parser().parse_args(argv)
    module = importlib.import_module("sandbox.commands." + options.command)
    try:
        return int(module.main(options.arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) left: nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    # A shell's background jobs inherit an ignored SIGINT; both end the world all the same.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    sys.exit(main())
