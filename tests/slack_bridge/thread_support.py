"""Diagnoses to show, Slack's rules to check messages by, and golden files."""

import json
import os
import re
from pathlib import Path
from typing import Any

from slack_sdk.models.blocks import Block

from mcp_server.domain.diagnosis import Diagnosis, Evidence, NotChecked
from slack_bridge.blocks import Message
from slack_bridge.diagnosis import Found, Step
from slack_bridge.message.text import is_trusted

GOLDEN = Path(__file__).parents[1] / "golden" / "slack"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:x"
RUN = "scheduled__2026-11-22T03:00:00+00:00"

LOAD = Diagnosis(
    environment="de-prod",
    dag_id="orders",
    run_id=RUN,
    task_id="load_stage",
    try_number=2,
    max_tries=2,
    state="failed",
    failed_at="2026-11-22T03:04:00Z",
    owner="data-platform",
    category="database.missing_object",
    confidence="high",
    cause='relation "stg.orders" does not exist',
    cause_line='ERROR - relation "stg.orders" does not exist',
    before="3 of the last 10 runs; same cause on 2 Nov",
    recurring=True,
    can_wait="No: finance_close needs it at 05:00 UTC",
    safe_to_rerun="Yes: the load rolled back",
    blocked=["build_mart", "export", "finance_close"],
    evidence=[
        Evidence(
            id=1,
            kind="log",
            quote='psycopg2.errors.UndefinedTable: ERROR - relation "stg.orders" does not exist',
            place="task log, try 2, line 201",
            url=CONSOLE,
        ),
        Evidence(
            id=2,
            kind="redshift",
            quote="DROP TABLE stg.orders, 02:41 UTC, user dbt_ci",
            place="Redshift query 48213377",
        ),
    ],
    changes=[
        Evidence(
            id=3,
            kind="change",
            quote="02:38 UpdateEnvironment by role deploy",
            place="CloudTrail event 12ab",
            url="https://console.aws.amazon.com/cloudtrail/home",
        )
    ],
    next_steps=[
        "Recreate the table: run DAG stage_orders for 2026-11-22.",
        "Clear orders.load_stage for this run.",
        "Ask the owner of dbt_ci why it dropped a production table.",
    ],
    not_checked=[NotChecked(what="Who triggered dbt_ci", why="this role may not read its CI logs")],
    log_url=CONSOLE,
    run_url="https://9a8b7c6d.c3.eu-west-1.airflow.amazonaws.com/dags/orders/grid",
    digest='database.missing_object, 400 lines\n> 201: relation "stg.orders" does not exist',
)
STEPS = (
    Step("Diagnosing orders.load_stage", "diagnose_failure", {"dag_id": "orders"}, 812, 900),
    Step("Reading the log of try 2", "get_task_log", {"try_number": 2}, 140, 320),
    Step("Reading what changed", "find_changes", {}, 95, 40, failed=True),
)
FOUND = Found(LOAD, STEPS, "model", seconds=38.2, model_turns=3, tokens=9_000)
UNKNOWN = Found(
    Diagnosis(
        dag_id="orders",
        task_id="load_stage",
        run_id=RUN,
        cause_line="Task exited with return code 1",
        evidence=[
            Evidence(
                id=1, kind="log", quote="Task exited with return code 1", place="task log, try 1"
            )
        ],
        not_checked=[NotChecked(what="Redshift queries", why="the cluster did not answer in 5 s")],
    ),
    STEPS[:1],
    note="Gemini answered 429 (quota exceeded) three times",
    seconds=4.0,
)


def golden(name: str, value: object) -> bool:
    """True when `value` is what the file holds; UPDATE_GOLDEN=1 writes it for review."""
    path = GOLDEN / name
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


def as_json(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


def assert_slack_takes(message: Message) -> None:
    """Slack's limits, and the SDK's own model of each block."""
    assert 0 < len(message.text) <= 4_000
    assert len(message.blocks) <= 50
    assert message.size <= 13_000
    for block in message.blocks:
        parsed = Block.parse(block)
        assert parsed is not None, block
        parsed.validate_json()
        for text in texts(block):
            assert 0 < len(text["text"]) <= (3_000 if text is block.get("text") else 2_000)
        assert len(block.get("fields", [])) <= 10
    json.dumps(message.blocks, ensure_ascii=False).encode()


def assert_harmless(message: Message) -> None:
    """It mentions no one, formats nothing foreign, and links only to known hosts."""
    mrkdwn = [message.text, *(t["text"] for b in message.blocks for t in texts(b))]
    for text in mrkdwn:
        outside = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        for entity in re.findall(r"<([^>]*)>", outside):
            assert re.fullmatch(r"!date\^\d+\^[^|]+\|[^|]+", entity) or is_trusted(
                entity.partition("|")[0].replace("&amp;", "&")
            )
        bare = re.sub(r"<[^>]*>", "", outside)
        assert not re.search(r"\w\.\w*[^\W\d]|://|[@#`]|<|(?<!\S)_|~\S", bare), bare
    for url in urls(message.blocks):
        assert is_trusted(url)
    assert not re.search(r"<(?:!channel|!here|@U)", json.dumps(message.blocks))


def texts(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "context":
        return list(block["elements"])
    return ([block["text"]] if "text" in block else []) + block.get("fields", [])


def urls(part: object) -> list[str]:
    if isinstance(part, list):
        return [url for item in part for url in urls(item)]
    if not isinstance(part, dict):
        return []
    return [v for k, v in part.items() if k == "url"] + urls(list(part.values()))


def words_outside_code(message: Message) -> int:
    """Words a reader reads: mrkdwn without code spans, and the plain parts of rich text."""
    said = " ".join(t["text"] for b in message.blocks for t in texts(b))
    return len(re.sub(r"`[^`\n]*`|<[^>]*>", " x ", said).split())
