"""Where an investigation answers another question than was asked: said, never passed over."""

from mcp_server.domain.diagnosis import Diagnosis
from mcp_server.investigate.question import Question


def otherwise(asked: Question, found: Diagnosis) -> list[str]:
    """One sentence for each argument that what was found does not have; none mostly."""
    pairs = (
        ("task", asked.task_id, _named(asked.task_id, found.task_id)),
        ("map index", asked.map_index if asked.map_index >= 0 else "", found.map_index),
        ("try", asked.try_number or "", found.try_number),
        ("environment", _plain(asked.environment), found.environment),
    )
    told = [
        f"Asked for {what} {said}: not found, so {_read(what, read)}."
        for what, said, read in pairs
        if said not in ("", read)
    ]
    return [*told, *_undated(asked, found)] if found.run_id else []


def _named(asked: str, found: str) -> str:
    """A task inside a group may be asked for by its short name."""
    return asked if found.endswith(f".{asked}") else found


def _plain(environment: str) -> str:
    """An environment's name; a host or a list of likely ones is a hint and no request."""
    return environment if environment.isascii() and "." not in environment + "," else ""


def _read(what: str, read: object) -> str:
    nothing = {"map index": -1, "try": 0}.get(what, "")
    return f"no {what} was read" if read == nothing else f"{what} {read} was read"


def _undated(asked: Question, found: Diagnosis) -> list[str]:
    """A logical date that is none, or no run's."""
    day = asked.logical_date.strip()[:10]
    if not day or asked.names_run or found.logical_date.startswith(day):
        return []
    return [f"No run of logical date {asked.logical_date}: the last that failed was read."]
