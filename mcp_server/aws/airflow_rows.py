"""Airflow's REST rows as the domain has them, as far as versions 2 and 3 agree."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mcp_server.domain.airflow import (
    DagVersion,
    EventLog,
    Health,
    ImportFailure,
    Pool,
    Task,
    TaskInstance,
)

Row = Mapping[str, Any]  # Any: JSON
_DURATION = re.compile(
    r"(-)?P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d{1,9})?)S)?)?"
)


def moment(text: object) -> datetime | None:
    """Any ISO 8601 time as aware UTC; None for none, and for what is no time."""
    if not isinstance(text, str) or not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def said(row: Row, *names: str) -> str:
    """The first of these fields that says something, as text."""
    return next((str(row[name]) for name in names if row.get(name) not in (None, "")), "")


def number(row: Row, name: str, default: int = 0) -> int:
    """A field as a whole number; the default when it is null."""
    value = row.get(name)
    return default if value is None else int(float(value))


def rows_of(document: object, key: str) -> list[Row]:
    """The list of a collection; [] when the document is none."""
    return list(document.get(key) or []) if isinstance(document, Mapping) else []


def task_instance(row: Row) -> TaskInstance:
    """A row of /taskInstances or of /tries."""
    duration = row.get("duration")
    return TaskInstance(
        dag_id=said(row, "dag_id"),
        run_id=said(row, "dag_run_id", "run_id"),
        task_id=said(row, "task_id"),
        state=said(row, "state"),
        try_number=number(row, "try_number"),
        map_index=number(row, "map_index", -1),
        max_tries=number(row, "max_tries"),
        operator=said(row, "operator", "operator_name"),
        start_date=moment(row.get("start_date")),
        end_date=moment(row.get("end_date")),
        queued_when=moment(row.get("queued_when")),
        duration=None if duration is None else float(duration),
        pool=said(row, "pool"),
        queue=said(row, "queue"),
        hostname=said(row, "hostname"),
        note=said(row, "note"),
    )


def task(row: Row) -> Task:
    """A row of /dags/{dag_id}/tasks."""
    class_ref = row.get("class_ref") or {}
    return Task(
        task_id=said(row, "task_id"),
        operator=said(row, "operator_name") or said(class_ref, "class_name"),
        downstream_task_ids=tuple(row.get("downstream_task_ids") or ()),
        trigger_rule=said(row, "trigger_rule") or "all_success",
        retries=number(row, "retries"),
        pool=said(row, "pool"),
        owner=said(row, "owner"),
        is_mapped=bool(row.get("is_mapped")),
        execution_timeout_s=seconds(row.get("execution_timeout")),
        depends_on_past=bool(row.get("depends_on_past")),
        retry_delay_s=seconds(row.get("retry_delay")),
        grows_delay=bool(row.get("retry_exponential_backoff")),
    )


def seconds(delta: object) -> float | None:
    """A TimeDelta object, an ISO 8601 duration (or plain seconds) in seconds."""
    if isinstance(delta, (int, float)):
        return float(delta)
    if isinstance(delta, str):
        return _iso_duration(delta)
    if not isinstance(delta, Mapping):
        return None
    days, rest = delta.get("days") or 0, delta.get("seconds") or 0
    return float(days) * 86_400 + float(rest) + float(delta.get("microseconds") or 0) / 1e6


def _iso_duration(text: str) -> float | None:
    """`P1DT2H30M` and `-PT5S`, as pydantic writes a timedelta; None for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()[1:]):
        return None
    days, hours, minutes, secs = (float(part or 0) for part in found.groups()[1:])
    said = days * 86_400 + hours * 3_600 + minutes * 60 + secs
    return -said if found[1] else said


def import_failure(row: Row) -> ImportFailure:
    """A row of /importErrors."""
    return ImportFailure(
        said(row, "filename"), said(row, "stack_trace"), moment(row.get("timestamp"))
    )


def pool(row: Row) -> Pool:
    """A row of /pools."""
    return Pool(
        name=said(row, "name"),
        slots=number(row, "slots"),
        running=number(row, "running_slots"),
        queued=number(row, "queued_slots"),
        open=number(row, "open_slots"),
        deferred=number(row, "deferred_slots"),
        scheduled=number(row, "scheduled_slots"),
    )


def event_log(row: Row) -> EventLog:
    """A row of /eventLogs."""
    return EventLog(
        at=moment(row.get("when")) or datetime.fromtimestamp(0, UTC),
        event=said(row, "event"),
        owner=said(row, "owner"),
        dag_id=said(row, "dag_id"),
        task_id=said(row, "task_id"),
        run_id=said(row, "run_id"),
        extra=said(row, "extra"),
    )


def dag_version(row: Row) -> DagVersion:
    """A row of /dags/{dag_id}/dagVersions (Airflow 3)."""
    return DagVersion(
        number(row, "version_number"), moment(row.get("created_at")), said(row, "bundle_version")
    )


def health(document: Row) -> Health:
    """The document of /health or /monitor/health."""

    def status(component: str) -> str:
        return said(document.get(component) or {}, "status")

    scheduler = document.get("scheduler") or {}
    return Health(
        metadatabase=status("metadatabase"),
        scheduler=status("scheduler"),
        scheduler_heartbeat=moment(scheduler.get("latest_scheduler_heartbeat")),
        triggerer=status("triggerer"),
        dag_processor=status("dag_processor"),
    )


def tags(row: Row) -> tuple[str, ...]:
    """Tags as names, whichever way they are given."""
    given = row.get("tags") or ()
    return tuple(said(tag, "name") if isinstance(tag, Mapping) else str(tag) for tag in given)


def described(row: Row) -> str:
    """The timetable in Airflow's words, "" where it says that nothing is scheduled."""
    words = said(row, "timetable_description")
    return "" if words.lower().startswith("never") else words


def producing(row: Row) -> tuple[tuple[str, str], ...]:
    """Dag and task ids of an asset's or dataset's producing tasks."""
    return tuple(
        (said(part, "dag_id"), said(part, "task_id")) for part in row.get("producing_tasks") or ()
    )


def iso(at: datetime) -> str:
    """A time as both versions take it in a query, without a `+` that could turn to a space."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
