"""What databases, clouds, clients and languages say of an error, one line each."""

import json
from collections import Counter
from pathlib import Path

import pytest

from mcp_server.diagnostics.cause import diagnose_log

ROWS = (Path(__file__).parent.parent / "cases/lines.jsonl").read_text("utf-8").splitlines()
LINES = [json.loads(row) for row in ROWS]
RAISED = """\
[2026-03-12T02:00:00.000+0000] {{taskinstance.py:2905}} ERROR - Task failed with exception
Traceback (most recent call last):
  File "/opt/airflow/dags/orders.py", line 14, in load
    run(step)
{line}
[2026-03-12T02:00:01.000+0000] {{taskinstance.py:1206}} INFO - Marking task as FAILED. dag_id=orders
"""


@pytest.mark.parametrize("log", ["{line}\n", RAISED], ids=["alone", "raised in a task"])
def test_an_errors_own_line_is_the_cause_and_names_its_category(log: str) -> None:
    wrong = {}
    for case in LINES:
        found = diagnose_log([log.format(line=case["line"])])
        is_right = found.category in {case["category"], *case["also_ok"]}
        is_stated = "\n" in case["line"] or case["line"][:40] in found.cause_line
        if not (is_right and is_stated):
            wrong[case["line"]] = (found.category, found.cause_line)
    assert not wrong


def test_the_catalogue_holds_each_line_once() -> None:
    assert [
        line for line, times in Counter(row["line"] for row in LINES).items() if times > 1
    ] == []
