"""What an alert says, and what a team can add to how alerts are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["task_failure", "dag_failure", "retry", "sla_miss", "success", "other"]

_EXPLAINED = ("why", "witnesses")


@dataclass(frozen=True)
class Witness:
    """Where one fact was read: the field, its value, the place in the event and the rule."""

    field: str
    value: str
    place: str
    rule: str


@dataclass(frozen=True)
class Ids:
    """What names one try of a task; None where it is not said. `map_index` is None for -1."""

    dag_id: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    logical_date: str | None = None
    try_number: int | None = None
    map_index: int | None = None


@dataclass(frozen=True)
class Facts(Ids):
    """All that a message can state of a failure; `log_url` is a task's log, never a dag's page."""

    log_url: str | None = None
    exception: str | None = None
    environment_hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alert(Facts):
    """One Slack message as an alert; what it does not say is None.

    `logical_date` is ISO 8601 and None where the date stands only inside the run id.
    `witnesses` and `why` explain the reading and are no part of `as_json`.
    """

    is_failure: bool
    kind: Kind
    why: str = ""
    witnesses: tuple[Witness, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The eleven fields of the command-line contract."""
        # Not asdict: its deep copies cost more than the rest of an acknowledgement's JSON.
        said = {name: value for name, value in vars(self).items() if name not in _EXPLAINED}
        return {"is_failure": self.is_failure, "kind": self.kind} | said


@dataclass(frozen=True)
class AlertRules:
    """What a team settles: its channels, its posting apps, its own labels and patterns.

    Empty `channels` and `apps` mean any. `labels` maps a field of labels.toml to more spellings,
    `words` a section of words.toml to more patterns, and `patterns` are regular expressions
    with named groups (dag_id, task_id, run_id, logical_date, try_number, map_index).
    """

    channels: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    own_apps: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()


DEFAULT_RULES = AlertRules()
