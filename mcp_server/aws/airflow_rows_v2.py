"""Airflow 3's own: assets, runs without a logical date, sources by dag id, logs as events."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mcp_server.aws.airflow_rows import Row, described, iso, moment, number, producing, said, tags
from mcp_server.domain.airflow import Asset, Dag, DagRun


class AirflowV2:
    """The dialect of `/api/v2`; unknown parameters are passed over there."""

    health: tuple[str, ...] = ("monitor", "health")
    assets = "assets"
    has_dag_versions = True
    newest_runs: Mapping[str, str] = {"order_by": "-run_after"}
    # A run by hand may have no logical date.
    run_dates: tuple[str, ...] = ("logical_date", "run_after")
    newest_instances: Mapping[str, str] = {"order_by": "-start_date"}

    def runs_between(self, since: datetime | None, until: datetime | None) -> dict[str, str]:
        asked = {"run_after_gte": since, "run_after_lte": until}
        return {name: iso(at) for name, at in asked.items() if at}

    def dag(self, row: Row) -> Dag:
        return Dag(
            dag_id=said(row, "dag_id"),
            owners=tuple(row.get("owners") or ()),
            tags=tags(row),
            schedule=said(row, "timetable_summary") or described(row),
            is_paused=bool(row.get("is_paused")),
            fileloc=said(row, "fileloc", "relative_fileloc"),
            relative_fileloc=said(row, "relative_fileloc"),
            file_token=said(row, "file_token"),
            last_parsed=moment(row.get("last_parsed_time")),
            next_run_after=moment(row.get("next_dagrun_run_after")),
            max_active_runs=number(row, "max_active_runs"),
            has_import_errors=bool(row.get("has_import_errors")),
            description=said(row, "description"),
        )

    def dag_run(self, row: Row) -> DagRun:
        return DagRun(
            dag_id=said(row, "dag_id"),
            run_id=said(row, "dag_run_id"),
            state=said(row, "state"),
            run_type=said(row, "run_type"),
            logical_date=moment(row.get("logical_date")),
            run_after=moment(row.get("run_after")),
            queued_at=moment(row.get("queued_at")),
            start_date=moment(row.get("start_date")),
            end_date=moment(row.get("end_date")),
            triggered_by=said(row, "triggering_user_name", "triggered_by"),
            note=said(row, "note"),
        )

    def asset(self, row: Row) -> Asset:
        # 3.0 said consuming_dags, 3.1 says scheduled_dags.
        dags = row.get("scheduled_dags") or row.get("consuming_dags") or ()
        consuming = tuple(said(dag, "dag_id") for dag in dags)
        return Asset(said(row, "uri", "name"), producing(row), consuming)

    def source_id(self, dag: Dag) -> str:
        return dag.dag_id

    def log_text(self, content: Any) -> str:  # noqa: ANN401 - JSON
        """One line a piece: events as the JSON objects they are in CloudWatch, text as it is."""
        if not isinstance(content, list):
            return str(content or "")
        return "\n".join(
            json.dumps(part, ensure_ascii=False) if isinstance(part, Mapping) else str(part)
            for part in content
        )
