"""What the worker needs of whoever finds causes; `slack_bridge.reasoning.answering` does it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from slack_bridge.blocks import Message
from slack_bridge.diagnosis import Found

Progress = Callable[[str], Awaitable[None]]
Depth = Literal["logs", "state", "full"]


class Case(Protocol):
    """One alert's investigation. Nothing here raises for what a backend does."""

    async def quick(self, depth: Depth = "full") -> Found:
        """The rules' diagnosis with whatever is there within 2 s."""

    async def rules(self, depth: Depth = "full") -> Found:
        """The rules' diagnosis with all probes, from the log alone, or only its `recovered`."""

    async def deepen(self, progress: Progress) -> Found:
        """The model's diagnosis; the rules' with a note when the model is of no help."""


class Answer(Protocol):
    """What answers a question, ready to be posted."""

    @property
    def message(self) -> Message: ...


class Answerer(Protocol):
    """Opens cases and answers questions."""

    def case(
        self,
        alert: Mapping[str, Any],  # Any: Alert.as_json()
        at: datetime,
        environments: tuple[str, ...] = (),
    ) -> Case: ...

    async def ask(
        self, question: str, thread: Sequence[str], at: datetime, progress: Progress
    ) -> Answer: ...

    async def close(self) -> None: ...
