"""Answers a colleague's question without a model: the tool that its words mean, read for people."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mcp_server.domain.diagnosis import Diagnosis
from slack_bridge.blocks import diagnosis_blocks
from slack_bridge.investigation import Progress
from slack_bridge.message.evidence import preformatted_block
from slack_bridge.message.headline import headline, readable, subject
from slack_bridge.message.message import section
from slack_bridge.message.text import prose, quoted
from slack_bridge.message.wording import say, told
from slack_bridge.reasoning.answer import Answer, plain_answer
from slack_bridge.reasoning.connection import Connection, ToolsUnreachable
from slack_bridge.reasoning.diagnosing import TOOL, asked_of, diagnosed
from slack_bridge.reasoning.question_words import Name, Row, meant, names_in, read_as, rows
from slack_bridge.toolbox import Toolbox, ToolText

RULES_SECONDS = 20.0
MOST_LINES = 25
MOST_TRIED = 4
# Failures of so long are looked through for the one that is meant.
KNOWN_SINCE = "3d"
FAILURES = "find_failures"


@dataclass
class RulesAnswer:
    """One question's way to an answer by rules."""

    connection: Connection
    toolbox: Toolbox
    at: datetime
    progress: Progress
    _failures: ToolText | None = None

    async def answer(self, question: str, thread: Sequence[str]) -> Answer:
        """Never raises: what could not be had is said."""
        try:
            tools = {tool.name for tool in await self.toolbox.declared()}
        except ToolsUnreachable as error:
            return plain_answer(say("answer.no_answer", reason=prose(str(error), 300).rstrip(".")))
        names = names_in(question)
        name = await self._meant(question, thread, names)
        for row in rows(question, self.at, name):
            if row.field and name is not None and (said := await self._about(name, row.field)):
                return said
            if row.tool in tools:
                return await self._read(row, tools)
        return await self._why(question, names, name) or await self._lately(question, tools)

    async def _why(self, question: str, names: Sequence[str], name: Name | None) -> Answer | None:
        """The diagnosis of what is named; None when nothing that failed is."""
        tried = [name] if name else [one for said in names for one in read_as(said)]
        for one in tried[:MOST_TRIED]:
            found = await self._diagnosed(one)
            # A word that only may be a name must prove to be one.
            if found and (found.run_id or found.confidence != "inconclusive"):
                return Answer(headline(found, "", "notification"), diagnosis_blocks(found))
        return None

    async def _lately(self, question: str, tools: Collection[str]) -> Answer:
        """What failed lately, for who asks why something failed; else what can be asked."""
        if FAILURES not in tools or not _is_about_one(question):
            return plain_answer(f"{say('answer.not_understood')}\n{say('answer.help')}")
        await self._known()
        read = self._told(Row(FAILURES), self._failures, tools)
        if len(read.blocks) < 2:
            return read
        text = say("answer.no_such", since=KNOWN_SINCE)
        return Answer(text, [section(text), *read.blocks[1:]])

    async def _meant(
        self, question: str, thread: Sequence[str], names: Sequence[str]
    ) -> Name | None:
        """The failure it is about: one that happened lately, or what it or its thread names."""
        told = names_in("", thread)
        if not names and not told and not _is_about_one(question):
            return None
        known = await self._known()
        if found := meant(question, names, known):
            return found
        own = [name for name in names if "_" in name or f"`{name}`" in question]
        if own or not told:
            return read_as(own[0])[0] if own and not _is_table(question, own[0]) else None
        return meant("", told, known) or read_as(told[0])[0]

    async def _known(self) -> list[Name]:
        """Tasks that failed lately; none when they cannot be had."""
        if self._failures is None:
            self._failures = await self.toolbox.call(FAILURES, {"since": KNOWN_SINCE})
        sources = self.toolbox.sources
        source = next((one for one in sources if one.tool == FAILURES), None)
        causes = source.structured.get("causes") if source else None
        return list(dict.fromkeys(name for cause in causes or () for name in _failed(cause)))

    async def _about(self, name: Name, field: str) -> Answer | None:
        """One fact of a failure, and the diagnosis that it stands in; None without any."""
        found = await self._diagnosed(name)
        if found is None or (found.confidence == "inconclusive" and not found.run_id):
            return None
        fact = prose(str(getattr(found, field) or say("answer.unknown")), 400)
        said = say(f"answer.{field}", subject=subject(found).strip("*"), fact=fact)
        return Answer(said, [section(said), *diagnosis_blocks(found)])

    async def _diagnosed(self, name: Name) -> Diagnosis | None:
        alert = {"dag_id": name.dag_id, "task_id": name.task_id}
        asked = asked_of(alert, (), "full")
        await self.progress(told("verbs", TOOL, asked))
        found = await diagnosed(self.connection, asked, alert, self.at, RULES_SECONDS)
        self.toolbox.steps += found.steps
        is_said = found.steps and not found.steps[0].failed
        return found.diagnosis if is_said else None

    async def _read(self, row: Row, tools: Collection[str]) -> Answer:
        """What the tool says, without what it says to a model."""
        await self.progress(told("verbs", row.tool, row.arguments))
        return self._told(row, await self.toolbox.call(row.tool, row.arguments), tools)

    def _told(self, row: Row, result: ToolText | None, tools: Collection[str]) -> Answer:
        if result is None or result.failed:
            why = prose(result.raw or result.text if result else "", 600).rstrip(".")
            return plain_answer(say("answer.no_answer", reason=why))
        lines = [line for line in result.raw.splitlines() if line.strip()]
        lines = [line for line in lines if not any(f"{tool} " in line for tool in tools)]
        leads = (one for lead in row.leads for one in lines if re.search(lead, one))
        text = prose(readable(next(leads, next(iter(lines), "-")).strip("> ")), 300)
        shown = [quoted(line, 200) for line in lines[:MOST_LINES]]
        return Answer(text, [section(text), preformatted_block(say("answer.read"), shown or ["-"])])


def _failed(cause: object) -> Iterator[Name]:
    """The tasks of one cause; the dag of the last one is told apart, ids may hold dots."""
    said = cause if isinstance(cause, Mapping) else {}
    last, tasks = said.get("last"), said.get("tasks")
    dag_id = str(last.get("dag_id") or "") if isinstance(last, Mapping) else ""
    for task in tasks if isinstance(tasks, Mapping) else ():
        if dag_id and str(task).startswith(f"{dag_id}."):
            yield Name(dag_id, str(task).removeprefix(f"{dag_id}."))
        elif "." in str(task):
            yield Name(*str(task).split(".", 1))


def _is_table(question: str, name: str) -> bool:
    """Whether the words around it make it a table."""
    return bool(
        re.search(rf"\b(?:table|from|into|on)\s+`?{re.escape(name)}\b", question, re.IGNORECASE)
    )


def _is_about_one(question: str) -> bool:
    """Whether it asks for one failure, also where it names none."""
    return bool(re.search(say("answer.about_one"), question, re.IGNORECASE))
