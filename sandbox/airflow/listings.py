"""Which filters and orders each list endpoint has, by REST version.

Version 1 from openapi/v1.yaml of 2.10 (it refuses whatever is not here), version 2 from
v2-rest-api-generated.yaml (it passes over what it does not know).
"""

from sandbox.airflow.listing import Listing

_RUN_DATES_V2 = ("logical_date", "run_after", "start_date", "end_date", "updated_at", "duration")
_INSTANCE_V1 = Listing(
    "task_instance",
    "task_instances",
    dates=("execution_date", "start_date", "end_date", "updated_at", "duration"),
    equals=("state", "pool", "queue", "executor"),
)
_INSTANCE_V2 = Listing(
    "task_instance",
    "task_instances",
    dates=_RUN_DATES_V2,
    equals=("state", "pool", "queue", "executor", "operator", "task_id", "map_index", "try_number"),
    patterns=(
        ("task_display_name_pattern", "task_display_name"),
        ("dag_id_pattern", "dag_id"),
        ("run_id_pattern", "dag_run_id"),
    ),
    order=(
        "id", "state", "duration", "start_date", "end_date", "map_index", "try_number",
        "logical_date", "run_after", "operator", "task_display_name", "pool", "queue",
        "queued_when", "dag_id", "run_id", "task_id",
    ),
    default="map_index",
    more=("total_entries_limit", "next_cursor", "previous_cursor"),
)  # fmt: skip
_TRIES = Listing("task_try", "task_instances")
_DAGS_ORDER_V2 = (
    "dag_id", "dag_display_name", "next_dagrun", "state", "start_date", "last_run_state",
    "last_run_start_date",
)  # fmt: skip

