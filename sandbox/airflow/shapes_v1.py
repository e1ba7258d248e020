"""Airflow 2's REST objects (`/api/v1`): each field in the answer and its value when not said.

Fields as apache/airflow's openapi/v1.yaml and a recorded 2.10.5 give them.
"""

from typing import Any

Shape = dict[str, Any]  # Any: JSON defaults

TIME_DELTA = {"__type": "TimeDelta", "days": 0, "microseconds": 0, "seconds": 300}

DAG: Shape = {
    "dag_display_name": None, "dag_id": None, "default_view": "grid", "description": None,
    "file_token": None, "fileloc": None, "has_import_errors": False,
    "has_task_concurrency_limits": False, "is_active": True, "is_paused": False,
    "is_subdag": False, "last_expired": None, "last_parsed_time": None, "last_pickled": None,
    "max_active_runs": 16, "max_active_tasks": 16, "max_consecutive_failed_dag_runs": 0,
    "next_dagrun": None, "next_dagrun_create_after": None, "next_dagrun_data_interval_end": None,
    "next_dagrun_data_interval_start": None, "owners": [], "pickle_id": None, "root_dag_id": None,
    "schedule_interval": None, "scheduler_lock": None, "tags": [], "timetable_description": None,
}  # fmt: skip

DAG_DETAILS: Shape = {
    **DAG, "catchup": False, "concurrency": 16, "dag_run_timeout": None, "dataset_expression": None,
    "doc_md": None, "end_date": None, "is_paused_upon_creation": None, "last_parsed": None,
    "orientation": "LR", "params": {}, "render_template_as_native_obj": False, "start_date": None,
    "template_search_path": None, "timezone": "UTC",
}  # fmt: skip

TASK: Shape = {
    "class_ref": None, "depends_on_past": False, "doc_md": None, "downstream_task_ids": [],
    "end_date": None, "execution_timeout": None, "extra_links": [], "is_mapped": False,
    "operator_name": None, "owner": "airflow", "params": {}, "pool": "default_pool",
    "pool_slots": 1.0, "priority_weight": 1.0, "queue": "default", "retries": 0.0,
    "retry_delay": TIME_DELTA, "retry_exponential_backoff": False, "start_date": None,
    "task_display_name": None, "task_id": None, "template_fields": [],
    "trigger_rule": "all_success", "ui_color": "#fff", "ui_fgcolor": "#000",
    "wait_for_downstream": False, "weight_rule": "downstream",
}  # fmt: skip

DAG_RUN: Shape = {
    "conf": {}, "dag_id": None, "dag_run_id": None, "data_interval_end": None,
    "data_interval_start": None, "end_date": None, "execution_date": None,
    "external_trigger": False, "last_scheduling_decision": None, "logical_date": None,
    "note": None, "run_type": None, "start_date": None, "state": None,
}  # fmt: skip

TASK_TRY: Shape = {
    "dag_id": None, "dag_run_id": None, "duration": None, "end_date": None, "executor": None,
    "executor_config": "{}", "hostname": "", "map_index": -1, "max_tries": 0, "operator": None,
    "pid": None, "pool": "default_pool", "pool_slots": 1, "priority_weight": 1,
    "queue": "default", "queued_when": None, "start_date": None, "state": None,
    "task_display_name": None, "task_id": None, "try_number": 0, "unixname": "airflow",
}  # fmt: skip

TASK_INSTANCE: Shape = {
    **TASK_TRY, "execution_date": None, "note": None, "rendered_fields": {},
    "rendered_map_index": None, "sla_miss": None, "trigger": None, "triggerer_job": None,
}  # fmt: skip

DATASET: Shape = {
    "consuming_dags": [], "created_at": None, "extra": {}, "id": None, "producing_tasks": [],
    "updated_at": None, "uri": None,
}  # fmt: skip

DATASET_EVENT: Shape = {
    "created_dagruns": [], "dataset_id": None, "dataset_uri": None, "extra": {}, "id": None,
    "source_dag_id": None, "source_map_index": -1, "source_run_id": None, "source_task_id": None,
    "timestamp": None,
}  # fmt: skip

SHAPES: dict[str, Shape] = {
    "dag": DAG,
    "dag_details": DAG_DETAILS,
    "task": TASK,
    "dag_run": DAG_RUN,
    "task_instance": TASK_INSTANCE,
    "task_try": TASK_TRY,
    "import_error": {
        "filename": None, "import_error_id": None, "stack_trace": None, "timestamp": None,
    },
    "event_log": {
        "dag_id": None, "event": None, "event_log_id": None, "execution_date": None, "extra": None,
        "map_index": None, "owner": None, "run_id": None, "task_id": None, "try_number": None,
        "when": None,
    },
    "pool": {
        "deferred_slots": 0, "description": None, "include_deferred": False, "name": None,
        "occupied_slots": 0, "open_slots": 0, "queued_slots": 0, "running_slots": 0,
        "scheduled_slots": 0, "slots": 128,
    },
    "dag_warning": {"dag_id": None, "message": None, "timestamp": None, "warning_type": None},
    "asset": DATASET,
    "asset_event": DATASET_EVENT,
    "queued_event": {"created_at": None, "dag_id": None, "uri": None},
}  # fmt: skip
