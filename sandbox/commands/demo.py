"""`demo`: a newcomer's first minute: one failed night, played, with its Slack page left open."""

import argparse
import os
import sys

from sandbox.bridge_process import BridgeFailed, BridgeProcess
from sandbox.commands.up import DEMO, wait
from sandbox.incident import IncidentWrong, load_incident
from sandbox.play import Play
from sandbox.redshift.script import ScriptWrong
from sandbox.report import report
from sandbox.telling import tell_beginning, tell_verdict
from sandbox.terminal import BOLD, aside, say
from sandbox.world import World


def main(argv: list[str]) -> int:
    """0 when the night went as expected; stays until Ctrl-C only on a terminal."""
    options = _parser().parse_args(argv)
    try:
        story = load_incident(options.incident)
        tell_beginning(story)
        aside("starting Airflow, CloudWatch, Redshift, Slack and Gemini on this machine ...")
        with World(story, gemini_key=os.environ.get("GEMINI_API_KEY", "")) as world:
            return _demo(world)
    except (IncidentWrong, ScriptWrong, BridgeFailed) as error:
        aside(f"sandbox demo: {error}")
        return 1


def _demo(world: World) -> int:
    aside("starting the bridge (it loads MCP and Gemini) ...")
    with BridgeProcess(world.environment()) as bridge:
        say(f"Slack page: {world.slack.url}", BOLD)
        say()
        result = report(world, Play(world, bridge, say).run())
        say()
        tell_verdict(world, result)
        if sys.stdout.isatty():
            _leave_open(world, bridge)
    return 0 if result["ok"] else 1


def _leave_open(world: World, bridge: BridgeProcess) -> None:
    say(f"The thread: {world.slack.url}   (Ctrl-C ends the demo)", BOLD)
    try:
        wait(bridge)
    except KeyboardInterrupt:
        aside("ended")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox demo",
        description="Plays a failed night and shows its thread; needs no account.",
    )
    parser.add_argument("incident", nargs="?", default=DEMO, help=f"slug or folder ({DEMO})")
    return parser
