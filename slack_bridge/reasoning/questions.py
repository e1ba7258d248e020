"""Answers a colleague's question with the same tools; by rules where there is no model."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from slack_bridge.blocks import diagnosis_blocks
from slack_bridge.investigation import Budget, Model, ModelFailed, Progress, investigate
from slack_bridge.log import log_line, where
from slack_bridge.message.evidence import preformatted_block, quotes_block
from slack_bridge.message.headline import headline
from slack_bridge.message.message import Block, Message, context, section
from slack_bridge.message.text import paragraphs, prose, quoted
from slack_bridge.message.wording import calls, say, tables, told
from slack_bridge.message.wording import section as section_of
from slack_bridge.reasoning.connection import Connection, ToolsUnreachable
from slack_bridge.reasoning.diagnosing import TOOL, asked_of, diagnosed
from slack_bridge.reasoning.grounding import Corpus
from slack_bridge.reasoning.model_answer import QuestionAnswer, question_schema
from slack_bridge.reasoning.opening import about_question
from slack_bridge.reasoning.verify import proven
from slack_bridge.toolbox import Toolbox

RULES_SECONDS = 20.0
MOST_LINES = 25
MOST_TRIED = 4
# What may be a dag or dag.task: a code span, or a word with a joint in it.
_CODE = re.compile(r"`([\w.\-]{2,250})`")
_AFTER = re.compile(
    r"\b(?:dag|pipeline|task|of|run|did|does|why)\s+([A-Za-z][\w.\-]{2,249})", re.IGNORECASE
)
_JOINED = re.compile(r"\b([A-Za-z]\w*(?:[_.\-]\w+)+)\b")


@dataclass(frozen=True)
class Answer:
    """What is said to a colleague: safe mrkdwn in `text`, the whole in `blocks`."""

    text: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def message(self) -> Message:
        """The answer as the thread posts it."""
        return Message(self.text, self.blocks)


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
        answer = await self._by_rules(question, thread, at, toolbox, progress)
        return _signed(answer, toolbox, began, "rules", note)

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
        text = paragraphs(words, 2_400) or say("answer.unproven")
        blocks = [section(text), *quotes_block(proofs, 6, 240)]
        return _signed(Answer(_first(text), blocks), toolbox, began, "model", "")

    async def _by_rules(
        self,
        question: str,
        thread: Sequence[str],
        at: datetime,
        toolbox: Toolbox,
        progress: Progress,
    ) -> Answer:
        for alert in _named(question, thread):
            asked = asked_of(alert, (), "full")
            await progress(told("verbs", TOOL, asked))
            found = await diagnosed(self.connection, asked, alert, at, RULES_SECONDS)
            toolbox.steps += found.steps
            if found.steps and not found.steps[0].failed:
                blocks = diagnosis_blocks(found.diagnosis)
                return Answer(headline(found.diagnosis, "", "notification"), blocks)
        return await _looked_up(question, at, toolbox, progress)


async def _looked_up(question: str, at: datetime, toolbox: Toolbox, progress: Progress) -> Answer:
    """The tool that the question's words mean, or what can be asked."""
    for entry in tables("question"):
        found = re.search(entry["pattern"], question, re.IGNORECASE)
        if found:
            arguments = _filled(entry.get("arguments", {}), found, at)
            await progress(told("verbs", entry["tool"], arguments))
            return await _read(entry["tool"], arguments, toolbox)
    return _plain_answer(f"{say('answer.not_understood')}\n{say('answer.help')}")


async def _read(tool: str, arguments: Mapping[str, str], toolbox: Toolbox) -> Answer:
    try:
        result = await toolbox.call(tool, arguments)
    except ToolsUnreachable as error:
        return _plain_answer(say("answer.no_answer", reason=prose(str(error), 300).rstrip(".")))
    if result.failed:
        why = prose(result.raw, 600).rstrip(".")
        return _plain_answer(say("answer.no_answer", reason=why))
    lines = [quoted(line, 200) for line in result.raw.splitlines() if line.strip()][:MOST_LINES]
    block = preformatted_block(say("answer.read"), lines or ["-"])
    return Answer(prose(result.raw.partition("\n")[0], 300), [block])


def _named(question: str, thread: Sequence[str]) -> list[dict[str, str]]:
    """What may be a dag, or dag.task: the question's own words first, the thread's code after."""
    own = [*_CODE.findall(question), *_JOINED.findall(question), *_AFTER.findall(question)]
    names = [*own, *(name for text in thread for name in _CODE.findall(text))]
    fit = dict.fromkeys(name.strip(".-") for name in names)
    never = section_of("answer")["never_names"]
    read = [
        reading for name in fit if name and name.lower() not in never for reading in _read_as(name)
    ]
    return read[:MOST_TRIED]


def _read_as(name: str) -> list[dict[str, str]]:
    """A name with a dot is dag.task, or a dag with a dot in its id."""
    dag_id, _, task_id = name.partition(".")
    whole = {"dag_id": name, "task_id": ""}
    return [{"dag_id": dag_id, "task_id": task_id}, whole] if task_id else [whole]


def grounded(answer: str, corpus: Corpus) -> str:
    """The sentences that speak only of what was read."""
    lines = (" ".join(_sentences(line, corpus)) for line in answer.splitlines())
    return "\n".join(line for line in lines if line)


def _sentences(line: str, corpus: Corpus) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?])\s+", line.strip()):
        if sentence and corpus.grounds(sentence):
            yield sentence


def _filled(arguments: Mapping[str, str], found: re.Match[str], at: datetime) -> dict[str, str]:
    midnight = at.astimezone(UTC).strftime("%Y-%m-%dT00:00:00Z")
    groups = {name: said.replace(" ", "") for name, said in found.groupdict().items() if said}
    known = {"midnight": midnight, **groups}
    return {name: wording.format(**known) for name, wording in arguments.items()}


def _plain_answer(text: str) -> Answer:
    return Answer(_first(text), [section(text)])


def _first(text: str) -> str:
    return text.partition("\n")[0]


def _signed(answer: Answer, toolbox: Toolbox, began: float, by: str, note: str) -> Answer:
    if not toolbox.steps and not note:
        return answer
    words = {"calls": calls(len(toolbox.steps)), "incident": ""}
    signed = say(f"footer.{by}", seconds=max(round(time.monotonic() - began), 1), **words).strip()
    why = prose(note, 300).rstrip(".")
    lines = [signed, say("footer.note", note=why)] if why else [signed]
    return Answer(answer.text, [*answer.blocks, context("\n".join(lines))])
