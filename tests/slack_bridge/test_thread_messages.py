"""What the thread says: golden files, Slack's limits, and words that cannot do harm."""

import json
from dataclasses import replace

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from thread_support import (
    FOUND,
    LOAD,
    UNKNOWN,
    as_json,
    assert_harmless,
    assert_slack_takes,
    golden,
    words_outside_code,
)

from mcp_server.domain.diagnosis import Diagnosis, Evidence, NotChecked
from slack_bridge.blocks import (
    Also,
    Message,
    diagnosis_message,
    failure_message,
    plainest,
    repeat_line,
    simpler,
    steps_message,
)
from slack_bridge.diagnosis import Found, Step

EVIL = "<!channel> <@U024BE7LH> @here https://evil.example/x evil.com `*_~ &lt; :fire: <http://e.com|ok>"
AGAIN = (Also("orders.load_stage", "https://acme.slack.com/archives/C1/p1795316700000100", 2),)
PERMALINK = "https://acme.slack.com/archives/C1/p1795316640000100"


def test_a_diagnosis_reads_as_its_golden_file() -> None:
    message = diagnosis_message(FOUND, incident_id="inv_01J")

    assert_slack_takes(message)
    assert_harmless(message)
    assert golden("diagnosis.json", as_json(message))


def test_a_diagnosis_fits_a_phone_screen_and_a_half() -> None:
    message = diagnosis_message(FOUND, incident_id="inv_01J")

    assert words_outside_code(message) <= 150
    assert len(message.blocks[0]["text"]["text"].splitlines()[0].split()) < 30


def test_while_gemini_works_the_last_block_says_what_is_read() -> None:
    rules = replace(FOUND, by="rules")
    message = diagnosis_message(rules, incident_id="inv_01J", progress="Reading Redshift locks")

    assert_slack_takes(message)
    assert golden("in_progress.json", as_json(message))


def test_an_inconclusive_diagnosis_says_so_and_gives_the_strongest_lead() -> None:
    message = diagnosis_message(UNKNOWN, incident_id="inv_01J")

    assert_slack_takes(message)
    assert_harmless(message)
    assert golden("inconclusive.json", as_json(message))


def test_a_recovered_failure_says_so_first() -> None:
    message = diagnosis_message(
        FOUND, incident_id="inv_01J", recovered="03:21, try 3", repeats=AGAIN
    )

    assert_slack_takes(message)
    assert golden("recovered.json", as_json(message))


def test_a_failure_of_an_upstream_task_names_that_task_in_the_first_line() -> None:
    upstream = LOAD.model_copy(update={"root_task_id": "extract"})
    message = diagnosis_message(replace(FOUND, diagnosis=upstream), incident_id="inv_01J")

    assert "did not succeed because `extract` failed" in message.text


def test_what_could_not_be_reached_keeps_an_empty_not_checked_honest() -> None:
    unsure = LOAD.model_copy(update={"confidence": "medium", "not_checked": []})
    sure = LOAD.model_copy(update={"not_checked": []})

    assert "all that this failure asks for was read" in _all_text(unsure)
    assert "Not checked" not in _all_text(sure)


def test_a_repeat_is_one_line_with_a_link_and_a_count() -> None:
    message = repeat_line(FOUND, link_to=PERMALINK, count=3)

    assert_slack_takes(message)
    assert_harmless(message)
    assert golden("repeat.json", as_json(message))


def test_the_steps_are_told_in_human_verbs() -> None:
    message = steps_message(FOUND)

    assert_slack_takes(message)
    assert_harmless(message)
    assert golden("steps.json", as_json(message))


def test_a_failed_question_has_no_button_that_could_not_work() -> None:
    message = failure_message("it took longer than 60 s", "inv_01J", asked=True)

    assert [block["type"] for block in message.blocks] == ["section"]
    assert "Ask again" in str(message.blocks)


def test_our_own_failure_is_one_section_and_a_button_without_a_trace() -> None:
    reason = "Redshift refused this role (redshift-data:ExecuteStatement)"
    message = failure_message(reason, "inv_01J", seen=True)

    assert_slack_takes(message)
    assert_harmless(message)
    assert golden("failure.json", as_json(message))


def test_a_refused_message_falls_back_to_plain_sections_and_then_to_text_alone() -> None:
    message = diagnosis_message(FOUND, incident_id="inv_01J")

    assert {block["type"] for block in simpler(message).blocks} == {"section"}
    assert golden("simpler.json", as_json(simpler(message)))
    assert plainest(message).blocks == []
    assert golden("plainest.json", as_json(plainest(message)))


