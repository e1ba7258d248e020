"""`listen`: receive Slack's events on this machine and answer them here."""

import argparse
import sys

from slack_bridge.settings import Settings, SettingsWrong, described

EXAMPLE = """example:
  SLACK_SIGNING_SECRET=... SLACK_BOT_TOKEN=xoxb-... python -m slack_bridge listen --port 3000
then point the app's event and interactivity addresses at /slack/events and /slack/interactions;
with --socket (and SLACK_APP_TOKEN) nothing needs to be reachable from outside.

settings:
"""


def main(argv: list[str]) -> int:
    """Serve until SIGINT or SIGTERM; 2 when settings are missing, 1 when nothing can be served."""
    options = _parser().parse_args(argv)
    try:
        settings = Settings.from_environment(needed_by="socket" if options.socket else "listen")
    except SettingsWrong as error:
        print(f"de-agent-slack listen: {error}", file=sys.stderr)
        return 2
    # Late: they import the worker and with it Gemini and MCP, which --help needs not wait for.
    from slack_bridge.incidents import StoreUnavailable
    from slack_bridge.listening import CannotListen, listen

    try:
        return listen(settings, options.host, options.port, socket_mode=options.socket)
    except (CannotListen, SettingsWrong, StoreUnavailable) as error:
        print(f"de-agent-slack listen: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    width = max(len(name) for name, _, _ in described())
    rows = (
        f"  {name:<{width}}  {meaning}" + (f" ({default})" if default else "")
        for name, meaning, default in described()
    )
    parser = argparse.ArgumentParser(
        prog="de-agent-slack listen",
        description="Receives Slack events and answers alerts, on this machine.",
        epilog=EXAMPLE + "\n".join(rows),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=3000, help="port; 0 picks a free one (3000)")
    parser.add_argument("--socket", action="store_true", help="Socket Mode instead of HTTP")
    return parser
