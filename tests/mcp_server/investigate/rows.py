"""Rows of one night: runs, task instances, queries, an environment."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from mcp_server.domain.airflow import (
    DagRun,
    Environment,
    LogGroup,
    TaskInstance,
)

NIGHT = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)

RUN = "scheduled__2026-11-21T03:00:00+00:00"

DAG = "orders"

ENV = "de-prod"


def at(text: str) -> datetime:
    """Read "03:04" of the night, or a whole ISO time without zone."""
    if len(text) <= 8:
        return datetime.fromisoformat(f"2026-11-22T{text}").replace(tzinfo=UTC)
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def environment(name: str = ENV, **other: object) -> Environment:
    groups = tuple(
        LogGroup(kind, f"airflow-{name}-{kind}", True, "INFO")
        for kind in ("Task", "Scheduler", "Worker", "DAGProcessing", "WebServer")
    )
    told = {"status": "AVAILABLE", "airflow_version": "2.10.3", "log_groups": groups}
    return Environment(name, **{**told, **other})


def run(run_id: str = RUN, state: str = "failed", **other: object) -> DagRun:
    day = re.search(r"\d{4}-\d\d-\d\d", run_id)
    logical = datetime.fromisoformat(f"{day[0]}T03:00:00").replace(tzinfo=UTC) if day else None
    start = logical + timedelta(days=1) if logical else NIGHT - timedelta(minutes=10)
    told = {
        "run_type": "scheduled",
        "logical_date": logical,
        "start_date": start,
        "end_date": start + timedelta(minutes=5),
    }
    return DagRun(DAG, run_id, state, **{**told, **other})


def instance(task: str, state: str = "failed", **other: object) -> TaskInstance:
    told = {
        "try_number": 1,
        "max_tries": 0,
        "operator": "PythonOperator",
        "start_date": NIGHT - timedelta(minutes=2),
        "end_date": NIGHT,
    }
    return TaskInstance(DAG, other.pop("run_id", RUN), task, state, **{**told, **other})


def query(query_id: int, text: str, **other: object) -> dict[str, Any]:
    """A row of SYS_QUERY_HISTORY."""
    told = {
        "query_id": query_id,
        "user_id": 107,
        "username": "airflow_etl",
        "session_id": 5000 + query_id % 100,
        "transaction_id": 9000 + query_id % 100,
        "status": "success",
        "query_type": "DDL",
        "start_time": at("02:41"),
        "end_time": at("02:41:02"),
        "elapsed_time": 2_000_000,
        "queue_time": 0,
        "execution_time": 2_000_000,
        "compile_time": 0,
        "planning_time": 0,
        "lock_wait_time": 0,
        "error_message": "",
        "query_text": text,
        "query_label": "default",
        "generic_query_hash": "h",
        "returned_rows": 0,
        "service_class_name": "default",
        "query_priority": "normal",
        "compute_type": "primary",
        "usage_limit": "",
        "result_cache_hit": False,
    }
    return {**told, **other}
