"""What a model only repeats of the rules is neither a second proof nor another order of steps."""

import pytest
from tools_support import RULES

from mcp_server.domain.diagnosis import Evidence
from slack_bridge.reasoning.model_answer import Cited, ModelAnswer
from slack_bridge.reasoning.verify import verify
from slack_bridge.toolbox import Source

LINE = "Detected zombie job: {'DAG Id': 'build_features', 'Task Id': 'join_events'}"
STEPS = ["Ask `dba` about the grant.", "Grant it again.", "Clear `load` for this run."]


def answer(**fields: object) -> ModelAnswer:
    whole = {"category": RULES.category, "confidence": "high", "cause": "", "evidence": []}
    return ModelAnswer.model_validate(whole | fields)


@pytest.mark.parametrize(
    "stamp",
    ["2026-11-19T01:52:18Z ERROR ", "[2026-11-19 01:52:18,123] ", "2026-11-19T01:52:18Z - "],
)
def test_a_line_that_a_search_shows_with_its_time_is_no_second_proof(stamp: str) -> None:
    own = Evidence(id=1, kind="log", quote=f"{LINE[:60]}...", place="scheduler log")
    known = RULES.model_copy(update={"evidence": [own], "cause_line": LINE})
    cited = [Cited(call=1, quote=f"{stamp}{LINE}")]
    source = Source(1, "search_logs", f"{stamp}{LINE}")
    found = verify(known, answer(evidence=cited), [source]).diagnosis
    assert found.evidence == [own]


def test_steps_that_a_model_repeats_keep_the_order_of_the_rules() -> None:
    known = RULES.model_copy(update={"next_steps": STEPS})
    quote = [Cited(call=0, quote=RULES.evidence[0].quote)]
    said = answer(evidence=quote, next_steps=[STEPS[2], STEPS[0]])
    assert verify(known, said, []).diagnosis.next_steps == STEPS


def test_a_step_of_the_models_own_stays_where_it_put_it() -> None:
    known = RULES.model_copy(update={"next_steps": STEPS})
    quote = [Cited(call=0, quote=RULES.evidence[0].quote)]
    said = answer(evidence=quote, next_steps=["Look at the log.", STEPS[2]])
    found = verify(known, said, []).diagnosis.next_steps
    assert found == ["Look at the log.", STEPS[0], STEPS[2]]
