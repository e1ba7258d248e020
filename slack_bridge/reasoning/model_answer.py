"""The form of the model's answer, and how it is read."""

import re
from typing import Any, Self, get_args

from pydantic import BaseModel, Field, ValidationError

from mcp_server.domain.diagnosis import Confidence
from slack_bridge.investigation import ModelFailed
from slack_bridge.message.wording import say, section


class FromText(BaseModel):
    """Something the model says as JSON."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read JSON, also inside a code fence. Raises ModelFailed."""
        inner = re.sub(r"^\s*```(?:json)?|```\s*$", "", text)
        try:
            return cls.model_validate_json(inner)
        except ValidationError as error:
            raise ModelFailed(say("model.prose")) from error


class Cited(BaseModel):
    """A line the model quotes; `call` is the number of the tool result, 0 the rules' findings."""

    call: int = 0
    quote: str


class Unchecked(BaseModel):
    """What could not be read."""

    what: str
    why: str = ""


class ModelAnswer(FromText):
    """The model's answer, as untrusted as any other text."""

    category: str
    confidence: str = "low"
    cause: str
    root_task_id: str = ""
    evidence: list[Cited] = Field(default_factory=list)
    next_steps: list[str] = Field(default_factory=list)
    not_checked: list[Unchecked] = Field(default_factory=list)


class QuestionAnswer(FromText):
    """The model's answer to a colleague's question."""

    answer: str
    evidence: list[Cited] = Field(default_factory=list)


def question_schema() -> dict[str, Any]:
    """JSON schema of QuestionAnswer."""
    return _object({"answer": {"type": "string"}, "evidence": _quotes()})


def answer_schema() -> dict[str, Any]:
    """JSON schema of ModelAnswer with the taxonomy, without references."""
    text = {"type": "string"}
    unchecked = _object({"what": text, "why": text})
    return _object(
        {
            "category": {"type": "string", "enum": list(section("categories"))},
            "confidence": {"type": "string", "enum": list(get_args(Confidence))},
            "cause": text,
            "root_task_id": text,
            "evidence": _quotes(),
            "next_steps": {"type": "array", "items": text, "maxItems": 3},
            "not_checked": {"type": "array", "items": unchecked},
        }
    )


def _quotes() -> dict[str, Any]:
    cited = _object({"call": {"type": "integer"}, "quote": {"type": "string"}})
    return {"type": "array", "items": cited}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}
