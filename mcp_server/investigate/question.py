"""What is asked: the failure that an alert, a person or a script names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LATEST = frozenset({"", "latest", "latest_failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One failure to explain; empty and 0 mean: not said.

    `at` is the reference time (the alert's own): nothing later counts, and a later success does not
    hide the failure. `environment` may be names (comma separated, the likely one first) or the web
    server's host or URL. `said` is the alert's own exception text, redacted. `logical_date` is ISO
    8601. `depth` "logs" reads the task log alone: no REST call, no probe; "state" asks only whether
    the task has recovered: its run and tries, no log, no probe.
    """

    dag_id: str
    at: datetime
    run_id: str = ""
    task_id: str = ""
    map_index: int = -1
    try_number: int = 0
    logical_date: str = ""
    environment: str = ""
    said: str = ""
    depth: Literal["logs", "state", "full"] = "full"

    @property
    def names_run(self) -> bool:
        """Whether one run was named by its id."""
        return self.run_id not in LATEST
