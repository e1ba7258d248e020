"""The `logs/` folder of a story: groups, streams and their events."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from sandbox.logs.streams import Event

# `__` stands for `/`, but run ids hold it too (manual__2026-...): in a task's stream only these
# follow a slash.
_TASK_PART = re.compile(r"__(?=run_id=|task_id=|map_index=|attempt=)")
# Streams of MWAA's other components hold no slash, and file names may hold `__`.
_COMPONENT = re.compile(r"(?:scheduler|worker|webserver|triggerer|dag_processor_manager)[_-]")


def load_logs(folder: Path) -> dict[str, dict[str, list[Event]]]:
    """Events by group and stream. Raises ValueError that names the file and line."""
    logs: dict[str, dict[str, list[Event]]] = {}
    for path in sorted(folder.rglob("*.jsonl*")):
        group = group_name(path.parent.relative_to(folder))
        logs.setdefault(group, {})[stream_name(path.name)] = list(_events(path))
    for empty in folder.iterdir() if folder.is_dir() else ():
        if empty.is_dir() and not any(p.is_dir() for p in empty.iterdir()):
            logs.setdefault(group_name(empty.relative_to(folder)), {})
    return logs


def group_name(relative: Path) -> str:
    """`airflow-prod-Task`, and `/aws/lambda/f` from `__aws__lambda__f` or nested folders."""
    if len(relative.parts) > 1:
        return "/" + "/".join(relative.parts)
    name = relative.as_posix()
    return name.replace("__", "/") if name.startswith("__") else name


def stream_name(file_name: str) -> str:
    """The stream that a file holds."""
    name = re.sub(r"\.jsonl(?:\.gz)?$", "", file_name)
    if name.startswith("dag_id="):
        return _TASK_PART.sub("/", name)
    return name if _COMPONENT.match(name) else name.replace("__", "/")


def _events(path: Path) -> Iterator[Event]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as wrong:
        raise ValueError(f"{path}: {wrong}") from wrong
    # Not splitlines: JSON text may hold its other line ends.
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            event = json.loads(row)
            yield int(event["timestamp"]), _whole(str(event["message"]))
        except (ValueError, TypeError, KeyError) as wrong:
            raise ValueError(
                f'{path}:{number} must be {{"timestamp": ms, "message": text}}'
            ) from wrong


def _whole(text: str) -> str:
    """Halves of characters replaced, as CloudWatch holds no text that is not UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
