"""A line is weighed by what stands around it."""

from mcp_server.diagnostics.cause import diagnose_log

PLACE = '  File "/opt/airflow/dags/d.py", line 3, in f\n    raise x\n'
ENDED = "[2026-03-12, 02:00:09 UTC] {taskinstance.py:2905} ERROR - Task failed with exception\n"
TRACEBACK = f"Traceback (most recent call last):\n{PLACE}"


def said(level: str, text: str) -> str:
    return f"[2026-03-12, 02:00:05 UTC] {{d.py:9}} {level} - {text}\n"


def test_what_fails_after_the_end_is_not_the_cause() -> None:
    log = (
        f"{ENDED}{TRACEBACK}KeyError: 'price'\n"
        + said("ERROR", "could not post the alert")
        + f"{TRACEBACK}requests.exceptions.ConnectionError: Connection refused\n"
    )
    assert "KeyError" in diagnose_log([log]).cause_line


def test_a_failure_of_the_notifier_is_known_by_its_frames() -> None:
    mail = '  File "/x/airflow/utils/email.py", line 268, in send_mime_email\n    smtp()\n'
    log = (
        f"{TRACEBACK}KeyError: 'price'\n\nDuring handling of the above exception:\n\n"
        f"Traceback (most recent call last):\n{mail}ConnectionRefusedError: Connection refused\n"
    )
    assert "KeyError" in diagnose_log([log]).cause_line


def test_what_was_tried_again_with_success_loses_to_what_ended_the_task() -> None:
    log = (
        said("ERROR", "connection to server at db failed: timeout expired")
        + said("INFO", "retrying in 5 seconds")
        + said("INFO", "connected")
        + f"{ENDED}{TRACEBACK}ValueError: bad header\n"
    )
    assert diagnose_log([log]).cause_line == "ValueError: bad header"


def test_what_was_tried_again_in_vain_is_the_cause() -> None:
    failed = said("ERROR", "connection to server at db failed: timeout expired")
    log = (
        failed
        + said("INFO", "retrying in 5 seconds")
        + failed
        + f"{ENDED}{TRACEBACK}airflow.exceptions.AirflowException: gave up\n"
    )
    assert "timeout expired" in diagnose_log([log]).cause_line


def test_what_the_task_said_calmly_it_survived() -> None:
    log = said("INFO", "HTTP 404 for page 88, end of data") + (
        f"{ENDED}{TRACEBACK}KeyError: 'XAF'\n"
    )
    assert "KeyError" in diagnose_log([log]).cause_line


def test_the_words_of_a_program_beat_the_wrapper_around_it() -> None:
    log = (
        said("INFO", "rsync: [sender] change_dir /exports failed: nothing there (13)")
        + f"{ENDED}{TRACEBACK}airflow.exceptions.AirflowException:"
        + " SSH operator error: exit status = 23\n"
    )
    found = diagnose_log([log])
    assert found.cause_line.startswith("rsync")
    assert found.category == "bash.nonzero_exit"


def test_code_in_a_traceback_that_lost_its_indentation_is_no_cause() -> None:
    log = (
        'Traceback (most recent call last):\nFile "/x/d.py", line 1, in f\n'
        "raise ValueError('no such table: t')\nValueError: wrong day\n"
    )
    assert diagnose_log([log]).cause_line == "ValueError: wrong day"


def test_on_airflow_3s_page_the_last_exception_is_the_root() -> None:
    frame = 'File "/x/task_runner.py", line 920 in run\n\n'
    log = (
        "[2026-01-19, 09:35:27] ERROR - Task failed with exception\n"
        f"LoadFailure: day\n{frame}{frame}BadRowFailure: row\n{frame}"
    )
    assert "BadRowFailure" in diagnose_log([log]).cause_line


def test_a_timeout_in_a_drivers_frames_is_the_databases() -> None:
    driver = '  File "/x/redshift_connector/core.py", line 9, in _read\n    recv()\n'
    log = f"Traceback (most recent call last):\n{driver}TimeoutError: timed out\n"
    assert diagnose_log([log]).category == "database.connection"
    plain = f"{TRACEBACK}TimeoutError: timed out\n"
    assert diagnose_log([plain]).category == "network.unreachable"


def test_a_database_error_without_a_model_is_dbts_own_connection() -> None:
    log = (
        "02:00:00  Running with dbt=1.8.0\n02:00:09  Encountered an error:\nDatabase Error\n"
        '  connection to server at "dw" failed: Connection timed out\n'
    )
    assert diagnose_log([log]).category == "dbt.runtime_error"
    refused = log.replace("connection to server", 'permission denied for table "x" # ')
    assert diagnose_log([refused]).category == "dbt.database_error"


def test_a_pods_event_tells_more_than_that_it_took_long() -> None:
    log = (
        said("WARNING", "FailedScheduling: 0/3 nodes are available: 3 Insufficient memory.")
        + f"{ENDED}{TRACEBACK}x.PodLaunchFailedException: Pod took longer than 120 seconds\n"
    )
    found = diagnose_log([log])
    assert "Insufficient memory" in found.cause_line
    assert found.category == "kubernetes.pod_failure"


def test_a_message_of_a_word_or_two_is_quoted_with_its_line() -> None:
    assert diagnose_log([said("ERROR", "Disk Full")]).cause_line.endswith("ERROR - Disk Full")


def test_an_import_that_failed_earlier_does_not_colour_the_tasks_own_error() -> None:
    log = (
        said("ERROR", "Failed to import: /opt/airflow/dags/other.py")
        + said("INFO", "Running <TaskInstance: a.b x [running]> on host w")
        + f"{ENDED}{TRACEBACK}KeyError: 'price'\n"
    )
    assert diagnose_log([log]).category == "python.code_error"


def test_what_airflow_says_of_its_own_reading_of_the_log_is_no_cause() -> None:
    log = (
        "*** Unable to read remote logs from Cloudwatch (log_group: a-Task, log_stream: b)\n"
        "*** An error occurred (ResourceNotFoundException) when calling the GetLogEvents operation:"
        " The specified log stream does not exist.\n"
    )
    alone = diagnose_log([log])
    assert (alone.category, alone.confidence) != ("aws.not_found", "high")
    found = diagnose_log([log, "ValueError: bad row 7\n"])
    assert found.cause_line == "ValueError: bad row 7"
