"""A played story in words: its beginning, its threads, and how it was judged."""

from sandbox.incident import Incident
from sandbox.report import Json
from sandbox.terminal import BOLD, DIM, GREEN, RED, say
from sandbox.watch import thread_lines
from sandbox.world import World

MOST_THREADS = 5


def tell_beginning(story: Incident) -> None:
    """Which night this is."""
    say(f"{story.slug}: {story.title}", BOLD)
    say(f"Airflow {story.airflow} in {story.environment}, {story.now:%Y-%m-%d %H:%M:%S} UTC", DIM)
    say()


def tell_end(world: World, result: Json) -> None:
    """The threads as they ended, then the verdict."""
    say()
    say("As it ended", BOLD)
    threads = {(str(a["channel"]), str(a.get("thread_ts") or a["ts"])) for a in _alerts(world)}
    for channel, ts in sorted(threads, key=lambda thread: float(thread[1]))[:MOST_THREADS]:
        for line in thread_lines(world.slack.workspace, channel, ts):
            say(line)
        say()
    if len(threads) > MOST_THREADS:
        say(f"... and {len(threads) - MOST_THREADS} more threads", DIM)
    tell_verdict(world, result)


def tell_verdict(world: World, result: Json) -> None:
    """What was measured, and what fell short."""
    calls = len(result["backend_calls"])
    say(
        f"first answer {_seconds(result['first_answer_s'])}, "
        f"final {_seconds(result['final_answer_s'])}, {len(result['tool_calls'])} tool calls, "
        f"{calls} backend calls, {result['model_turns']} model turns",
        DIM,
    )
    if result["ok"]:
        say(f"As expected ({', '.join(world.incident.expect) or 'nothing was'}).", GREEN)
        return
    say("Fell short:", RED)
    for failure in result["failures"]:
        say(f"  {failure}", RED)


def _alerts(world: World) -> tuple[Json, ...]:
    return world.incident.alerts


def _seconds(said: float | None) -> str:
    return "never" if said is None else f"after {said:.1f} s"
