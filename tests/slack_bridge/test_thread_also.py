"""The list of what shares a cause: linked, bounded, and honest about what is left out."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from thread_support import FOUND, UNKNOWN, assert_slack_takes

from slack_bridge.blocks import Also, diagnosis_message
from slack_bridge.message.also import also_blocks

URL = "https://acme.slack.com/archives/C1/p17953166400{:05}"
MANY = [Also(f"team_dag_{n}.load_orders", URL.format(n)) for n in range(400)]


def test_a_storm_of_hundreds_links_as_many_as_fit_and_counts_the_rest() -> None:
    message = diagnosis_message(FOUND, incident_id="inv_01J", repeats=MANY)
    assert_slack_takes(message)
    said = json.dumps(message.blocks)
    named = len(re.findall(r"\|team_dag_\d+\.load_orders>", said))
    assert named >= 40
    assert f"and {400 - named} more." in said
    assert "came 400 more times since" in said


def test_alerts_of_one_name_are_one_link_with_their_number() -> None:
    message = diagnosis_message(
        FOUND, incident_id="inv_01J", repeats=[Also("orders.load", URL.format(1), 3)]
    )
    assert f"<{URL.format(1)}|orders.load> (x3)." in json.dumps(message.blocks)


def test_without_a_known_cause_nothing_is_said_to_share_it() -> None:
    said = json.dumps(diagnosis_message(UNKNOWN, incident_id="i", repeats=MANY[:3]).blocks)
    assert "same cause" not in said
    assert "their logs could not be read" in said


@given(st.lists(st.builds(Also, st.text(max_size=130), st.just(URL.format(1)), st.integers(1, 9))),
       st.integers(200, 7_000))  # fmt: skip
def test_any_list_keeps_to_its_room_and_to_a_sections_limit(also: list[Also], room: int) -> None:
    texts = [block["text"]["text"] for block in also_blocks(also, room)]
    assert sum(map(len, texts)) <= room + 20
    assert all(len(text) <= 3_000 for text in texts)
    assert bool(texts) == bool(also)