LISTINGS: dict[int, dict[str, Listing]] = {
    1: {
        "dags": Listing(
            "dag",
            "dags",
            patterns=(("dag_id_pattern", "dag_id"),),
            order=("dag_id",),
            default="dag_id",
            others=("tags", "only_active", "paused", "fields"),
        ),
        "tasks": Listing("task", "tasks"),
        "dag_runs": Listing(
            "dag_run",
            "dag_runs",
            dates=("execution_date", "start_date", "end_date", "updated_at"),
            equals=("state",),
            order=(
                "id", "state", "dag_id", "execution_date", "dag_run_id", "start_date", "end_date",
                "updated_at", "external_trigger", "conf",
            ),
            default="id",
            others=("fields",),
        ),
        "task_instances": _INSTANCE_V1,
        "mapped": Listing(
            "task_instance",
            "task_instances",
            dates=_INSTANCE_V1.dates,
            equals=_INSTANCE_V1.equals,
            order=("start_date", "end_date", "duration", "state", "map_index", "try_number"),
            default="map_index",
        ),
        "tries": _TRIES,
        "import_errors": Listing(
            "import_error",
            "import_errors",
            order=("import_error_id", "timestamp", "filename", "stack_trace"),
            default="import_error_id",
        ),
        "event_logs": Listing(
            "event_log",
            "event_logs",
            equals=("dag_id", "task_id", "run_id", "map_index", "try_number", "event", "owner"),
            order=(
                "event_log_id", "when", "dag_id", "task_id", "run_id", "event", "execution_date",
                "owner", "extra",
            ),
            default="event_log_id",
            others=("before", "after", "included_events", "excluded_events"),
        ),
        "pools": Listing("pool", "pools", order=("name", "slots", "id"), default="name"),
        "dag_warnings": Listing(
            "dag_warning",
            "dag_warnings",
            equals=("dag_id", "warning_type"),
            order=("dag_id", "warning_type", "message", "timestamp"),
            default="dag_id",
        ),
        "assets": Listing(
            "asset",
            "datasets",
            patterns=(("uri_pattern", "uri"),),
            order=("id", "uri", "created_at", "updated_at"),
            default="id",
            others=("dag_ids",),
        ),
        "asset_events": Listing(
            "asset_event",
            "dataset_events",
            equals=(
                "dataset_id", "source_dag_id", "source_task_id", "source_run_id",
                "source_map_index",
            ),
            order=(
                "source_dag_id", "source_task_id", "source_run_id", "source_map_index",
                "timestamp",
            ),
            default="timestamp",
        ),
        "upstream_events": Listing("asset_event", "dataset_events"),
        "queued_events": Listing("queued_event", "queued_events", others=("before",)),
    },
    2: {
        "dags": Listing(
            "dag",
            "dags",
            patterns=(
                ("dag_id_pattern", "dag_id"),
                ("dag_display_name_pattern", "dag_display_name"),
            ),
            equals=("bundle_name", "bundle_version"),
            order=_DAGS_ORDER_V2,
            default="dag_id",
        ),
        "tasks": Listing("task", "tasks"),
        "dag_runs": Listing(
            "dag_run",
            "dag_runs",
            dates=_RUN_DATES_V2,
            equals=("state", "run_type", "bundle_version"),
            patterns=(
                ("run_id_pattern", "dag_run_id"),
                ("dag_id_pattern", "dag_id"),
                ("triggering_user_name_pattern", "triggering_user_name"),
            ),
            order=(
                "id", "state", "dag_id", "run_id", "dag_run_id", "logical_date", "run_after",
                "start_date", "end_date", "updated_at", "conf", "duration",
            ),
            default="id",
        ),
        "task_instances": _INSTANCE_V2,
        "mapped": _INSTANCE_V2,
        "tries": _TRIES,
        "import_errors": Listing(
            "import_error",
            "import_errors",
            patterns=(("filename_pattern", "filename"),),
            order=("id", "import_error_id", "timestamp", "filename", "bundle_name", "stacktrace"),
            default="import_error_id",
        ),
        "event_logs": Listing(
            "event_log",
            "event_logs",
            equals=("dag_id", "task_id", "run_id", "map_index", "try_number", "event", "owner"),
            patterns=(
                ("dag_id_pattern", "dag_id"),
                ("task_id_pattern", "task_id"),
                ("run_id_pattern", "run_id"),
                ("owner_pattern", "owner"),
                ("event_pattern", "event"),
            ),
            order=(
                "id", "event_log_id", "when", "dttm", "dag_id", "task_id", "run_id", "event",
                "logical_date", "owner", "extra",
            ),
            default="event_log_id",
        ),
        "pools": Listing(
            "pool",
            "pools",
            patterns=(("pool_name_pattern", "name"),),
            order=("id", "name", "slots"),
            default="name",
        ),
        "dag_warnings": Listing(
            "dag_warning",
            "dag_warnings",
            equals=("dag_id", "warning_type"),
            order=("dag_id", "warning_type", "message", "timestamp"),
            default="dag_id",
        ),
        "dag_versions": Listing(
            "dag_version",
            "dag_versions",
            equals=("version_number", "bundle_name", "bundle_version"),
            order=("id", "version_number", "bundle_name", "bundle_version"),
            default="version_number",
        ),
        "assets": Listing(
            "asset",
            "assets",
            patterns=(("name_pattern", "name"), ("uri_pattern", "uri")),
            order=("id", "name", "uri", "created_at", "updated_at"),
            default="id",
        ),
        "asset_events": Listing(
            "asset_event",
            "asset_events",
            dates=("timestamp",),
            equals=(
                "asset_id", "source_dag_id", "source_task_id", "source_run_id",
                "source_map_index",
            ),
            order=(
                "source_dag_id", "source_task_id", "source_run_id", "source_map_index",
                "timestamp", "asset_id", "id",
            ),
            default="timestamp",
        ),
        "upstream_events": Listing("asset_event", "asset_events"),
        "queued_events": Listing("queued_event", "queued_events"),
    },
}  # fmt: skip
