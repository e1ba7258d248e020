"""Airflow 3's REST objects (`/api/v2`): each field in the answer and its value when not said.

Fields as apache/airflow's v2-rest-api-generated.yaml and a recorded 3.3.2 give them.
"""

from sandbox.airflow.shapes_v1 import TIME_DELTA, Shape

DAG: Shape = {
    "dag_id": None, "dag_display_name": None, "is_paused": False, "is_stale": False,
    "last_parsed_time": None, "last_parse_duration": None, "last_expired": None,
    "bundle_name": "dags-folder", "bundle_version": None, "relative_fileloc": None,
    "fileloc": None, "description": None, "timetable_summary": None,
    "timetable_description": None, "timetable_partitioned": False, "timetable_periodic": False,
    "tags": [], "max_active_tasks": 16, "max_active_runs": 16,
    "max_consecutive_failed_dag_runs": 0, "has_task_concurrency_limits": False,
    "has_import_errors": False, "next_dagrun_logical_date": None,
    "next_dagrun_data_interval_start": None, "next_dagrun_data_interval_end": None,
    "next_dagrun_run_after": None, "allowed_run_types": None, "owners": [],
    "is_backfillable": False, "file_token": None,
}  # fmt: skip

DAG_DETAILS: Shape = {
    **DAG, "catchup": False, "dag_run_timeout": None, "asset_expression": None, "doc_md": None,
    "start_date": None, "end_date": None, "is_paused_upon_creation": None, "params": {},
    "render_template_as_native_obj": False, "template_search_path": None, "timezone": "UTC",
    "last_parsed": None, "default_args": {}, "owner_links": {}, "is_favorite": False,
    "active_runs_count": 0, "concurrency": 16, "latest_dag_version": None,
}  # fmt: skip

TASK: Shape = {
    "task_id": None, "task_display_name": None, "owner": "airflow", "start_date": None,
    "end_date": None, "trigger_rule": "all_success", "depends_on_past": False,
    "wait_for_downstream": False, "retries": 0.0, "queue": "default", "pool": "default_pool",
    "pool_slots": 1.0, "execution_timeout": None, "retry_delay": TIME_DELTA,
    "retry_exponential_backoff": 0, "priority_weight": 1.0, "weight_rule": "downstream",
    "ui_color": "#fff", "ui_fgcolor": "#000", "template_fields": [], "downstream_task_ids": [],
    "doc_md": None, "operator_name": None, "params": {}, "class_ref": None, "is_mapped": False,
    "extra_links": [],
}  # fmt: skip

DAG_RUN: Shape = {
    "dag_run_id": None, "dag_id": None, "logical_date": None, "queued_at": None,
    "start_date": None, "end_date": None, "duration": None, "data_interval_start": None,
    "data_interval_end": None, "run_after": None, "last_scheduling_decision": None,
    "run_type": None, "state": None, "triggered_by": None, "triggering_user_name": None,
    "conf": {}, "note": None, "dag_versions": [], "bundle_version": None,
    "dag_display_name": None, "partition_key": None, "partition_date": None,
}  # fmt: skip

TASK_TRY: Shape = {
    "task_id": None, "dag_id": None, "dag_run_id": None, "map_index": -1, "start_date": None,
    "end_date": None, "duration": None, "state": None, "try_number": 0, "max_tries": 0,
    "task_display_name": None, "dag_display_name": None, "hostname": "", "unixname": "airflow",
    "pool": "default_pool", "pool_slots": 1, "queue": "default", "priority_weight": 1,
    "operator": None, "operator_name": None, "queued_when": None, "scheduled_when": None,
    "pid": None, "executor": None, "executor_config": "{}", "dag_version": None,
}  # fmt: skip

TASK_INSTANCE: Shape = {
    "id": None, **TASK_TRY, "logical_date": None, "run_after": None, "note": None,
    "rendered_map_index": None, "rendered_fields": {}, "trigger": None, "triggerer_job": None,
}  # fmt: skip

# As 3.1 and later; Airflow 3.0 said consuming_dags for scheduled_dags.
ASSET: Shape = {
    "id": None, "name": None, "uri": None, "group": "asset", "extra": {}, "created_at": None,
    "updated_at": None, "scheduled_dags": [], "producing_tasks": [], "consuming_tasks": [],
    "aliases": [], "watchers": [], "last_asset_event": None,
}  # fmt: skip

SHAPES: dict[str, Shape] = {
    "dag": DAG,
    "dag_details": DAG_DETAILS,
    "task": TASK,
    "dag_run": DAG_RUN,
    "task_instance": TASK_INSTANCE,
    "task_try": TASK_TRY,
    "import_error": {
        "import_error_id": None, "timestamp": None, "filename": None,
        "bundle_name": "dags-folder", "stack_trace": None,
    },
    "event_log": {
        "event_log_id": None, "when": None, "dag_id": None, "task_id": None, "run_id": None,
        "map_index": None, "try_number": None, "event": None, "logical_date": None,
        "owner": None, "extra": None, "dag_display_name": None, "task_display_name": None,
    },
    "pool": {
        "name": None, "slots": 128, "description": None, "include_deferred": False,
        "occupied_slots": 0, "running_slots": 0, "queued_slots": 0, "scheduled_slots": 0,
        "open_slots": 0, "deferred_slots": 0, "team_name": None,
    },
    "dag_warning": {
        "dag_id": None, "warning_type": None, "message": None, "timestamp": None,
        "dag_display_name": None,
    },
    "dag_version": {
        "id": None, "version_number": 1, "dag_id": None, "bundle_name": "dags-folder",
        "bundle_version": None, "created_at": None, "dag_display_name": None, "bundle_url": None,
    },
    "asset": ASSET,
    "asset_event": {
        "id": None, "asset_id": None, "uri": None, "name": None, "group": "asset", "extra": {},
        "source_task_id": None, "source_dag_id": None, "source_run_id": None,
        "source_map_index": -1, "created_dagruns": [], "timestamp": None, "partition_key": None,
    },
    "queued_event": {
        "dag_id": None, "asset_id": None, "created_at": None, "dag_display_name": None,
    },
}  # fmt: skip
