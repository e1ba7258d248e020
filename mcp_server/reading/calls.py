"""The next call, written so that it can be pasted as it stands."""

import shlex


def asking(tool: str, **arguments: object) -> str:
    """Say `get_task_log dag_id=orders run_id='re-run 7'`; what is "" or -1 is left out."""
    said = [
        f"{name}={shlex.quote(str(value))}" for name, value in arguments.items() if _says(value)
    ]
    return " ".join([tool, *said])


def _says(value: object) -> bool:
    return value not in ("", -1, None)
