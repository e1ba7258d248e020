"""A failed night is read from its folder, and a wrong one says what to mend."""

import gzip
import json
from pathlib import Path

import pytest

from sandbox.incident import IncidentWrong, known, load_incident
from sandbox.incident_logs import group_name, load_logs, stream_name


def story(folder: Path, toml: str = 'now = "2026-11-22T03:04:00Z"\n', **files: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "incident.toml").write_text(toml)
    for name, content in (
        {"alert": {"type": "message", "ts": "1795316640.000100"}} | files
    ).items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize("slug", known())
def test_every_story_that_comes_along_can_be_read(slug: str) -> None:
    incident = load_incident(slug)

    assert incident.alerts
    assert incident.expect["category"]
    assert not incident.notes


def test_no_slug_names_its_cause() -> None:
    telling = {"lock", "timeout", "denied", "memory", "oom", "copy", "import", "sensor", "pool"}
    assert not [s for s in known() for word in s.split("-") if word in telling]


def test_a_path_to_a_folder_works_wherever_a_slug_does(tmp_path: Path) -> None:
    folder = story(tmp_path / "mine")

    assert load_incident(str(folder)).slug == "mine"


def test_an_unknown_slug_names_those_there_are() -> None:
    with pytest.raises(IncidentWrong, match="tin-whistle"):
        load_incident("tin-whistl")


def test_a_folder_without_its_description_is_told_apart_from_an_unknown_slug(
    tmp_path: Path,
) -> None:
    with pytest.raises(IncidentWrong, match=r"holds no incident\.toml"):
        load_incident(str(tmp_path))


def test_alerts_come_in_order_of_their_time_and_the_last_one_sets_the_clock(
    tmp_path: Path,
) -> None:
    alerts = [{"type": "message", "ts": "1795316700.0"}, {"type": "message", "ts": "1795316640.0"}]

    incident = load_incident(str(story(tmp_path / "two", alert=alerts)))

    assert [alert["ts"] for alert in incident.alerts] == ["1795316640.0", "1795316700.0"]
    assert incident.now.timestamp() == 1795316700.0


def test_an_alert_inside_its_envelope_is_taken_out(tmp_path: Path) -> None:
    wrapped = {"type": "event_callback", "event": {"type": "message", "ts": "1795316640.0"}}

    incident = load_incident(str(story(tmp_path / "wrapped", alert=wrapped)))

    assert incident.alerts[0]["type"] == "message"


