"""Where MWAA writes a try's log: names built forwards, then compared with what is there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ATTEMPT = re.compile(r"(?:^|/)attempt=(\d+)\.log(?P<trigger>\.trigger\..*)?$")
_OLD_ATTEMPT = re.compile(r"/(\d+)\.log$")
_MAP_INDEX = re.compile(r"/map_index=(\d+)/")


@dataclass(frozen=True, slots=True)
class TaskTry:
    """A try of a task; `try_number` 0 means the highest that has a log, `map_index` -1 unmapped."""

    dag_id: str
    run_id: str
    task_id: str
    try_number: int = 0
    map_index: int = -1

    def __str__(self) -> str:
        index = f"[{self.map_index}]" if self.map_index >= 0 else ""
        number = f" try {self.try_number}" if self.try_number else ""
        return f"{self.dag_id}.{self.task_id}{index} {self.run_id}{number}"


def folder(wanted: TaskTry) -> str:
    """The prefix of all streams of a task in a run; ':' is '_', everything else stays."""
    return f"dag_id={wanted.dag_id}/run_id={wanted.run_id}/task_id={wanted.task_id}/".replace(
        ":", "_"
    )


def expected(wanted: TaskTry) -> str:
    """The stream of one try, as Airflow 2.3 and later name it."""
    index = f"map_index={wanted.map_index}/" if wanted.map_index >= 0 else ""
    return f"{folder(wanted)}{index}attempt={wanted.try_number}.log"


def old_folder(wanted: TaskTry) -> str:
    """The prefix before Airflow 2.3, "" when the run id holds no date: `dag/task/date/`."""
    _, _, moment = wanted.run_id.partition("__")
    if not moment:
        return ""
    return f"{wanted.dag_id}/{wanted.task_id}/{moment}/".replace(":", "_")


def attempt_of(stream: str) -> int:
    """The try that a stream belongs to, 0 for a stream of another kind."""
    found = _ATTEMPT.search(stream) or _OLD_ATTEMPT.search(stream)
    return int(found[1]) if found else 0


def is_trigger(stream: str) -> bool:
    """True for what the triggerer wrote while the task was deferred."""
    return ".log.trigger." in stream


def index_of(stream: str) -> int:
    """The map index in a stream's name, -1 when there is none."""
    found = _MAP_INDEX.search(stream)
    return int(found[1]) if found else -1


def attempts(streams: Iterable[str]) -> list[int]:
    """The tries that have a log, ascending."""
    return sorted({attempt_of(s) for s in streams} - {0})


def of_try(wanted: TaskTry, streams: Sequence[str]) -> tuple[str, ...]:
    """The streams of the wanted try (0: the highest), the task's own first, then its triggers.

    A mapped task may have written without its folder (early images of MWAA 3.0), where the
    streams of all its instances are one.
    """
    mine = [s for s in streams if index_of(s) == wanted.map_index]
    if not mine and wanted.map_index >= 0:
        mine = [s for s in streams if index_of(s) < 0]
    number = wanted.try_number or max(attempts(mine), default=0)
    chosen = [s for s in mine if attempt_of(s) == number and number]
    return tuple(sorted(chosen, key=lambda s: (is_trigger(s), s)))
