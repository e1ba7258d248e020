"""The command line of the sandbox; each command lives in its own module of `sandbox.commands`."""

import argparse
import importlib
import os
import sys

COMMANDS = {
    "list": "list the incidents",
    "run": "play one incident and check its diagnosis",
    "up": "keep the world and its Slack page open",
    "demo": "play an incident and show the thread as it grows",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="de-agent-sandbox",
        description="A local MWAA, CloudWatch, Redshift, Slack and Gemini for de-agent.",
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="COMMAND --help tells")
    width = max(map(len, COMMANDS))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "commands:\n" + "\n".join(f"  {n:<{width}}  {d}" for n, d in COMMANDS.items())
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; its module is imported only when it is asked for."""
    options = _parser().parse_args(argv)
    module = importlib.import_module("sandbox.commands." + options.command.replace("-", "_"))
    try:
        return int(module.main(options.arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) left: nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
