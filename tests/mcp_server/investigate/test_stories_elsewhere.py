"""Failures whose reason stands outside the task: an install, a paused cluster, a job's own log."""

from datetime import timedelta

import pytest

from mcp_server.domain.logs import LogEvent
from mcp_server.domain.trail import TrailEvent
from mcp_server.investigate.recurrence import same_cause
from tests.mcp_server.investigate.rows import ENV, NIGHT, at, instance, ms, run
from tests.mcp_server.investigate.stories import changed, diagnosed, quotes
from tests.mcp_server.investigate.world import World, night

pytestmark = pytest.mark.anyio
INSTALL = "requirements_install_ip-10-0-0-9.eu-west-1.compute.internal_1795000000.1.log"


def event(name: str, source: str, user: str, when: str = "02:10", **request: object) -> TrailEvent:
    return TrailEvent(at(when), name, f"{source}.amazonaws.com", user, request=request)


def lines(world: World, group: str, stream: str, *said: str) -> None:
    """Events as another service writes them: without Airflow's prefix."""
    events = world.streams.setdefault(group, {}).setdefault(stream, [])
    events += [LogEvent(ms(NIGHT - timedelta(seconds=90 - n)), one) for n, one in enumerate(said)]


async def test_a_missing_module_is_traced_to_what_pip_refused_at_the_last_install() -> None:
    world = night("ModuleNotFoundError: No module named 'shapely'")
    lines(
        world,
        f"airflow-{ENV}-Worker",
        INSTALL,
        "Collecting shapely==2.1.0 (from -r requirements.txt (line 7))",
        "ERROR: Cannot install shapely==2.1.0 and numpy==1.19.5 as they conflict.",
        "The conflict is caused by:",
        "    The user requested numpy==1.19.5",
        "    shapely 2.1.0 depends on numpy>=1.21",
    )
    found = await diagnosed(world)
    assert "pip said at the last install: ERROR: Cannot install shapely==2.1.0" in found.cause
    assert "shapely 2.1.0 depends on numpy>=1.21" in quotes(found)
    assert "The conflict is caused by" not in quotes(found)
    assert found.next_steps[0] == f"Resolve what pip refused at the last install (`{INSTALL}`)."


async def test_an_install_that_went_well_says_nothing() -> None:
    world = night("ModuleNotFoundError: No module named 'shapely'")
    lines(world, f"airflow-{ENV}-Worker", INSTALL, "Successfully installed numpy-1.26.4")
    found = await diagnosed(world)
    assert "pip" not in found.cause
    assert INSTALL not in quotes(found)


async def test_of_a_paused_cluster_the_first_step_is_to_resume_it() -> None:
    host = "dw.c1abc.eu-west-1.redshift.amazonaws.com"
    world = night(f'psycopg2.OperationalError: could not connect to "{host}": Connection timed out')
    world.trail = [event("PauseCluster", "redshift", "saver", clusterIdentifier="dw")]
    found = await diagnosed(world)
    assert found.next_steps[0] == "Resume `dw`, or ask `saver`, who stopped it."


async def test_a_cluster_that_was_resumed_since_is_not_to_be_resumed() -> None:
    host = "dw.c1abc.eu-west-1.redshift.amazonaws.com"
    world = night(f'psycopg2.OperationalError: could not connect to "{host}": Connection timed out')
    world.trail = [
        event("PauseCluster", "redshift", "saver", "01:00", clusterIdentifier="dw"),
        event("ResumeCluster", "redshift", "saver", "02:55", clusterIdentifier="dw"),
    ]
    found = await diagnosed(world)
    assert not [step for step in found.next_steps if step.startswith("Resume")]


async def test_glues_own_reason_is_read_and_the_change_of_the_job_is_asked_about() -> None:
    world = night(
        "{glue.py:1} INFO - Initializing AWS Glue Job: silver. Wait for completion: True",
        "airflow.exceptions.AirflowException: Exiting Job jr_77ab Run State: FAILED",
    )
    reason = (
        '{"Event":"GlueETLJobExceptionEvent","Failure Reason":"AnalysisException:'
        ' cannot resolve \'total\' given input columns: [id, \\"sum\\"]\\n  at line 3"}'
    )
    lines(
        world, "/aws-glue/jobs/error", "jr_77ab", f"ERROR GlueExceptionAnalysisListener: {reason}"
    )
    world.trail = [event("UpdateJob", "glue", "w.chen", jobName="silver", jobUpdate={"timeout": 9})]
    found = await diagnosed(world)
    assert "cannot resolve 'total' given input columns: [id, \"sum\"]" in quotes(found)
    assert "Failure Reason" not in quotes(found)
    assert "UpdateJob by w.chen at 02:10Z: jobName silver, timeout 9" in changed(found)
    assert found.next_steps[0].startswith("Ask `w.chen` about the change of `silver`")
    assert not [step for step in found.next_steps if step.startswith("Open")]


