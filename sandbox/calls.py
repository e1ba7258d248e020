"""The log of every call that reached one of the world's servers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """`start` is seconds since the world began (monotonic), `ms` how long the answer took."""

    service: str
    operation: str
    start: float
    ms: float


@dataclass
class CallLog:
    """Thread-safe; servers record into it, `sandbox run --json` prints it as backend_calls."""

    began: float = field(default_factory=time.monotonic)
    _calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def record(self, service: str, operation: str) -> Iterator[None]:
        """Record the block as one call, also when it raises."""
        start = time.monotonic()
        try:
            yield
        finally:
            call = Call(service, operation, start - self.began, (time.monotonic() - start) * 1000)
            with self._lock:
                self._calls.append(call)

    def all(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def as_json(self) -> list[dict[str, object]]:
        return [asdict(call) for call in self.all()]
