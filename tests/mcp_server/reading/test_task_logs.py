"""Where a try's log is found, and what is said when there is none."""

from dataclasses import replace

import pytest

from mcp_server.backends import Backends
from mcp_server.domain.airflow import TaskInstance
from mcp_server.errors import AccessDenied
from mcp_server.reading.task_log import TaskLog, TaskTry, read_task_log
from sandbox.logs.streams import Stream
from tests.mcp_server.fakes import KnownEnvironments, StoredLogs, environment, stream, with_logs
from tests.mcp_server.investigate.rows import NIGHT, at
from tests.mcp_server.investigate.world import FakeAirflow, World

pytestmark = pytest.mark.anyio
RUN = "scheduled__2026-11-21T03:00:00+00:00"
RUN_FOLDER = "dag_id=orders/run_id=scheduled__2026-11-21T03_00_00+00_00"
LOAD = f"{RUN_FOLDER}/task_id=load"
TASK = "airflow-prod-Task"
SCHEDULER = "airflow-prod-Scheduler"
FAILED = "ERROR - KeyError: 'order_id'"


def tried(state: str = "failed", **known: object) -> TaskInstance:
    begun = {"try_number": 1, "start_date": at("03:00"), "end_date": NIGHT, "hostname": "ip-10"}
    return TaskInstance("orders", RUN, "load", state, **{**begun, **known})  # type: ignore[arg-type] # rows of many kinds


async def read(
    streams: dict[str, Stream], wanted: TaskTry | None = None, **more: object
) -> TaskLog:
    logs = StoredLogs({TASK: streams, SCHEDULER: {}, "airflow-prod-Worker": {}})
    return await read_task_log(
        with_logs(logs),
        environment(),
        wanted or TaskTry("orders", RUN, "load"),
        **more,  # type: ignore[arg-type] # passed through
    )


async def test_without_a_try_the_highest_attempt_is_read() -> None:
    streams: dict[str, Stream] = {
        f"{LOAD}/attempt={n}.log": stream(f"ERROR - ValueError: try {n}") for n in (1, 2, 10)
    }

    log = await read(streams)

    assert log.try_number == 10
    assert log.log_streams == (f"{LOAD}/attempt=10.log",)
    assert log.diagnosis is not None
    assert log.diagnosis.digest.startswith(f"orders.load {RUN} try 10\n")


async def test_a_mapped_instance_has_its_own_folder() -> None:
    streams: dict[str, Stream] = {
        f"{LOAD}/map_index={n}/attempt=1.log": stream(f"ERROR - ValueError: part {n}")
        for n in range(3)
    }

    log = await read(streams, TaskTry("orders", RUN, "load", 0, 2))

    assert log.log_streams == (f"{LOAD}/map_index=2/attempt=1.log",)


async def test_early_images_wrote_mapped_tasks_without_the_folder() -> None:
    log = await read(
        {f"{LOAD}/attempt=1.log": stream(FAILED)}, TaskTry("orders", RUN, "load", 1, 2)
    )

    assert log.log_streams == (f"{LOAD}/attempt=1.log",)


async def test_of_a_mapped_task_without_an_index_the_one_that_complains_is_read() -> None:
    streams: dict[str, Stream] = {
        f"{LOAD}/map_index={n}/attempt=1.log": stream(FAILED if n == 7 else "INFO - done")
        for n in range(9)
    }

    log = await read(streams)

    assert log.log_streams == (f"{LOAD}/map_index=7/attempt=1.log",)


async def test_what_the_triggerer_wrote_stands_between_the_tasks_own_lines() -> None:
    streams: dict[str, Stream] = {
        f"{LOAD}/attempt=1.log": stream("INFO - deferring", "INFO - resumed", step_ms=10_000),
        f"{LOAD}/attempt=1.log.trigger.41.log": stream(
            "ERROR - the trigger met a timeout", start_ms=1_795_316_645_000
        ),
    }

    log = await read(streams)

    assert [event.message[-8:] for event in log.events] == ["eferring", " timeout", " resumed"]
    assert len(log.log_streams) == 2
    assert log.cause_stream == f"{LOAD}/attempt=1.log.trigger.41.log"


async def test_before_airflow_2_3_streams_had_another_name() -> None:
    old = "orders/load/2026-11-21T03_00_00+00_00/2.log"

    log = await read({old: stream(FAILED)})

    assert log.log_streams == (old,)
    assert log.try_number == 2


async def test_a_missing_try_names_the_tries_that_have_a_log() -> None:
    streams: dict[str, Stream] = {f"{LOAD}/attempt={n}.log": stream(FAILED) for n in (1, 2)}

    log = await read(streams, TaskTry("orders", RUN, "load", 3), instance=tried(try_number=3))

    assert log.source == ""
    assert log.missing.startswith("No log of try 3: it began at 2026-11-22T03:00:00Z on ip-10")
    assert log.missing.endswith("Tries with a log: 1, 2.")


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        (tried(), "wrote none: its worker was most likely lost"),
        (tried("failed", start_date=None), "failed without ever starting"),
        (
            tried("queued", start_date=None, queued_when=at("02:50")),
            "it is queued since 2026-11-22T02:50:00Z and never started",
        ),
        (tried("upstream_failed", start_date=None), "a task upstream of it failed"),
        (tried("skipped", start_date=None), "it was skipped"),
        (None, "no stream of that name exists"),
    ],
)
async def test_without_a_stream_the_reason_is_said(
    instance: TaskInstance | None, reason: str
) -> None:
    log = await read({}, instance=instance)

    assert log.diagnosis is None
    assert reason in log.missing


