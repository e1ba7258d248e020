"""What the lines of one attempt make of each other."""

import pytest

from mcp_server.diagnostics.cause import LogDiagnosis, diagnose_log

HANDLING = "\nDuring handling of the above exception, another exception occurred:\n\n"


def diagnose(*lines: str) -> LogDiagnosis:
    return diagnose_log(["\n".join(lines) + "\n"])


def test_a_shells_complaint_is_survived_when_the_program_ran_and_raised_its_own_error() -> None:
    found = diagnose(
        "/srv/run.sh: line 12: pigz: command not found",
        "Traceback (most recent call last):",
        '  File "/srv/load.py", line 9, in <module>',
        "    rows = parse(path)",
        "acme.feeds.ParseError: expected 12 columns, got 11",
    )
    assert found.cause_line == "acme.feeds.ParseError: expected 12 columns, got 11"


def test_a_shells_complaint_explains_the_error_that_airflow_raises_for_it() -> None:
    found = diagnose(
        "[2026-03-12T02:00:00.000+0000] {subprocess.py:93} INFO - "
        "/srv/run.sh: line 3: jq: command not found",
        "[2026-03-12T02:00:01.000+0000] {taskinstance.py:2905} ERROR - Task failed with exception",
        "Traceback (most recent call last):",
        '  File "/x/airflow/operators/bash.py", line 210, in execute',
        "airflow.exceptions.AirflowException: The command returned a non-zero exit code 127.",
    )
    assert found.category == "bash.nonzero_exit"
    assert "jq: command not found" in found.cause_line


@pytest.mark.parametrize(
    ("number", "category"),
    [
        ("Task exited with return code -9", "airflow.task_killed"),
        ("Container base terminated: OOMKilled, memory limit 2Gi", "resource.out_of_memory"),
    ],
)
def test_somebody_who_ended_the_task_explains_its_signal_but_no_memory_kill(
    number: str, category: str
) -> None:
    found = diagnose(
        "[2026-03-12T02:00:00.000+0000] {local_task_job_runner.py:302} WARNING - "
        "State of this instance has been externally set to failed. Terminating instance.",
        f"[2026-03-12T02:00:09.000+0000] {{local_task_job_runner.py:240}} INFO - {number}",
    )
    assert found.category == category


@pytest.mark.parametrize("tidying", ["os.remove(path)", "cursor.close()", "conn.rollback()"])
def test_what_fails_while_tidying_up_follows_from_the_first_error(tidying: str) -> None:
    found = diagnose(
        "Traceback (most recent call last):",
        '  File "/srv/load.py", line 9, in load',
        "    rows = parse(path)",
        "ValueError: could not convert string to float: 'n/a'",
        HANDLING,
        "Traceback (most recent call last):",
        '  File "/srv/load.py", line 14, in load',
        f"    {tidying}",
        "psycopg2.InterfaceError: connection already closed",
    )
    assert found.category == "python.code_error"
    assert found.cause_line.startswith("ValueError")


def test_an_error_that_wraps_another_is_no_tidying_up() -> None:
    found = diagnose(
        "Traceback (most recent call last):",
        '  File "/srv/cache.py", line 9, in get',
        "    return self.known[key]",
        "KeyError: 'orders'",
        HANDLING,
        "Traceback (most recent call last):",
        '  File "/srv/load.py", line 14, in load',
        "    hook.run(sql)",
        'psycopg2.errors.UndefinedTable: relation "orders" does not exist',
    )
    assert found.category == "database.missing_object"


@pytest.mark.parametrize(
    ("raised", "cause"),
    [
        ("acme.errors.StepError: step transform failed", "KeyError: 'eur'"),
        ("acme.errors.RateError: no rate for currency 'eur'", "acme.errors.RateError"),
    ],
)
def test_an_error_that_only_says_that_something_failed_gives_way_to_what_it_was_raised_from(
    raised: str, cause: str
) -> None:
    found = diagnose(
        "Traceback (most recent call last):",
        '  File "/srv/rates.py", line 9, in of',
        "    return self.known[currency]",
        "KeyError: 'eur'",
        "\nThe above exception was the direct cause of the following exception:\n",
        "Traceback (most recent call last):",
        '  File "/srv/run.py", line 4, in run',
        "    raise error from wrong",
        raised,
    )
    assert found.cause_line.startswith(cause)


def test_the_traceback_of_what_fails_beside_the_task_is_beside_it_too() -> None:
    found = diagnose(
        "[2026-03-12T02:00:00.000+0000] {job.py:220} ERROR - Job heartbeat got an exception",
        "Traceback (most recent call last):",
        '  File "/x/airflow/jobs/job.py", line 201, in heartbeat',
        "    session.merge(self)",
        'psycopg2.OperationalError: could not translate host name "db" to address: unknown',
        "[2026-03-12T02:00:09.000+0000] {local_task_job_runner.py:302} WARNING - "
        "State of this instance has been externally set to failed. Terminating instance.",
    )
    assert found.category == "airflow.task_killed"
