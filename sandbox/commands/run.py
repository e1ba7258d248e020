"""`run`: play one failed night to its end and check what it expects."""

import argparse
import json
import os

from sandbox.arguments import seconds
from sandbox.bridge_process import BridgeFailed, BridgeProcess
from sandbox.gemini.scripts import SCRIPTS
from sandbox.incident import Incident, IncidentWrong, load_incident
from sandbox.play import WAIT_SECONDS, Play
from sandbox.redshift.script import ScriptWrong
from sandbox.report import Json, report
from sandbox.telling import tell_beginning, tell_end
from sandbox.terminal import aside, say
from sandbox.world import World

EXAMPLE = """example:
  python -m sandbox run tin-whistle
  python -m sandbox run ./my-night --json | jq .failures

With GEMINI_API_KEY set the real Gemini answers; without it a scripted one does.
"""


def main(argv: list[str]) -> int:
    """0 when all is as expected, 1 when something fell short, 2 when it cannot be played."""
    options = _parser().parse_args(argv)
    try:
        story = load_incident(options.incident)
        return _run(story, options)
    except (IncidentWrong, ScriptWrong) as error:
        aside(f"sandbox run: {error}")
        return 2


def _run(story: Incident, options: argparse.Namespace) -> int:
    for note in story.notes:
        aside(f"note: {note}")
    if not options.json:
        tell_beginning(story)
    key = os.environ.get("GEMINI_API_KEY", "")
    with World(story, latency=options.latency, script=options.script, gemini_key=key) as world:
        result = play(world, options)
        if options.json:
            say(json.dumps(result, ensure_ascii=False))
        else:
            tell_end(world, result)
    return 0 if result["ok"] else 1


def play(world: World, options: argparse.Namespace) -> Json:
    """Play the world's story with a bridge of its own; what it came to."""
    if not options.json:
        aside("starting the bridge ...")
    try:
        how = ["--socket"] if options.socket else []
        with BridgeProcess(world.environment(), how) as bridge:
            quiet = options.json
            wrong = Play(world, bridge, (lambda line: None) if quiet else say).run(options.wait)
    except BridgeFailed as error:
        wrong = [str(error)]
    return report(world, wrong)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox run",
        description="Plays a failed night against the real bridge and checks what it expects.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("incident", help="slug of a story (`list` shows them), or a folder")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument(
        "--wait", metavar="SECONDS", type=seconds, default=WAIT_SECONDS,
        help=f"within which it must be settled ({WAIT_SECONDS:g})",
    )  # fmt: skip
    parser.add_argument(
        "--latency", metavar="SECONDS", type=seconds, default=0.0, help="added to every call (0)"
    )
    parser.add_argument("--socket", action="store_true", help="events over Socket Mode")
    parser.add_argument(
        "--script", metavar="NAME", choices=SCRIPTS, default="honest",
        help=f"how the scripted Gemini behaves: {', '.join(SCRIPTS)} (honest)",
    )  # fmt: skip
    return parser