async def test_without_a_stream_the_scheduler_is_asked_what_became_of_the_task() -> None:
    zombie = (
        f"ERROR - Detected zombie job: {{'DAG Id': 'orders', 'Run Id': '{RUN}', 'Task Id': 'load'}}"
    )
    night = round(NIGHT.timestamp() * 1000)
    said = stream("INFO - other", zombie, "ERROR - 'orders' alone", start_ms=night)
    logs = StoredLogs({TASK: {}, SCHEDULER: {"scheduler_1.log": said}})

    log = await read_task_log(
        with_logs(logs), environment(), TaskTry("orders", RUN, "load"), instance=tried()
    )

    assert [line.message for line in log.component_lines] == [zombie]
    assert log.diagnosis is not None
    assert log.diagnosis.category == "airflow.task_killed"
    assert log.source == ""
    assert "worker was most likely lost" in log.missing


async def test_what_is_said_of_the_task_at_another_time_is_left_out() -> None:
    old = stream("ERROR - Detected zombie job: 'orders' 'load'", start_ms=1_700_000_000_000)
    logs = StoredLogs({TASK: {}, SCHEDULER: {"scheduler_1.log": old}})

    log = await read_task_log(
        with_logs(logs), environment(), TaskTry("orders", RUN, "load"), instance=tried()
    )

    assert log.component_lines == ()


async def test_tries_of_other_mapped_instances_are_not_named() -> None:
    waiting = tried("upstream_failed", start_date=None, map_index=1)
    streams: dict[str, Stream] = {f"{LOAD}/map_index=0/attempt=1.log": stream("INFO - done")}

    log = await read(streams, TaskTry("orders", RUN, "load", map_index=1), instance=waiting)

    assert "a task upstream of it failed" in log.missing
    assert "Tries with a log" not in log.missing


async def test_disabled_task_logging_is_the_reason() -> None:
    logs = StoredLogs({})
    disabled = environment(enabled=False)
    disabled = replace(disabled, log_groups=())

    log = await read_task_log(
        with_logs(logs), disabled, TaskTry("orders", RUN, "load"), instance=tried()
    )

    assert log.missing.startswith("Task logging is disabled in this environment")


async def test_a_level_above_info_is_noted_beside_the_log() -> None:
    logs = StoredLogs({TASK: {f"{LOAD}/attempt=1.log": stream(FAILED)}})

    log = await read_task_log(
        with_logs(logs), environment(level="WARNING"), TaskTry("orders", RUN, "load")
    )

    assert log.notes == (
        "task logging is set to WARNING: INFO lines, where dbt and bash say the cause, are missing",
    )


class LogOverRest(FakeAirflow):
    """Has the log of any try, as a running task's web server does."""

    async def task_log(self, instance: TaskInstance) -> str:
        return f"*** Reading from worker\n[t] ERROR - ValueError: try {instance.try_number}"


class NothingOverRest(FakeAirflow):
    """What a real Airflow 2.10.5 answers for a try that has no stream."""

    async def task_log(self, instance: TaskInstance) -> str:
        return (
            "*** Unable to read remote logs from Cloudwatch (log_group: x, log_stream: y)\n"
            "*** An error occurred (ResourceNotFoundException) when calling the GetLogEvents"
            " operation: The specified log stream does not exist.\n\n"
            " INFO - ::group::Log message source details\n"
            "*** Could not read served logs: Invalid URL 'http://:8793/log/y': No host supplied\n"
            " INFO - ::endgroup::\n"
        )


def with_rest(logs: StoredLogs, kind: type[FakeAirflow]) -> Backends:
    airflow = kind(World(), "prod")
    return Backends(
        environments=KnownEnvironments(environment()), airflow=lambda _: airflow, logs=logs
    )


async def test_rest_is_asked_when_cloudwatch_has_no_stream() -> None:
    backends = with_rest(StoredLogs({TASK: {}}), LogOverRest)
    wanted = TaskTry("orders", RUN, "load", 2)

    log = await read_task_log(backends, environment(), wanted, instance=tried())

    assert log.source == "rest"
    assert log.missing == ""
    assert log.diagnosis is not None
    assert log.diagnosis.cause_line.endswith("ValueError: try 2")


async def test_a_rest_answer_that_only_says_there_is_none_is_no_log() -> None:
    backends = with_rest(StoredLogs({TASK: {}}), NothingOverRest)

    log = await read_task_log(
        backends, environment(), TaskTry("orders", RUN, "load"), instance=tried()
    )

    assert log.source == ""
    assert log.missing


async def test_refused_logs_are_read_over_rest_and_the_refusal_is_noted() -> None:
    logs = StoredLogs({TASK: {}}, ["GetLogEvents", "DescribeLogStreams", "FilterLogEvents"])
    backends = with_rest(logs, LogOverRest)

    log = await read_task_log(
        backends, environment(), TaskTry("orders", RUN, "load"), instance=tried()
    )

    assert log.source == "rest"
    assert any("logs:DescribeLogStreams" in note for note in log.notes)


async def test_when_no_way_in_is_open_the_refusal_is_raised() -> None:
    logs = StoredLogs({TASK: {}}, ["GetLogEvents", "DescribeLogStreams", "FilterLogEvents"])

    with pytest.raises(AccessDenied, match="logs:DescribeLogStreams"):
        await read_task_log(with_logs(logs), environment(), TaskTry("orders", RUN, "load"))
