"""`de-agent-mcp redact`: a text without its secrets."""

import argparse
import sys
from pathlib import Path

from mcp_server.diagnostics.redact import redact
from mcp_server.domain.command_line import say_waiting


def main(argv: list[str]) -> int:
    """Read FILE or standard input, print it redacted; exit 1 when the file cannot be read."""
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp redact",
        description="Replace each secret's value by ***, line for line.",
        epilog="example: kubectl logs pod | de-agent-mcp redact",
    )
    parser.add_argument("file", nargs="?", default="-", help="a file, or - for standard input")
    options = parser.parse_args(argv)
    if options.file == "-":
        say_waiting("a text")
    try:
        data = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except OSError as refused:
        print(f"cannot read {options.file}: {refused.strerror}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(
        redact(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    )
    return 0
