"""Rows of SYS_QUERY_HISTORY as QueryRun, and the texts a reader sees."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mcp_server.redshift.rows import QueryRun
from mcp_server.redshift.verbs import shown

MICROSECONDS = 1_000_000
NAMELESS = "id "
_RULED = re.compile(r"-{5,}")
ERROR_SHOWN = 400
Row = Mapping[str, Any]  # Any: a database's values


def query_run(row: Row, *, width: int = 300) -> QueryRun:
    """One row; the statement is shown on one line of `width` characters without its data."""
    return QueryRun(
        query_id=whole(row.get("query_id")),
        user=user_of(row),
        session_id=whole(row.get("session_id")),
        transaction_id=whole(row.get("transaction_id")),
        status=words(row.get("status")).lower(),
        query_type=words(row.get("query_type")).upper(),
        start=row.get("start_time"),
        end=row.get("end_time"),
        elapsed_s=seconds(row.get("elapsed_time")),
        queue_s=seconds(row.get("queue_time")),
        lock_wait_s=seconds(row.get("lock_wait_time")),
        execution_s=seconds(row.get("execution_time")),
        compile_s=seconds(row.get("compile_time")),
        planning_s=seconds(row.get("planning_time")),
        error=words(row.get("error_message"))[:ERROR_SHOWN],
        text=shown(str(row.get("query_text") or ""), width),
        label=_label(row),
        generic_query_hash=words(row.get("generic_query_hash")),
        returned_rows=whole(row.get("returned_rows")),
        service_class=words(row.get("service_class_name")),
        priority=words(row.get("query_priority")),
        compute_type=words(row.get("compute_type")),
        usage_limit=words(row.get("usage_limit")),
        from_cache=bool(row.get("result_cache_hit")),
    )


def user_of(row: Row) -> str:
    """The user's name, else "id 107": not every cluster's history has names."""
    name = words(row.get("username"))
    user_id = row.get("user_id")
    return name or (f"{NAMELESS}{user_id}" if user_id is not None else "")


def words(value: object) -> str:
    """Text on one line without ruled lines ("-------"); "" for None."""
    return "" if value is None else " ".join(_RULED.sub(" ", str(value)).split())


def whole(value: object) -> int:
    """An integer; 0 for None."""
    return int(value) if isinstance(value, int | float) else 0


def seconds(microseconds: object) -> float:
    """Microseconds as seconds; 0 for None."""
    return float(microseconds) / MICROSECONDS if isinstance(microseconds, int | float) else 0.0


def order_of(run: QueryRun) -> tuple[bool, datetime | None]:
    """Sort key by start; rows without one come first."""
    return run.start is not None, run.start


def _label(row: Row) -> str:
    label = words(row.get("query_label"))
    return "" if label == "default" else label
