"""What an investigation found: the diagnosis, the steps that led to it, and who is behind it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mcp_server.domain.diagnosis import Diagnosis

By = Literal["rules", "model"]


@dataclass(frozen=True)
class Step:
    """One tool call: `title` is a human verb, `tokens` the size of the answer, `failed` its end."""

    title: str
    tool: str
    arguments: Mapping[str, Any]  # Any: JSON values
    ms: int
    tokens: int
    failed: bool = False


@dataclass(frozen=True)
class Found:
    """A diagnosis and where it comes from.

    `by` says whose conclusion it is; `note` why the model did not help ("" when it did, or was
    not asked); `seconds` counts from the start of the investigation; `reached` is False when no
    tool could be asked, so that the alert alone speaks.
    """

    diagnosis: Diagnosis
    steps: tuple[Step, ...] = ()
    by: By = "rules"
    note: str = ""
    seconds: float = 0.0
    model_turns: int = 0
    reached: bool = True
    tokens: int = 0

    def as_json(self) -> dict[str, Any]:
        """JSON values for the incident store; `from_json` reads them back."""
        parts = {name: value for name, value in vars(self).items() if name != "steps"}
        steps = [asdict(step) for step in self.steps]
        return parts | {"diagnosis": self.diagnosis.model_dump(), "steps": steps}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Found":
        """Read what `as_json` wrote, also out of a larger record; other keys are left alone."""
        known = {k: v for k, v in stored.items() if k in cls.__dataclass_fields__}
        steps = tuple(Step(**step) for step in stored.get("steps", ()))
        diagnosis = Diagnosis.model_validate(stored["diagnosis"])
        return cls(**known | {"steps": steps, "diagnosis": diagnosis})