async def test_a_command_that_is_gone_points_to_the_update_of_the_environment() -> None:
    world = night(
        "{subprocess.py:1} INFO - bash: line 1: lftp: command not found",
        "{subprocess.py:1} INFO - Command exited with return code 127",
        "airflow.exceptions.AirflowException: Bash command failed. The command returned a"
        " non-zero exit code 127.",
    )
    world.trail = [
        event(
            "UpdateEnvironment", "airflow", "b.costa", Name=ENV, StartupScriptS3ObjectVersion="q7"
        )
    ]
    found = await diagnosed(world)
    assert found.confidence == "medium"
    assert "StartupScriptS3ObjectVersion q7" in changed(found)
    assert found.next_steps[0].startswith("Ask `b.costa` what the last update")


async def test_of_several_clusters_the_full_one_is_named_as_a_lead_alone() -> None:
    world = night("psycopg2.errors.InternalError_: Disk Full")
    key = ("AWS/Redshift", "PercentageDiskSpaceUsed")
    world.metrics[(*key, "ClusterIdentifier=dw-a")] = [(at("03:00"), 99.0)]
    world.metrics[(*key, "ClusterIdentifier=dw-b")] = [(at("03:00"), 31.0)]
    found = await diagnosed(world)
    assert "PercentageDiskSpaceUsed max 99 % at 03:00Z (cluster dw-a)" in quotes(found)
    assert "dw-b" not in quotes(found)
    assert "full at" not in found.cause


def silent(*minutes: int) -> World:
    world = night()
    world.instances = [instance("load", start_date=None, queued_when=at("02:40"))]
    points = [(NIGHT - timedelta(minutes=one), 6.0) for one in minutes]
    key = ("AmazonMWAA", "SchedulerHeartbeat", f"Environment={ENV},Function=Scheduler")
    world.metrics[key] = sorted(points)
    return world


async def test_a_scheduler_that_was_silent_for_a_while_is_told_with_both_ends() -> None:
    found = await diagnosed(silent(30, 29, 28, 27, 26, 25, 1, 0))
    assert "SchedulerHeartbeat missing since 02:39Z until 03:03Z" in quotes(found)


async def test_a_heartbeat_that_is_written_every_five_minutes_is_no_silence() -> None:
    found = await diagnosed(silent(30, 25, 20, 15, 10, 5, 1))
    assert "SchedulerHeartbeat" not in quotes(found)


async def test_a_success_in_a_later_run_is_a_recovery_and_one_in_an_older_run_is_none() -> None:
    later, older = "scheduled__2026-11-22T03:00:00+00:00", "scheduled__2026-11-20T03:00:00+00:00"
    world = night()
    world.runs += [run(later, "success"), run(older, "success")]
    fine = {"start_date": at("04:00"), "end_date": at("04:12")}
    world.instances += [instance("load", "success", run_id=older, **fine)]
    assert (await diagnosed(world, depth="state")).recovered == ""
    world.instances += [
        instance("load", "success", run_id=later, **fine),
        instance("other", "success", run_id=later, end_date=at("03:30")),
    ]
    assert (await diagnosed(world, depth="state")).recovered == f"04:12, in run {later}"


async def test_airflows_own_words_on_a_failure_prove_nothing() -> None:
    world = night(
        "KeyError: 'campaign'",
        "{taskinstance.py:1} INFO - Marking task as FAILED. dag_id=orders",
        "Failed to execute job 812 for task load ('campaign'; 4411)",
    )
    assert quotes(await diagnosed(world)) == "KeyError: 'campaign'"


def test_the_same_page_with_another_cursor_is_the_same_cause() -> None:
    page = "429 Client Error for url: https://ads.example.com/act_{}?after={}"
    assert same_cause(page.format("8<n>", "QVFIUm"), page.format("7<n>", "Qk9x0"))
    assert not same_cause(page.format("1", "a"), page.replace("act_", "users/").format("1", "a"))
