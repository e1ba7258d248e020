"""Rows of Redshift's system tables as SQL; a test says only what it is about."""

from datetime import datetime, timedelta

MICROSECONDS = 1_000_000
Value = str | int | float | bool | None


def row(into: str, /, **columns: Value) -> str:
    """An INSERT of one row."""
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(map(_literal, columns.values()))
    return f"insert into {into} ({names}) values ({values});\n"  # noqa: S608 - a test's own rows


def query(query_id: int, text: str, start: str, seconds: float, **said: Value) -> str:
    """A row of SYS_QUERY_HISTORY; `waited` and `queued` are seconds, a running one has no end."""
    began = datetime.fromisoformat(start)
    is_over = said.get("status") not in {"running", "queued"}
    return row(
        "sys_query_history",
        user_id=107,
        query_id=query_id,
        transaction_id=said.get("xid", query_id + 1),
        session_id=said.get("pid", query_id + 2),
        database_name="dev",
        query_type=said.get("kind", "SELECT"),
        status=said.get("status", "success"),
        start_time=str(began),
        end_time=str(began + timedelta(seconds=seconds)) if is_over else None,
        elapsed_time=int(seconds * MICROSECONDS),
        queue_time=_microseconds(said.get("queued")),
        lock_wait_time=_microseconds(said.get("waited")),
        error_message=said.get("error", ""),
        query_text=text,
        generic_query_hash=said.get("hash", f"h{query_id}"),
        username=said.get("user", "airflow_etl"),
    )


def lock(owner: str, xid: int, pid: int, since: str, table_id: int, *, granted: bool = True) -> str:
    """A row of SVV_TRANSACTIONS: a lock that is held, or waited for."""
    return row(
        "svv_transactions",
        txn_owner=owner,
        txn_db="dev",
        xid=xid,
        pid=pid,
        txn_start=since,
        lock_mode="AccessExclusiveLock",
        lockable_object_type="relation",
        relation=table_id,
        granted=granted,
    )


def _microseconds(seconds: Value) -> int:
    return int(float(seconds or 0) * MICROSECONDS)


def _literal(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()
