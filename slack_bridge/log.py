"""One JSON line an event on stderr: ids, outcome and time, never what a message says."""

import json
import sys
import threading

_one_at_a_time = threading.Lock()


def log_line(event: str, **facts: object) -> None:
    """Write a line; facts that are None or empty are left out."""
    said = {"event": event} | {k: v for k, v in facts.items() if v not in (None, "")}
    line = json.dumps(said, default=str)
    with _one_at_a_time:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
