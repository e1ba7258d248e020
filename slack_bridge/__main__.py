"""The command line of the Slack bridge; each command is a module of `slack_bridge.commands`."""

import argparse
import importlib
import os
import sys

COMMANDS = {
    "listen": "receive Slack's events on this machine and answer them here",
    "parse-alert": "read Slack events and say what each one is",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="de-agent-slack", description="Answers data pipeline alerts in Slack."
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="COMMAND --help tells")
    width = max(map(len, COMMANDS))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "commands:\n" + "\n".join(f"  {n:<{width}}  {d}" for n, d in COMMANDS.items())
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; its module is imported only when it is asked for."""
    _open_streams()
    options = _parser().parse_args(argv)
    module = importlib.import_module("slack_bridge.commands." + options.command.replace("-", "_"))
    try:
        return int(module.main(options.arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) left: nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _open_streams() -> None:
    """Give a stream to what a shell closed (`<&-`, `>&-`), so that commands need not ask."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - lives as long as the process


if __name__ == "__main__":
    sys.exit(main())
