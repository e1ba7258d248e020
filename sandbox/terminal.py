"""Words to the person at the terminal; colour only where there is one, and NO_COLOR is not set."""

import os
import sys
from typing import TextIO

BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


def say(text: str = "", style: str = "", to: TextIO | None = None) -> None:
    """Write a line at once (stdout unless said otherwise)."""
    stream = to or sys.stdout
    if style and stream.isatty() and not os.environ.get("NO_COLOR"):
        text = f"\x1b[{style}m{text}\x1b[0m"
    stream.write(text + "\n")
    stream.flush()


def aside(text: str) -> None:
    """A line beside the answer: progress, notes and errors go to stderr."""
    say(text, DIM, sys.stderr)
