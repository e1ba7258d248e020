"""`list`: the failed nights that come with the sandbox."""

import argparse

from sandbox.incident import IncidentWrong, known, load_incident
from sandbox.terminal import aside, say


def main(argv: list[str]) -> int:
    """One line a story: its slug, Airflow's version, its title."""
    argparse.ArgumentParser(
        prog="python -m sandbox list", description="Lists the stories; `run` and `up` play one."
    ).parse_args(argv)
    wrong = 0
    width = max(map(len, known()), default=0)
    for slug in known():
        try:
            story = load_incident(slug)
        except IncidentWrong as error:
            aside(f"{slug}: {error}")
            wrong = 1
            continue
        parts = " + Redshift" if story.has_redshift else ""
        say(f"{slug:<{width}}  {story.title} (Airflow {story.airflow}{parts})")
    return wrong
