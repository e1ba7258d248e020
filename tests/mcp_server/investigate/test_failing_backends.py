"""A backend that is denied, silent, throttled or broken costs its own part only."""

import asyncio

import pytest

from mcp_server.domain.airflow import Asset, Task
from mcp_server.domain.trail import TrailEvent
from mcp_server.investigate import environment, investigation, parts
from mcp_server.investigate.diagnose import Question
from tests.mcp_server.investigate.rows import (
    DAG,
    ENV,
    NIGHT,
    RUN,
    at,
)
from tests.mcp_server.investigate.rows import (
    environment as an_environment,
)
from tests.mcp_server.investigate.stories import changed, diagnosed, missed
from tests.mcp_server.investigate.world import World, asked, night

pytestmark = pytest.mark.anyio
DENIED = (
    "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject"
    " operation: User: arn:aws:sts::123456789012:assumed-role/mwaa-exec/AmazonMWAA-airflow is not"
    ' authorized to perform: s3:PutObject on resource: "arn:aws:s3:::lake/x"'
)


def denied_night() -> World:
    world = night(DENIED)
    world.tasks[DAG] = [Task("load", downstream_task_ids=("mart",)), Task("mart")]
    world.trail = [
        TrailEvent(
            at("02:12"),
            "DetachRolePolicy",
            "iam.amazonaws.com",
            "alice",
            request={"roleName": "mwaa-exec", "policyArn": "arn:aws:iam::1:policy/etl"},
        )
    ]
    return world


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every limit a twentieth, so that silence is over soon."""
    for name in ("DEADLINE_S", "LOG_S", "TARGET_S", "GRACE_S"):
        monkeypatch.setattr(investigation, name, getattr(investigation, name) / 20)
    monkeypatch.setattr(parts, "LIMIT_S", 0.3)
    monkeypatch.setattr(environment, "PATIENCE_S", 0.2)


async def test_nothing_is_left_unchecked_when_everything_answers() -> None:
    found = await diagnosed(denied_night())
    assert found.not_checked == []
    assert "DetachRolePolicy by alice at 02:12Z" in changed(found)
    assert found.confidence == "high"


async def test_a_denied_trail_names_the_missing_action() -> None:
    world = denied_night()
    world.faults = {"trail.lookup": "denied"}
    found = await diagnosed(world)
    assert "cloudtrail:LookupEvents" in missed(found)
    assert (found.category, found.blocked) == ("aws.access_denied", ["mart"])


@pytest.mark.usefixtures("impatient")
async def test_a_silent_airflow_still_leaves_cause_and_changes() -> None:
    world = denied_night()
    world.faults = {"airflow": "hang"}
    found = await diagnosed(world)
    assert found.category == "aws.access_denied"
    assert "s3:PutObject" in found.cause
    assert "run, task and tries (Airflow REST)" in missed(found)


@pytest.mark.usefixtures("impatient")
async def test_a_silent_environment_is_passed_over() -> None:
    world = denied_night()
    world.faults = {"environments": "hang"}
    found = await diagnosed(world)
    assert found.category == "aws.access_denied"
    assert "alice" in changed(found)


async def test_a_denied_airflow_leaves_what_the_log_and_the_trail_say() -> None:
    world = denied_night()
    world.faults = {"airflow": "denied"}
    found = await diagnosed(world)
    assert found.category == "aws.access_denied"
    assert found.run_id == RUN
    assert "alice" in changed(found)


async def test_a_denied_event_log_is_missed_only_where_the_playbook_wants_it() -> None:
    world = denied_night()
    world.faults = {"airflow.event_logs": "denied"}
    assert missed(await diagnosed(world)) == ""
    code = night("KeyError: 'x'")
    code.faults = {"airflow.event_logs": "denied"}
    assert "event log" in missed(await diagnosed(code))


async def test_unread_assets_do_not_cost_the_blocked_tasks() -> None:
    world = denied_night()
    world.assets = [Asset("x", ((DAG, "load"),), ("later",))]
    world.faults = {"airflow.assets": "throttled"}
    found = await diagnosed(world)
    assert found.blocked == ["mart"]
    assert "what waits for it" in missed(found)


async def test_denied_logs_leave_the_alerts_own_words() -> None:
    world = denied_night()
    world.faults = {"logs": "denied", "airflow.task_log": "denied"}
    found = await diagnosed(world, said='ProgrammingError: relation "stg.x" does not exist')
    assert found.category == "database.missing_object"
    assert found.confidence != "high"
    assert found.evidence[0].kind == "alert"
    assert "task log" in missed(found)


async def test_nothing_to_be_had_is_inconclusive_and_said_plainly() -> None:
    world = denied_night()
    world.faults = {"logs": "denied", "airflow": "denied", "environments": "denied"}
    found = await diagnosed(world)
    assert found.confidence == "inconclusive"
    assert found.cause.startswith("The cause was not found")
    assert found.not_checked
    told, opened = found.next_steps
    assert "Not checked" in told
    assert "`de-agent-mcp doctor`" in told
    assert opened == "Open the log of `load` in Airflow and look at its last lines."


async def test_a_bug_in_one_probe_costs_that_probe_alone() -> None:
    world = denied_night()
    world.faults = {"trail.lookup": "broken"}
    found = await diagnosed(world)
    assert found.category == "aws.access_denied"
    assert parts.OWN_FAULT in missed(found)


async def test_a_call_that_is_throttled_is_said_to_be() -> None:
    world = denied_night()
    world.faults = {"trail.lookup": "throttled"}
    assert "throttled" in missed(await diagnosed(world))


async def test_of_several_environments_the_one_that_knows_the_run_is_read() -> None:
    world = denied_night()
    world.environments = [an_environment("a-dev"), an_environment(ENV)]
    world.runs_in = {ENV}
    found = await diagnosed(world)
    assert found.environment == ENV


async def test_an_environment_hint_may_be_the_web_servers_host() -> None:
    world = denied_night()
    world.environments = [
        an_environment("a-dev", webserver_url="a.airflow.amazonaws.com"),
        an_environment(ENV, webserver_url="b.airflow.amazonaws.com"),
    ]
    found = await diagnosed(world, environment="https://b.airflow.amazonaws.com/dags/orders/grid")
    assert found.environment == ENV


async def test_a_clash_of_environments_is_said() -> None:
    world = denied_night()
    world.environments = [an_environment(ENV), an_environment("twin")]
    found = await diagnosed(world)
    assert "both know it" in missed(found)


async def test_without_run_and_task_the_last_failure_before_the_alert_is_meant() -> None:
    world = denied_night()
    found = await diagnosed(world, run_id="", task_id="")
    assert (found.run_id, found.task_id) == (RUN, "load")


async def test_without_airflow_the_streams_show_which_try_failed() -> None:
    world = denied_night()
    world.faults = {"airflow": "denied"}
    world.log("fine", "{a.py:1} INFO - all well")
    found = await diagnosed(world, run_id="", task_id="")
    assert (found.run_id, found.task_id) == (RUN, "load")
    assert found.category == "aws.access_denied"


async def test_a_logical_date_finds_its_run() -> None:
    found = await diagnosed(denied_night(), run_id="", logical_date="2026-11-21T03:00:00+00:00")
    assert found.run_id == RUN


async def test_logs_only_asks_neither_airflow_nor_the_probes() -> None:
    world = denied_night()
    found = await diagnosed(world, depth="logs")
    assert found.category == "aws.access_denied"
    assert not [call for call in world.calls if call.startswith(("airflow.", "trail."))]


async def test_the_same_question_asked_at_once_is_investigated_once() -> None:
    world = denied_night()
    investigations = world.investigations()
    answers = await asyncio.gather(*(investigations.diagnose(asked()) for _ in range(5)))
    await investigations.close()
    assert len({answer.cause for answer in answers}) == 1
    assert world.calls.count("airflow.dag") == 1


async def test_a_snapshot_tells_what_is_still_being_read() -> None:
    world = denied_night()
    world.faults = {"trail.lookup": "hang"}
    investigations = world.investigations()
    early = await investigations.diagnose(asked(), wait_seconds=0.3)
    await investigations.close()
    assert early.category == "aws.access_denied"
    assert parts.STILL_READING in missed(early)


async def test_closing_leaves_no_task_behind() -> None:
    world = denied_night()
    world.faults = {"trail.lookup": "hang", "airflow.tasks": "hang"}
    before = asyncio.all_tasks()
    investigations = world.investigations()
    await investigations.diagnose(asked(), wait_seconds=0.2)
    await investigations.close()
    assert asyncio.all_tasks() == before


async def test_a_caller_that_gives_up_does_not_end_the_investigation() -> None:
    world = denied_night()
    world.latency_s = 0.01
    investigations = world.investigations()
    impatient_one = asyncio.create_task(investigations.diagnose(asked()))
    await asyncio.sleep(0)
    impatient_one.cancel()
    found = await investigations.diagnose(asked())
    await investigations.close()
    assert found.confidence == "high"
    assert world.calls.count("airflow.dag") == 1


async def test_a_failure_without_any_id_is_not_guessed_at() -> None:
    world = denied_night()
    investigations = world.investigations()
    question = Question(dag_id="", at=NIGHT, said="KeyError: 'x'")
    found = await investigations.diagnose(question)
    await investigations.close()
    assert (found.run_id, found.task_id) == ("", "")
    assert found.category == "python.code_error"


async def test_the_run_itself_is_no_earlier_run_where_airflow_cannot_describe_it(
    impatient: None,
) -> None:
    world = denied_night()
    world.faults = {"airflow.dag_run": "hang"}
    found = await diagnosed(world)
    assert not found.recurring, found.before
    assert found.category == "aws.access_denied"
