"""`up`: keep a world and its Slack page open, and play a story in it when one is named."""

import argparse
import os
import shlex
import threading

from sandbox.arguments import port
from sandbox.bridge_process import BridgeFailed, BridgeProcess
from sandbox.incident import IncidentWrong, load_incident
from sandbox.play import Play, connect
from sandbox.redshift.script import ScriptWrong
from sandbox.telling import tell_beginning
from sandbox.terminal import BOLD, DIM, aside, say
from sandbox.world import World

DEMO = "tin-whistle"
# What `de-agent-mcp` needs; the rest of the environment is the bridge's.
SHOWN = ("AWS_", "MWAA_", "REDSHIFT_", "DE_AGENT_NOW", "DE_AGENT_REDSHIFT", "DE_AGENT_CA")
EXAMPLE = """example:
  python -m sandbox up                the world of the demo's night, nothing played
  python -m sandbox up tin-whistle    the same, and its alert arrives

Ctrl-C ends it and leaves nothing behind.
"""


def main(argv: list[str]) -> int:
    """Until Ctrl-C or SIGTERM; 1 when the bridge fails, 2 when the story cannot be played."""
    options = _parser().parse_args(argv)
    key = os.environ.get("GEMINI_API_KEY", "")
    try:
        story = load_incident(options.incident or DEMO)
        with World(story, port=options.port, gemini_key=key) as world:
            return _stay(world, played=bool(options.incident))
    except (IncidentWrong, ScriptWrong, OSError) as error:
        aside(f"sandbox up: {error}")
        return 2


def _stay(world: World, *, played: bool) -> int:
    tell_beginning(world.incident)
    aside("starting the bridge ...")
    try:
        with BridgeProcess(world.environment()) as bridge:
            _introduce(world, scripted=not os.environ.get("GEMINI_API_KEY"))
            if played:
                for wrong in Play(world, bridge, say).run():
                    say(wrong)
            else:
                connect(world, bridge)
            say("Slack page: " + world.slack.url + "   (Ctrl-C ends the sandbox)", BOLD)
            wait(bridge)
    except BridgeFailed as error:
        aside(f"sandbox up: {error}")
        return 1
    except KeyboardInterrupt:
        aside("ended")
    return 0


def wait(bridge: BridgeProcess) -> None:
    """Until the person has enough. Raises BridgeFailed when the bridge ends by itself."""
    forever = threading.Event()
    while not forever.wait(1.0):
        if not bridge.alive:
            raise BridgeFailed("the bridge ended:\n" + bridge.tail())


def _introduce(world: World, *, scripted: bool) -> None:
    say("Slack page: " + world.slack.url, BOLD)
    say("Try: open it, press the buttons of an answer, or write `@de-agent why did it fail?`.")
    if scripted:
        say(
            "A scripted Gemini answers, the same to every question; GEMINI_API_KEY sets a real one."
        )
    say("Or ask the tools from another shell, in this world:")
    for name, value in world.environment().items():
        if name.startswith(SHOWN):
            say(f"  export {name}={shlex.quote(value)}", DIM)
    dag = next((str(d.get("dag_id")) for d in world.incident.airflow_rows.get("dags", ())), "DAG")
    say(f"  python -m mcp_server call diagnose_failure dag_id={dag}", DIM)
    say()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox up",
        description="Keeps a world, its bridge and its Slack page open.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("incident", nargs="?", help="slug of a story or a folder, to be played")
    parser.add_argument("--port", type=port, default=0, help="port of the Slack page (a free one)")
    return parser