def test_a_long_cause_is_cut_in_the_headline_and_stands_whole_in_the_evidence() -> None:
    cause = "the loader stopped since " + " ".join(f"part{n}" for n in range(50))
    long = LOAD.model_copy(update={"cause": cause, "cause_line": cause})
    message = diagnosis_message(replace(FOUND, diagnosis=long), incident_id="inv_01J")

    assert len(message.text.split()) < 30
    assert "part40" in json.dumps(message.blocks)


def test_a_found_survives_the_incident_store() -> None:
    stored = json.loads(json.dumps(FOUND.as_json()))

    assert Found.from_json(stored | {"channel": "C1"}) == FOUND


def _all_text(diagnosis: Diagnosis) -> str:
    message = diagnosis_message(replace(FOUND, diagnosis=diagnosis), incident_id="inv_01J")
    return json.dumps(message.blocks)


FOREIGN = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [EVIL, EVIL * 4, "&" * 700, "`" * 50, "word " * 150, "", "a\nb", "日本語 の表"]
    ),
)
LINKS = st.one_of(
    st.just(PERMALINK),
    st.sampled_from(
        [
            "https://evil.example/",
            "https://console.aws.amazon.com@evil.example/",
            "javascript:alert(1)",
            "https://console.aws.amazon.com/" + "x" * 2_000,
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?a=1&b=2#x",
            "https://console.aws.amazon.com/|<!channel>",
            "https://[::1/",
        ]
    ),
)
PROOF = st.builds(
    Evidence,
    id=st.integers(-1, 99),
    kind=st.sampled_from(["log", "airflow", "redshift", "metric", "change"]),
    quote=FOREIGN,
    place=FOREIGN,
    url=LINKS,
)
DIAGNOSIS = st.builds(
    Diagnosis,
    environment=FOREIGN,
    dag_id=FOREIGN,
    run_id=FOREIGN,
    task_id=FOREIGN,
    map_index=st.integers(-1, 10**6),
    try_number=st.integers(0, 10**6),
    max_tries=st.integers(0, 10**6),
    state=FOREIGN,
    failed_at=st.one_of(FOREIGN, st.datetimes().map(lambda at: at.isoformat() + "Z")),
    owner=FOREIGN,
    category=FOREIGN,
    confidence=st.sampled_from(["high", "medium", "low", "inconclusive"]),
    cause=FOREIGN,
    cause_line=FOREIGN,
    root_task_id=FOREIGN,
    before=FOREIGN,
    can_wait=FOREIGN,
    safe_to_rerun=FOREIGN,
    blocked=st.lists(FOREIGN, max_size=8),
    recovered=FOREIGN,
    evidence=st.lists(PROOF, max_size=12),
    changes=st.lists(PROOF, max_size=12),
    next_steps=st.lists(FOREIGN, max_size=6),
    not_checked=st.lists(st.builds(NotChecked, what=FOREIGN, why=FOREIGN), max_size=12),
    log_url=LINKS,
    run_url=LINKS,
    digest=FOREIGN,
)
STEP = st.builds(
    Step,
    title=FOREIGN,
    tool=FOREIGN,
    arguments=st.just({}),
    ms=st.integers(0, 10**6),
    tokens=st.integers(0, 10**6),
    failed=st.booleans(),
)
ALSO = st.builds(Also, label=FOREIGN, url=LINKS, count=st.integers(1, 99))
ANY_FOUND = st.builds(
    Found,
    diagnosis=DIAGNOSIS,
    steps=st.lists(STEP, max_size=45).map(tuple),
    by=st.sampled_from(["rules", "model"]),
    note=FOREIGN,
    seconds=st.floats(0, 1e6),
    reached=st.booleans(),
)


@settings(max_examples=100, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    found=ANY_FOUND,
    said=FOREIGN,
    progress=FOREIGN,
    count=st.integers(0, 999),
    url=LINKS,
    also=st.lists(ALSO, max_size=90),
)
def test_any_diagnosis_is_a_valid_message_that_mentions_no_one_and_links_nowhere_foreign(
    found: Found, said: str, progress: str, count: int, url: str, also: list[Also]
) -> None:
    made: list[Message] = [
        diagnosis_message(
            found,
            incident_id="inv_01J",
            progress=progress,
            repeats=also,
            shares=also[0] if also else None,
            recovered=said,
            footer=said,
        ),
        diagnosis_message(found, incident_id="inv_01J"),
        repeat_line(found, link_to=url, count=count),
        steps_message(found),
        failure_message(said, "inv_01J"),
    ]
    for message in made:
        for sent in (message, simpler(message), plainest(message)):
            assert_slack_takes(sent)
            assert_harmless(sent)
