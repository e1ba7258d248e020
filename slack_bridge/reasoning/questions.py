"""Answers a colleague's question with the same tools; by rules where there is no model."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_bridge.investigation import Budget, Model, ModelFailed, Progress, investigate
from slack_bridge.log import log_line, where
from slack_bridge.message.evidence import quotes_block
from slack_bridge.message.headline import readable
from slack_bridge.message.message import context, section
from slack_bridge.message.text import paragraphs, prose
from slack_bridge.message.wording import calls, say
from slack_bridge.reasoning.answer import Answer, first_line
from slack_bridge.reasoning.connection import Connection, ToolsUnreachable
from slack_bridge.reasoning.grounding import Corpus
from slack_bridge.reasoning.model_answer import QuestionAnswer, question_schema
from slack_bridge.reasoning.opening import about_question
from slack_bridge.reasoning.rules_answer import RulesAnswer
from slack_bridge.reasoning.verify import proven
from slack_bridge.toolbox import Toolbox


@dataclass
class Asking:
    """One question's way to an answer; `model` None: by rules alone."""

    connection: Connection
    model: Model | None
    budget: Budget

    async def answer(
        self, question: str, thread: Sequence[str], at: datetime, progress: Progress
    ) -> Answer:
        """Never raises: what could not be had is said."""
        began = time.monotonic()
        toolbox = Toolbox(self.connection, at)
        note = ""
        if self.model is not None:
            try:
                return await self._by_model(self.model, question, thread, at, toolbox, progress)
            except (ModelFailed, ToolsUnreachable) as error:
                note = str(error)
            except Exception as error:  # noqa: BLE001 - top level: a bug here must not leave a person waiting
                log_line("question failed", error=where(error))
                note = say("model.broken", name=type(error).__name__)
        # A box of its own: what the model asked before may be asked again.
        box = Toolbox(self.connection, at)
        answer = await RulesAnswer(self.connection, box, at, progress).answer(question, thread)
        box.steps[:0] = toolbox.steps
        return _signed(answer, box, began, "rules", note)

    async def _by_model(
        self,
        model: Model,
        question: str,
        thread: Sequence[str],
        at: datetime,
        toolbox: Toolbox,
        progress: Progress,
    ) -> Answer:
        began = time.monotonic()
        opening = about_question(question, "\n".join(thread), at, toolbox.fenced)
        concluded = await investigate(
            model, toolbox, opening, question_schema(), self.budget, progress
        )
        said = QuestionAnswer.from_text(concluded.text)
        corpus = Corpus(toolbox.sources, opening)
        proofs = [
            proof.model_copy(update={"id": number})
            for number, proof in enumerate(proven(said.evidence, corpus), 1)
        ]
        words = grounded(said.answer, corpus) if proofs else ""
        text = paragraphs("\n".join(map(readable, words.splitlines())), 2_400)
        if not text:
            # The rules may still know: what was read is there for them as well.
            raise ModelFailed(say("model.unproven"))
        blocks = [section(text), *quotes_block(proofs, 6, 240)]
        return _signed(Answer(first_line(text), blocks), toolbox, began, "model", "")


def grounded(answer: str, corpus: Corpus) -> str:
    """The sentences that speak only of what was read."""
    lines = (" ".join(_sentences(line, corpus)) for line in answer.splitlines())
    return "\n".join(line for line in lines if line)


def _sentences(line: str, corpus: Corpus) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?])\s+", line.strip()):
        if sentence and corpus.grounds(sentence):
            yield sentence


def _signed(answer: Answer, toolbox: Toolbox, began: float, by: str, note: str) -> Answer:
    if not toolbox.steps and not note:
        return answer
    words = {"calls": calls(len(toolbox.steps)), "incident": ""}
    signed = say(f"footer.{by}", seconds=max(round(time.monotonic() - began), 1), **words).strip()
    why = prose(note, 300).rstrip(".")
    lines = [signed, say("footer.note", note=why)] if why else [signed]
    return Answer(answer.text, [*answer.blocks, context("\n".join(lines))])
