"""What loggers write before a message is taken off; the level stays known."""

import pytest

from mcp_server.diagnostics.lines import Numbering, lines_of

WRITTEN = [
    ("ERROR:root:it broke", "ERROR"),
    ("[ERROR] it broke", "ERROR"),
    ("ERROR [2026-03-12 02:11:00] it broke", "ERROR"),
    ("[2026-03-12T02:00:01.123+0000] {x.py:1} ERROR - it broke", "ERROR"),
    ("[2026-03-12, 02:00:01 UTC] {{x.py:1}} ERROR - it broke", "ERROR"),
    ("[2026-03-12, 02:00:01 +07] {x.py:1} ERROR - it broke", "ERROR"),
    ("[2026-03-12 02:00:01,123: ERROR/ForkPoolWorker-1] it broke", "ERROR"),
    ("[2026-03-12 02:00:11 +0000] [33] [ERROR] it broke", "ERROR"),
    ("2026-03-12T02:00:01.123456Z [error    ] it broke", "ERROR"),
    ("2026-03-12 02:00:01,123 - my.module - ERROR - it broke", "ERROR"),
    ("2026-03-12 02:00:01,123 | ERROR | it broke", "ERROR"),
    ("2026-03-12 02:00:01.123 | ERROR    | module:func:12 - it broke", "ERROR"),
    ("2026-03-12 02:00:01.123  ERROR 12 --- [   main] c.a.X   : it broke", "ERROR"),
    ("26/03/12 02:00:11 ERROR it broke", "ERROR"),
    ("2026/03/12 02:00:01 it broke", ""),
    ("Mar 12 02:00:01 host unit[1]: it broke", ""),
    ("2026-03-12T02:00:01.123456789Z stderr F it broke", ""),
    ("airflow-scheduler_1  | it broke", ""),
    ("[base] it broke", ""),
    ("##[error]it broke", ""),
    ("> it broke", ""),
    ("02:00:01  it broke", ""),
    ("02:00:01 [error] it broke", ""),
    ('time="2026-03-12T02:00:00Z" level=error msg="it broke"', "ERROR"),
    ('{"level": "error", "event": "it broke"}', "ERROR"),
    ('{"severity": "ERROR", "message": "it broke"}', "ERROR"),
    ("\x1b[31mERROR\x1b[0m - it broke\r", "ERROR"),
]


@pytest.mark.parametrize(("raw", "level"), WRITTEN, ids=lambda value: value[:30])
def test_only_the_message_is_left_of_a_line(raw: str, level: str) -> None:
    (line,) = lines_of([raw], Numbering())
    assert line.text.removeprefix("[error] ") == "it broke"
    assert line.level == level


def test_a_reason_beside_a_json_message_is_a_line_of_its_own() -> None:
    raw = '{"level": "error", "msg": "sync failed", "error": "connection refused"}'
    assert [line.text for line in lines_of([raw], Numbering())] == [
        "sync failed",
        "connection refused",
    ]
