"""The command line of the Slack bridge; each command is a module of `slack_bridge.commands`."""

from __future__ import annotations  # an old Python must get far enough to say that it is too old

import sys

from mcp_server.domain.command_line import CommandLine, run

LINE = CommandLine(
    prog="de-agent-slack",
    about="Answers data pipeline alerts in Slack.",
    package="slack_bridge",
    commands={
        "listen": "receive Slack's events on this machine and answer them here",
        "parse-alert": "read Slack events and say what each one is",
    },
    example="""
examples:
  de-agent-slack listen --socket
  de-agent-slack parse-alert --explain events.jsonl
""",
)


def main(argv: list[str] | None = None) -> int:
    """Run one command; its module is imported only when it is asked for."""
    return run(LINE, argv)


if __name__ == "__main__":
    sys.exit(main())
