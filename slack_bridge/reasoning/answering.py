"""Answers an alert: the rules' diagnosis at once, then the model's on top of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from slack_bridge.diagnosis import Found, Step
from slack_bridge.investigation import Budget, Conclusion, Model, ModelFailed, Progress, investigate
from slack_bridge.log import log_line, where
from slack_bridge.message.wording import say
from slack_bridge.reasoning.answer import Answer
from slack_bridge.reasoning.connection import Connection, Target, ToolsUnreachable
from slack_bridge.reasoning.diagnosing import Depth, asked_of, diagnosed
from slack_bridge.reasoning.model_answer import ModelAnswer, answer_schema
from slack_bridge.reasoning.opening import about_alert, instruction
from slack_bridge.reasoning.questions import Asking
from slack_bridge.reasoning.verify import verify
from slack_bridge.settings import Settings
from slack_bridge.toolbox import Toolbox

# The first answer is due 2.5 s after the alert, with the claim before it and the post after it.
QUICK_SECONDS = 1.7
RULES_SECONDS = 20.0
# Kept back of the worker's limit for writing the answer.
WRITING_SECONDS = 15.0
Json = Mapping[str, Any]  # Any: JSON values


class Case:
    """One alert's investigation; nothing here raises, each Found says what it could not have.

    `budget` is the model's; `seconds` what the whole case may take.
    """

    def __init__(
        self,
        alert: Json,
        at: datetime,
        environments: Sequence[str],
        connection: Connection,
        model: Model | None,
        budget: Budget,
        seconds: float,
    ) -> None:
        self._alert, self._at, self._environments = alert, at, environments
        self._connection, self._model, self._budget = connection, model, budget
        self._seconds = seconds
        self._began = time.monotonic()
        self._full: Found | None = None

    async def quick(self, depth: Depth = "full") -> Found:
        """The rules' diagnosis with whatever is there within 2 s."""
        return await self._diagnosed(depth, QUICK_SECONDS)

    async def rules(self, depth: Depth = "full") -> Found:
        """The rules' diagnosis with all probes (joining what runs), or as far as `depth` says."""
        found = await self._diagnosed(depth, RULES_SECONDS)
        if depth == "full" and found.reached:
            self._full = found
        return found

    async def deepen(self, progress: Progress) -> Found:
        """The model's diagnosis as far as it is proven, else the rules' with a note why."""
        rules = self._full or await self.rules()
        if self._model is None or not rules.reached:
            return rules
        toolbox = Toolbox(self._connection, self._at)
        try:
            return await self._deepened(self._model, rules, toolbox, progress)
        except ModelFailed as error:
            note = str(error)
            rules = replace(rules, model_turns=error.turns, tokens=error.tokens)
        except ToolsUnreachable as error:
            note = str(error)
        except Exception as error:  # noqa: BLE001 - top level: a bug here must not cost the rules' answer
            log_line("deepening failed", error=where(error))
            note = say("model.broken", name=type(error).__name__)
        return self._timed(replace(rules, note=note, steps=_both(rules, toolbox)))

    async def _diagnosed(self, depth: Depth, wait_seconds: float) -> Found:
        asked = asked_of(self._alert, self._environments, depth)
        found = await diagnosed(self._connection, asked, self._alert, self._at, wait_seconds)
        # Asked twice, it is one investigation: its time counts from the first asking.
        ms = round((time.monotonic() - self._began) * 1000)
        return self._timed(replace(found, steps=tuple(replace(s, ms=ms) for s in found.steps)))

    async def _deepened(
        self, model: Model, rules: Found, toolbox: Toolbox, progress: Progress
    ) -> Found:
        opening = about_alert(self._alert, self._at, rules.diagnosis, toolbox.fenced)
        concluded = await investigate(
            model, toolbox, opening, answer_schema(), self._left(), progress
        )
        return self._timed(_checked(rules, concluded, toolbox))

    def _left(self) -> Budget:
        left = self._seconds - (time.monotonic() - self._began) - WRITING_SECONDS
        return replace(self._budget, seconds=max(min(self._budget.seconds, left), 1.0))

    def _timed(self, found: Found) -> Found:
        return replace(found, seconds=round(time.monotonic() - self._began, 2))


class Answerer:
    """Opens cases and answers questions over one connection to the tools and one model."""

    def __init__(self, target: Target, settings: Settings, model: Model | None = None) -> None:
        self._settings = settings
        self._connection = Connection(target)
        self._model = model
        self._budget = Budget(
            settings.max_turns,
            settings.max_tool_calls,
            settings.max_tokens,
            float(settings.model_seconds),
        )

    @classmethod
    async def from_settings(cls, settings: Settings, target: Target) -> "Answerer":
        """With Gemini where there is a key. `target`: a server of this process, or a URL."""
        if not settings.gemini_api_key:
            return cls(target, settings)
        from slack_bridge.gemini import Gemini  # late: rules answer alone without it

        return cls(target, settings, Gemini(settings, instruction()))

    def case(self, alert: Json, at: datetime, environments: tuple[str, ...] = ()) -> Case:
        """The investigation of an alert (Alert.as_json()) that came `at`."""
        return Case(
            alert,
            at,
            environments,
            self._connection,
            self._model,
            self._budget,
            float(self._settings.deadline_seconds),
        )

    async def ask(
        self, question: str, thread: Sequence[str], at: datetime, progress: Progress
    ) -> Answer:
        """Answer a person; the thread's messages are the context. Never raises."""
        asking = Asking(self._connection, self._model, self._budget)
        return await asking.answer(question, thread, at, progress)

    async def close(self) -> None:
        """Close the model's and the tools' connections."""
        await self._connection.close()
        if self._model is not None:
            await self._model.close()


def _checked(rules: Found, concluded: Conclusion, toolbox: Toolbox) -> Found:
    """The conclusion held to what was read. Raises ModelFailed for one that is in no form."""
    answer = ModelAnswer.from_text(concluded.text)
    failed = any(step.failed for step in toolbox.steps)
    verified = verify(rules.diagnosis, answer, toolbox.sources, some_failed=failed)
    return replace(
        rules,
        diagnosis=verified.diagnosis,
        by="rules" if verified.note else "model",
        note=verified.note,
        steps=_both(rules, toolbox),
        model_turns=concluded.turns,
        tokens=concluded.tokens,
    )


def _both(rules: Found, toolbox: Toolbox) -> tuple[Step, ...]:
    return (*rules.steps, *toolbox.steps)
