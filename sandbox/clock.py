"""The world's clock: it starts at the incident's `now` and ticks on."""

import time
from datetime import UTC, datetime


class Clock:
    """Aware UTC time of the world; without a start it is the real time."""

    def __init__(self, now: datetime | None = None) -> None:
        start = now or datetime.now(UTC)
        if start.tzinfo is None:
            raise ValueError("the world's clock needs a time zone")
        self._offset = start - datetime.fromtimestamp(time.time(), UTC)

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + self._offset

    def ms(self) -> int:
        """Epoch milliseconds."""
        return int(self.now().timestamp() * 1000)
