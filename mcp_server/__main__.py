"""The command line of the server; each command lives in its own module of `mcp_server.commands`."""

from __future__ import annotations  # an old Python must get far enough to say that it is too old

import sys

from mcp_server.domain.command_line import CommandLine, run

LINE = CommandLine(
    prog="de-agent-mcp",
    about="Read-only diagnosis of MWAA, Redshift and CloudWatch.",
    package="mcp_server",
    commands={
        "serve": "serve the tools over stdio, for an MCP client",
        "tools": "list the tools, what they take and what they cost",
        "call": "call one tool from the shell",
        "doctor": "say what works, what is missing and which permission it needs",
        "diagnose-log": "find the cause in a log file, no account needed",
        "check-sql": "say whether a statement is one read-only query",
        "redact": "replace the secrets in a text",
    },
    example="""
examples:
  de-agent-mcp diagnose-log attempt=1.log
  de-agent-mcp call diagnose_failure dag_id=sales_mart
""",
)


def main(argv: list[str] | None = None) -> int:
    """Run one command; its module is imported only when it is asked for."""
    return run(LINE, argv)


if __name__ == "__main__":
    sys.exit(main())
