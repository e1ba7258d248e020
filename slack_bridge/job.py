"""What the receiver hands over to the worker: ids and the parsed alert, never the raw event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Kind = Literal["alert", "question", "interaction"]
# An asynchronous Lambda invocation takes 256 kB; the rest is room for its envelope.
MOST_BYTES = 200_000


class JobWrong(ValueError):
    """Text that is no job, or a job too large to hand over."""


@dataclass(frozen=True)
class Job:
    """One thing to answer in Slack.

    `channel` and `ts` name the message it is about and are the claim's key with `team_id`;
    `thread_ts` is where the answer goes. `alert` holds Alert.as_json(). An interaction carries
    the button's `action` and `value`, and `text` what was typed into a modal.
    """

    kind: Kind
    team_id: str
    channel: str
    ts: str
    thread_ts: str
    event_id: str = ""
    user: str = ""
    text: str = ""
    action: str = ""
    value: str = ""
    alert: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Compact JSON of at most MOST_BYTES bytes; a larger job raises JobWrong."""
        text = json.dumps(
            vars(self) | {"alert": dict(self.alert)}, ensure_ascii=True, separators=(",", ":")
        )
        if len(text) > MOST_BYTES:
            raise JobWrong(f"job of {len(text)} bytes, at most {MOST_BYTES} can be handed over")
        return text

    @classmethod
    def from_json(cls, text: str | bytes) -> "Job":
        """Read what `to_json` wrote; keys of a newer version are left out."""
        try:
            said = json.loads(text)
        except ValueError as error:
            raise JobWrong(f"a job must be JSON: {error}") from error
        if not isinstance(said, dict):
            raise JobWrong("a job must be a JSON object")
        known = {f.name for f in fields(cls)}
        try:
            job = cls(**{k: v for k, v in said.items() if k in known})
        except TypeError as error:
            raise JobWrong(f"a job lacks a field: {error}") from error
        return job._checked()

    def _checked(self) -> "Job":
        if self.kind not in get_args(Kind):
            raise JobWrong(f"unknown kind of job: {str(self.kind)[:40]!r}")
        for entry in fields(self):
            wanted = Mapping if entry.name == "alert" else str
            if not isinstance(getattr(self, entry.name), wanted):
                raise JobWrong(f"a job's {entry.name} is of the wrong type")
        return self
