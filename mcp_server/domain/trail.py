"""A management event of CloudTrail as a fact. Times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One CloudTrail management event."""

    at: datetime
    name: str
    source: str
    user: str
    region: str = ""
    error_code: str = ""
    resources: tuple[str, ...] = ()
    request: Mapping[str, Any] | None = None  # Any: what the call was given
    event_id: str = ""
