"""What the Redshift probes share: is it Redshift at all, its time window, its gaps."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mcp_server.backends import Redshift
from mcp_server.diagnostics.pattern import pattern_of
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.redshift.rows import Change, Gap, QueryRun
from mcp_server.redshift.verbs import last_part

SLACK = timedelta(minutes=2)
_OTHER = re.compile(
    r"(?i)snowflake|mysql|mariadb|bigquery|\boracle|\bORA-\d|mssql|sql ?server|sqlite|duckdb|athena"
    r"|clickhouse|databricks|spark\.sql|mongo|\.rds\.amazonaws\.com|google\.cloud"
)
_REDSHIFT = re.compile(r"(?i)redshift|stl_|sys_\w+_detail|:5439\b|error:\s+code: 8001|\b1023\b")
_SQL = re.compile(
    r"(?i)redshift|\bsql\b|execute|psycopg|select |insert |update |delete |copy |merge "
)
NEEDS_SQL = frozenset({"timeout.task", "airflow.task_killed", "unknown"})
NOT_CONFIGURED = (
    "Redshift is not configured: set REDSHIFT_CLUSTER_ID or REDSHIFT_WORKGROUP, and"
    " REDSHIFT_DATABASE"
)


def redshift_of(case: Case) -> Redshift | None:
    """The cluster, when it is configured and the failure may be about it."""
    return case.backends.redshift if is_about_redshift(case) else None


def is_about_redshift(case: Case) -> bool:
    """Whether the log leaves room for Redshift: it names it, or no other database."""
    text = case.log_text[:100_000]
    if _REDSHIFT.search(text):
        return True
    if _OTHER.search(text):
        return False
    return case.category not in NEEDS_SQL or bool(_SQL.search(text))


def unavailable(case: Case, what: str) -> Finding:
    """Nothing, or that Redshift is not configured where the log says that it was Redshift."""
    named = _REDSHIFT.search(case.log_text[:100_000])
    if case.backends.redshift is None and named:
        return Finding(missed=((what, NOT_CONFIGURED),))
    return NOTHING


def window(case: Case) -> tuple[datetime, datetime]:
    """The time of the failed try, with some slack on both sides."""
    return case.started_at - SLACK, case.failed_at + SLACK


def tables_of(case: Case) -> list[str]:
    """Tables that the failure names, the one of the cause line first."""
    named = [case.names.get("table", ""), *case.names.get("tables", "").split()]
    return list(dict.fromkeys(name for name in named if name))


def missed(gaps: Sequence[Gap]) -> tuple[tuple[str, str], ...]:
    """Gaps as what could not be checked."""
    return tuple((f"{gap.what} in Redshift", gap.why) for gap in gaps)


def with_gaps(clues: Iterable[Clue], gaps: Sequence[Gap], explains: str = "") -> Finding:
    """A finding; what could not be read is told where nothing was found without it."""
    kept = tuple(clues)
    proven = any(clue.confirms for clue in kept)
    return Finding(kept, explains=explains, missed=() if proven else missed(gaps))


def change_clue(case: Case, change: Change, *, confirms: bool, rank: int) -> Clue:
    """A DDL, GRANT or user change: who, when, what."""
    return Clue(
        "redshift",
        f"{said_by(case, change)}: {change.statement or change.kind}",
        f"Redshift query {change.query_id}" if change.query_id else "Redshift user log",
        at=change.at,
        is_change=True,
        confirms=confirms,
        rank=rank,
    )


def said_by(case: Case, change: Change) -> str:
    """Say `user dbt_ci at 02:41Z`."""
    when = f" at {clock_time(change.at, case.failed_at)}Z" if change.at else ""
    return f"user {change.user}{when}" if change.user else f"Redshift{when}"


def is_own(case: Case, change: Change, run: QueryRun | None) -> bool:
    """Whether the task itself made it.

    That is: the failed try's session, its user meanwhile, or its statement on another night.
    """
    if run is None:
        return False
    if change.user == run.user and pattern_of(change.statement) == pattern_of(run.text):
        return True
    if change.at is None or change.at < case.started_at - SLACK:
        return False
    return change.session_id == run.session_id or (bool(run.user) and change.user == run.user)


def query_quote(run: QueryRun) -> str:
    """Say `query 4711 of user etl canceled: Query (4711) cancelled on user's request`."""
    text = f"query {run.query_id} of user {run.user} {run.status}"
    return f"{text}: {run.error}" if run.error else f"{text}: {run.text}"


def bare_name(table: str) -> str:
    """A table's own name, without schema."""
    return last_part(table)
