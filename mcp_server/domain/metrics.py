"""CloudWatch metrics and alarms as facts. Times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Series:
    """One metric's points (time, value), oldest first."""

    label: str
    unit: str
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it stands now; `state` is OK, ALARM or INSUFFICIENT_DATA.

    A composite alarm has no metric but a rule in `expression`.
    """

    name: str
    state: str
    reason: str = ""
    changed_at: datetime | None = None
    namespace: str = ""
    metric: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm's change of state."""

    name: str
    at: datetime
    before: str
    after: str
    reason: str = ""
