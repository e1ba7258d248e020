"""Who changed what: DDL on a table, grants and users, log-ins, what became of a transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import Row, fetch, fetch_or_gap, gathered
from mcp_server.redshift.history import query_run, seconds, user_of, whole, words
from mcp_server.redshift.rows import Change, Connection, Found, Gap, Outcome, QueryRun
from mcp_server.redshift.verbs import (
    Verb,
    last_part,
    names_table,
    schema_part,
    shown,
    verb_of,
    writes,
)

_GRANTS = ("grant", "revoke", "user", "group", "role", "privileges")


async def ddl_on(
    redshift: Redshift, table: str, since: datetime, until: datetime, *, limit: int = 300
) -> Found[Change]:
    """DDL that names a table ("" for any), newest first: who dropped, altered or renamed it."""
    gaps: list[Gap] = []
    asked = {"table": last_part(table), "since": since, "until": until}
    parts = [partial(fetch_or_gap, redshift, "ddl", asked, gaps, limit=limit)]
    if table:
        parts.append(partial(fetch_or_gap, redshift, "ddl_text", asked, gaps, limit=limit))
    answers = await gathered(*parts)
    changes = {
        change.query_id: change for rows in reversed(answers) for change in _ddl(rows, table)
    }
    return Found(_newest_first(changes.values()), tuple(gaps))


async def grants_and_users(
    redshift: Redshift,
    since: datetime,
    until: datetime,
    *,
    name: str = "",
    table: str = "",
    limit: int = 300,
) -> Found[Change]:
    """GRANT, REVOKE, CREATE, ALTER and DROP of users and roles; `name` is a part of the text.

    With `table`, what is granted on it, on its schema, or to all tables there.
    """
    gaps: list[Gap] = []
    window = {"since": since, "until": until}
    statements, users = await gathered(
        partial(fetch_or_gap, redshift, "ddl", {**window, "table": ""}, gaps, limit=limit),
        partial(fetch_or_gap, redshift, "user_changes", window, gaps, limit=limit),
    )
    found = [change for change in _ddl(statements, "") if is_grant(change)]
    found += [_user_change(row) for row in users]
    said = [c for c in found if name.lower() in f"{c.target} {c.statement} {c.user}".lower()]
    about = [c for c in said if not table or _grants_on(c, table)]
    return Found(_newest_first(about), tuple(gaps))


def is_grant(change: Change) -> bool:
    """Whether it changes who may do what: a grant, or a user, group or role."""
    return any(word in change.kind for word in _GRANTS)


def _grants_on(change: Change, table: str) -> bool:
    schema = schema_part(table)
    on_schema = bool(schema) and change.target.rpartition(".")[2] == schema
    return on_schema or names_table(change.statement, table)


async def connections(
    redshift: Redshift,
    since: datetime,
    until: datetime,
    *,
    user: str = "",
    failed_only: bool = False,
    limit: int = 200,
) -> Found[Connection]:
    """Lines of the connection log, newest first; NotPermitted without sys:monitor."""
    asked = {"since": since, "until": until, "user_name": user.lower()}
    rows = await fetch(redshift, "connections", asked, limit=limit)
    found = [_connection(row) for row in rows]
    kept = tuple(one for one in found if one.failed or not failed_only)
    return Found(kept, cut=len(rows) == limit)


async def transaction_outcome(
    redshift: Redshift,
    *,
    transaction_id: int = 0,
    query_id: int = 0,
) -> Outcome:
    """Whether a transaction was committed or rolled back, and what it would have written."""
    gaps: list[Gap] = []
    if query_id and not transaction_id:
        rows = await fetch(redshift, "query", {"query_id": query_id}, limit=1)
        transaction_id = whole(rows[0]["transaction_id"]) if rows else 0
    if not transaction_id:
        return Outcome("unknown")
    one = {"transaction_id": transaction_id}
    statements, ended, still_open = await gathered(
        partial(fetch_or_gap, redshift, "queries_of_transaction", one, gaps),
        partial(
            fetch_or_gap,
            redshift,
            "transactions_ended",
            {"transactions": f",{transaction_id},"},
            gaps,
        ),
        partial(fetch_or_gap, redshift, "transactions", {}, gaps),
    )
    runs = [query_run(row) for row in reversed(statements)]
    state, at = _state(ended, still_open, transaction_id, runs)
    written = tuple(run for run in runs if writes(run.text))
    return Outcome(state, transaction_id, at, written, tuple(gaps))


def _state(
    ended: Sequence[Row], still_open: Sequence[Row], transaction_id: int, runs: Sequence[QueryRun]
) -> tuple[str, datetime | None]:
    if any(whole(row["xid"]) == transaction_id for row in still_open):
        return "open", None
    if ended:
        last = ended[-1]
        undone = "roll" in words(last["status"]).lower()
        at = last["commit_end_time"] or (runs[-1].end if runs else None)
        return ("rolled back" if undone else "committed"), at
    if any(run.failed for run in runs):
        # An error undoes the whole transaction in Redshift, whatever the client does next.
        return "rolled back", runs[-1].end
    return "unknown", None


def _ddl(rows: Sequence[Row], table: str) -> list[Change]:
    changes = []
    for row in rows:
        text = str(row["query_text"] or "")
        verb = verb_of(text)
        if verb.kind and (not table or _is_about(verb, text, table)):
            changes.append(
                Change(
                    at=row["start_time"],
                    user=user_of(row),
                    kind=verb.kind,
                    target=verb.target,
                    statement=shown(text),
                    status=words(row.get("status")).lower(),
                    query_id=whole(row["query_id"]),
                    session_id=whole(row["session_id"]),
                    transaction_id=whole(row["transaction_id"]),
                )
            )
    return changes


def _is_about(verb: Verb, text: str, table: str) -> bool:
    """Whether DDL changes the table: what is created from it, or reads it, leaves it as it is."""
    if not names_table(text, table):
        return False
    if not verb.target or verb.kind.startswith("drop"):
        return True
    return names_table(verb.target, table) or names_table(verb.renamed_to, table)


def _user_change(row: Row) -> Change:
    action = words(row["action"]).lower()
    before, name = words(row["original_user_name"]), words(row["user_name"])
    said = [f"{action} user {before or name}"]
    if before and before != name:
        said.append(f"to {name}")
    if row["is_superuser"]:
        said.append("(superuser)")
    if expires := row["password_expiration"]:
        said.append(f"password valid until {expires:%Y-%m-%d %H:%M} UTC")
    return Change(
        at=row["at"],
        user="",
        kind=f"{action} user",
        target=name,
        statement=" ".join(said),
        session_id=whole(row["session_id"]),
        transaction_id=whole(row["transaction_id"]),
    )


def _connection(row: Row) -> Connection:
    return Connection(
        at=row["at"],
        event=words(row["event"]),
        user=words(row["user_name"]),
        remote_host=words(row["remote_host"]),
        auth_method=words(row["auth_method"]),
        database=words(row["database_name"]),
        application=words(row["application_name"]),
        session_id=whole(row["session_id"]),
        seconds=seconds(row["duration"]),
    )


def _newest_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda c: (c.at is not None, c.at, c.query_id), reverse=True))
