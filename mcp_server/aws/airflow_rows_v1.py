"""Airflow 2's own: datasets, execution dates, sources by file token, logs as text."""

import ast
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mcp_server.aws.airflow_rows import Row, described, iso, moment, number, producing, said, tags
from mcp_server.domain.airflow import Asset, Dag, DagRun

# CloudWatch's reader in Airflow 2 puts the event's time before a line that tells its own.
_READER_TIME = re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] (?=\[)", re.MULTILINE)


class AirflowV1:
    """The dialect of `/api/v1`, by openapi/v1.yaml of 2.10; it refuses unknown parameters."""

    health: tuple[str, ...] = ("health",)
    assets = "datasets"
    has_dag_versions = False
    newest_runs: Mapping[str, str] = {"order_by": "-execution_date"}
    run_dates: tuple[str, ...] = ("execution_date",)
    # Task instances cannot be ordered.
    newest_instances: Mapping[str, str] = {}

    def runs_between(self, since: datetime | None, until: datetime | None) -> dict[str, str]:
        asked = {"start_date_gte": since, "start_date_lte": until}
        return {name: iso(at) for name, at in asked.items() if at}

    def dag(self, row: Row) -> Dag:
        return Dag(
            dag_id=said(row, "dag_id"),
            owners=tuple(row.get("owners") or ()),
            tags=tags(row),
            schedule=_schedule(row) or described(row),
            is_paused=bool(row.get("is_paused")),
            fileloc=said(row, "fileloc"),
            file_token=said(row, "file_token"),
            last_parsed=moment(row.get("last_parsed_time")),
            next_run_after=moment(row.get("next_dagrun_create_after")),
            max_active_runs=number(row, "max_active_runs"),
            has_import_errors=bool(row.get("has_import_errors")),
            description=said(row, "description"),
        )

    def dag_run(self, row: Row) -> DagRun:
        logical = moment(row.get("logical_date") or row.get("execution_date"))
        run_type = said(row, "run_type")
        due = moment(row.get("data_interval_end")) if run_type == "scheduled" else logical
        return DagRun(
            dag_id=said(row, "dag_id"),
            run_id=said(row, "dag_run_id"),
            state=said(row, "state"),
            run_type=run_type,
            logical_date=logical,
            run_after=due,
            queued_at=moment(row.get("queued_at")),
            start_date=moment(row.get("start_date")),
            end_date=moment(row.get("end_date")),
            note=said(row, "note"),
        )

    def asset(self, row: Row) -> Asset:
        consuming = tuple(said(dag, "dag_id") for dag in row.get("consuming_dags") or ())
        return Asset(said(row, "uri"), producing(row), consuming)

    def source_id(self, dag: Dag) -> str:
        return dag.file_token

    def log_text(self, content: Any) -> str:  # noqa: ANN401 - JSON
        """Text, the repr of a list of (host, text), or that list itself."""
        pieces = _unfolded(content) if isinstance(content, str) else content
        if not isinstance(pieces, list):
            return str(pieces or "")
        return _READER_TIME.sub("", "\n".join(map(_text_of, pieces)))


def _text_of(piece: object) -> str:
    """The text of a (host, text) pair; anything else as it reads."""
    return str(piece[-1]) if isinstance(piece, (list, tuple)) and piece else str(piece)


def _unfolded(content: str) -> Any:  # noqa: ANN401 - any literal
    if not content.lstrip().startswith("[("):
        return content
    try:
        return ast.literal_eval(content.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        # Not the literal it looked like: a log line may begin so.
        return content


def _schedule(row: Row) -> str:
    """Cron text, "Dataset", a plain word for a delta, "" for none."""
    given = row.get("schedule_interval")
    if isinstance(given, Mapping):
        return said(given, "value") or _delta(given)
    return str(given or "")


def _delta(given: Row) -> str:
    parts = [
        (unit, given.get(unit))
        for unit in ("years", "months", "days", "hours", "minutes", "seconds")
    ]
    return "every " + " ".join(f"{amount} {unit}" for unit, amount in parts if amount)
