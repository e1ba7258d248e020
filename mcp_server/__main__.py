"""The command line of the server; each command lives in its own module of `mcp_server.commands`."""

import argparse
import importlib
import os
import sys

COMMANDS = {
    "serve": "serve the tools over stdio, for an MCP client",
    "tools": "list the tools, what they take and what they cost",
    "call": "call one tool from the shell",
    "doctor": "say what works, what is missing and which permission it needs",
    "diagnose-log": "find the cause in a log file, no account needed",
    "check-sql": "say whether a statement is one read-only query",
    "redact": "replace the secrets in a text",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp", description="Read-only diagnosis of MWAA, Redshift and CloudWatch."
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
    module = importlib.import_module("mcp_server.commands." + options.command.replace("-", "_"))
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
