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


def where(error: BaseException) -> str:
    """An error's type and the line it came from; its text may hold what a message said."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"