def test_keys_of_expect_that_nobody_knows_leave_a_note(tmp_path: Path) -> None:
    toml = 'now = "2026-11-22T03:04:00Z"\n[expect]\ncategory = "unknown"\nmood = "bad"\n'

    incident = load_incident(str(story(tmp_path / "odd", toml)))

    assert incident.expect == {"category": "unknown"}
    assert incident.notes == ("[expect] mood is not known here",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("incident.toml", "now = ", r"incident\.toml"),
        ("incident.toml", 'now = "yesterday"', "now"),
        ("incident.toml", "[faults]\nx = 1", "faults"),
        ("alert.json", "{", r"alert\.json is no JSON"),
        ("alert.json", "[]", "a Slack event with a ts"),
        ("airflow.json", "[]", r"airflow\.json must hold one JSON object"),
        ("cloudtrail.json", "{}", r"cloudtrail\.json must hold a JSON list"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    folder = story(tmp_path / "wrong")
    (folder / name).write_text(text)

    with pytest.raises(IncidentWrong, match=said):
        load_incident(str(folder))


@pytest.mark.parametrize(
    ("file_name", "stream"),
    [
        (
            "dag_id=a__b__run_id=manual__2026-01-02T03_04_05+00_00__task_id=g.t__map_index=3__attempt=1.log.jsonl",
            "dag_id=a__b/run_id=manual__2026-01-02T03_04_05+00_00/task_id=g.t/map_index=3/attempt=1.log",
        ),
        (
            "dag_id=a__run_id=r__task_id=t__attempt=1.log.trigger.12.log.jsonl.gz",
            "dag_id=a/run_id=r/task_id=t/attempt=1.log.trigger.12.log",
        ),
        (
            "dag_processor__2026-11-23__dags-folder__x.py.log.jsonl",
            "dag_processor/2026-11-23/dags-folder/x.py.log",
        ),
        ("2026__11__22__[$LATEST]ab.jsonl", "2026/11/22/[$LATEST]ab"),
        ("scheduler_my__dag.py.log.jsonl", "scheduler_my__dag.py.log"),
    ],
)
def test_file_names_become_stream_names(file_name: str, stream: str) -> None:
    assert stream_name(file_name) == stream


def test_log_groups_with_slashes_are_written_either_way() -> None:
    assert group_name(Path("airflow-prod-Task")) == "airflow-prod-Task"
    assert group_name(Path("__aws__lambda__f")) == "/aws/lambda/f"
    assert group_name(Path("aws/lambda/f")) == "/aws/lambda/f"


def test_streams_may_be_compressed_and_hold_other_line_ends_inside_text(tmp_path: Path) -> None:
    group = tmp_path / "g"
    group.mkdir()
    row = json.dumps({"timestamp": 5, "message": "a\u2028b"}, ensure_ascii=False)
    (group / "s.jsonl.gz").write_bytes(gzip.compress(f"{row}\n\n".encode()))

    assert load_logs(tmp_path) == {"g": {"s": [(5, "a\u2028b")]}}


@pytest.mark.parametrize("row", ["{", '{"timestamp": 1}', '["x"]'])
def test_a_row_that_is_no_event_is_named_with_its_line(tmp_path: Path, row: str) -> None:
    group = tmp_path / "g"
    group.mkdir()
    (group / "s.jsonl").write_text('{"timestamp": 1, "message": "fine"}\n' + row + "\n")

    with pytest.raises(ValueError, match=r"s\.jsonl:2"):
        load_logs(tmp_path)


def test_a_compressed_stream_that_is_damaged_is_named(tmp_path: Path) -> None:
    group = tmp_path / "g"
    group.mkdir()
    (group / "s.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 50)[:-9])

    with pytest.raises(ValueError, match=r"s\.jsonl\.gz"):
        load_logs(tmp_path)


def test_what_is_no_utf_8_is_replaced_as_cloudwatch_would(tmp_path: Path) -> None:
    (tmp_path / "g").mkdir()
    rows = b'{"timestamp": 1, "message": "caf\xe9 \\ud83d"}\n'
    (tmp_path / "g" / "one.log.jsonl").write_bytes(rows)
    assert load_logs(tmp_path)["g"]["one.log"] == [(1, "caf\ufffd \ufffd")]


def test_a_group_without_streams_is_still_there(tmp_path: Path) -> None:
    (tmp_path / "airflow-prod-Task").mkdir()

    assert load_logs(tmp_path) == {"airflow-prod-Task": {}}


GOOD = {"incident.toml": 'title = "x"', "alert.json": '{"channel": "C1", "ts": "1795313943.22"}'}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("alert.json", '{"ts": "abc"}', "must hold a Slack event with a ts"),
        ("alert.json", '{"ts": null}', "must hold a Slack event with a ts"),
        ("incident.toml", "expect = 3", "[expect] must be a table"),
        ("cloudwatch.json", '{"metrics": 3}', "metrics must be a list of objects"),
        ("cloudwatch.json", '{"alarms": [3]}', "alarms must be a list of objects"),
        ("cloudtrail.json", "[3]", "must hold a JSON list of objects"),
    ],
)
def test_a_file_of_another_shape_is_named_with_what_it_must_hold(
    name: str, text: str, told: str, tmp_path: Path
) -> None:
    for file, content in {**GOOD, name: text}.items():
        (tmp_path / file).write_text(content)
    with pytest.raises(IncidentWrong) as wrong:
        load_incident(str(tmp_path))
    assert name in str(wrong.value)
    assert told in str(wrong.value)
