"""Whether a failure is of a build, a server or a calendar, and not of a pipeline run."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bridge.alert.evidence import Evidence
from slack_bridge.alert.ids import ID
from slack_bridge.alert.placing import written_as_id
from slack_bridge.alert.reading import Reading
from slack_bridge.alert.sender import posted_by
from slack_bridge.alert.slack_text import EMOJI
from slack_bridge.alert.vocabulary import Vocabulary

MOST_TEXT = 400
# From a bot that mostly tells of other things only these prove a pipeline run.
_PROOF = {"log address", "TaskInstance", "DagRun", "pair", "pattern", "task_instance_key_str"}


def is_elsewhere(
    event: Mapping[str, Any], reading: Reading, found: Evidence, words: Vocabulary
) -> bool:
    """Whether a message that tells of a failure tells of something other than a pipeline run."""
    names = {n.casefold() for n in posted_by(event)}
    sure = {w.rule for w in found.witnesses if w.field in ("dag_id", "task_id")}
    if names & words.posters and not sure & _PROOF:
        return True
    facts = found.facts
    text = "\n".join(
        [line for _, line in reading.lines] + [f"{v.label}: {v.value}" for v in reading.labelled]
    )
    if not (sure - {"weak label"} or facts.run_id or facts.log_url) and _of_code(text, words):
        return True
    if facts.dag_id or facts.task_id or facts.run_id or facts.log_url:
        return False
    return _of_others(names, "\n".join(line for _, line in reading.lines), words)


def _of_code(text: str, words: Vocabulary) -> bool:
    """Whether two words of builds and releases stand beside none of an orchestrator."""
    said = {m.group().casefold() for m in words.words["code"].finditer(text)}
    return len(said) > 1 and not words.words["orchestrator"].search(text)


def _of_others(names: set[str], text: str, words: Vocabulary) -> bool:
    named = any(
        written_as_id(text, one, words) for one in re.findall(ID, EMOJI.sub(" ", text[:MOST_TEXT]))
    )
    if words.words["airflow"].search(text) or (named and not names & words.relays):
        return False
    weak = words.words["weak"]
    if weak.search(text) and not words.words["failure"].search(weak.sub(" ", text)):
        return True
    return bool(names & words.relays) or bool(words.words["elsewhere"].search(text))
