"""`de-agent-mcp serve`: the tools over standard input and output, for an MCP client."""

import argparse
import sys

from mcp_server.commands.opening import WRONG_SETTINGS, server_of, settings_with
from mcp_server.errors import NotConfigured

BY_HAND = (
    "serving over standard input and output; an MCP client starts this itself (README, 'Ask your\n"
    "own environment'). From a shell: de-agent-mcp call TOOL key=value. Ctrl-C ends."
)


def main(argv: list[str]) -> int:
    """Serve until the client leaves; standard output carries the protocol and nothing else."""
    parser = argparse.ArgumentParser(
        prog="de-agent-mcp serve",
        description="Serve the read-only tools over stdio. MCP clients start this themselves.",
        epilog="example: AWS_REGION=eu-west-1 MWAA_ENVIRONMENT_NAME=data-prod de-agent-mcp serve",
    )
    parser.add_argument(
        "--toolsets", default="", help="airflow,cloudwatch,redshift: only these (default: all)"
    )
    options = parser.parse_args(argv)
    try:
        with server_of(settings_with(options.toolsets)) as server:
            if sys.stdin.isatty():
                print(BY_HAND, file=sys.stderr)
            server.run("stdio")
    except NotConfigured as wrong:
        print(wrong, file=sys.stderr)
        return WRONG_SETTINGS
    return 0
