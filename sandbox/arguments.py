"""What the sandbox's commands accept as a number; argparse says what was wrong."""

import argparse
import math

HIGHEST_PORT = 65535


def seconds(text: str) -> float:
    """A time of 0 s or more. Raises argparse.ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, such as 0.5 or 240")
    return value


def port(text: str) -> int:
    """A TCP port, 0 for a free one. Raises argparse.ArgumentTypeError."""
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 (a free one) to {HIGHEST_PORT}")
    return int(text)
