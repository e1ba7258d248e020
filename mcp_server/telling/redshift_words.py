"""Redshift's facts in a tired engineer's words: who, what, how long, with units."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mcp_server.redshift.cluster_rows import TableInfo
from mcp_server.redshift.rows import (
    Change,
    Conflict,
    Gap,
    Holder,
    Load,
    LoadError,
    Outcome,
    QueryRun,
    Regression,
    RuleAction,
    Waiter,
)
from mcp_server.text import count
from mcp_server.times import iso

# Shares of a query's time below this are not worth a word.
WORTH_SECONDS = 1.0
MOST_HOLDERS = 5


def took(seconds: float) -> str:
    """A duration: "4 ms", "0.4 s", "45 s", "4 min 59 s", "1 h 17 min", "2 d 4 h"."""
    if 0 < seconds < 0.1:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"


def clock(at: datetime | None, beside: datetime) -> str:
    """Time of day like "01:47:11Z", with its date when that is another day than `beside`."""
    if at is None:
        return "at an unknown time"
    at = at.astimezone(UTC).replace(microsecond=0)
    return f"{at:%H:%M:%S}Z" if at.date() == beside.astimezone(UTC).date() else iso(at)


def _so_long(run: QueryRun) -> str:
    if run.status in {"running", "returning"}:
        return f"runs for {took(run.elapsed_s)}"
    return f"{took(run.elapsed_s)} so far" if run.is_open else f"took {took(run.elapsed_s)}"


def waits_of(run: QueryRun) -> str:
    """Where a query's time went besides its work: "waited 4 min 59 s for a lock"."""
    parts = [
        (run.lock_wait_s, "waited {} for a lock"),
        (run.queue_s, "waited {} in the queue"),
        (run.compile_s, "compiled for {}"),
        (run.planning_s, "planned for {}"),
    ]
    return ", ".join(said.format(took(s)) for s, said in parts if s >= WORTH_SECONDS)


def query_line(run: QueryRun, now: datetime) -> str:
    """One query on one line, without its text."""
    said = [
        f"query {run.query_id} {run.status or 'of unknown state'} {clock(run.start, now)}",
        f"user {run.user}" if run.user else "",
        _so_long(run),
        waits_of(run),
        f"label {run.label}" if run.label else "",
        "answered from the result cache" if run.from_cache else "",
    ]
    return ", ".join(part for part in said if part)


def holder_words(holder: Holder, now: datetime) -> str:
    """Who holds what since when, and by which statement."""
    since = holder.since or holder.statement_at
    for_how_long = f" ({took((now - since).total_seconds())})" if since and holder.is_open else ""
    mode = f" {holder.lock_mode}" if holder.lock_mode else ""
    table = f" on {holder.table or f'table id {holder.table_id}'}"
    verb = "holds" if holder.is_open else "held"
    who = f"user {holder.user}" if holder.user else "a session"
    statement = f": {holder.statement}" if holder.statement else ""
    return (
        f"{who} (session {holder.session_id}) {verb}{mode}{table} since "
        f"{clock(since, now)}{for_how_long}{statement}"
    )


def chain_words(waiter: Waiter, now: datetime) -> list[str]:
    """Who holds a waiter up, a line each, down to the one that waits for nobody."""
    lines = [f"blocker: {holder_words(holder, now)}" for holder in waiter.holders[:MOST_HOLDERS]]
    if waiter.root:
        lines.append(f"behind it all: {holder_words(waiter.root, now)}")
    return lines


def waiter_words(waiter: Waiter, now: datetime) -> str:
    """Who waits or waited, for what, how long."""
    who = f"user {waiter.user} (session {waiter.session_id})"
    if waiter.is_waiting:
        mode = f" for {waiter.lock_mode}" if waiter.lock_mode else ""
        which = f" with query {waiter.query_id}" if waiter.query_id else ""
        said = f": {waiter.statement}" if waiter.statement else ""
        on = waiter.table or "a table"
        return f"{who} waits{which}{mode} on {on}, {_since(waiter, now)}{said}"
    state = f", {waiter.status}" if waiter.status else ""
    return (
        f"{who} query {waiter.query_id} waited {took(waiter.waited_s)} for a lock on "
        f"{waiter.table or 'a table'} from {clock(waiter.since, now)}{state}"
    )


def _since(waiter: Waiter, now: datetime) -> str:
    if waiter.since is None:
        return "for an unknown time"
    what = "" if waiter.query_id else "its transaction open "
    return f"{what}since {clock(waiter.since, now)} ({took((now - waiter.since).total_seconds())})"


def change_line(change: Change, now: datetime) -> str:
    """Who changed what, when."""
    who = f"user {change.user}" if change.user else "somebody"
    failed = f" ({change.status})" if change.status not in ("", "success") else ""
    query = f", query {change.query_id}" if change.query_id else ""
    return f"{clock(change.at, now)} {who}{failed}: {change.statement or change.kind}{query}"


def load_line(load: Load, now: datetime) -> str:
    """What a COPY brought, from where."""
    errors = f", {count(load.errors, 'error')}" if load.errors else ""
    return (
        f"{clock(load.at, now)} {load.status} {load.table}: {load.loaded_rows:,} rows, "
        f"{size(load.loaded_bytes / 1024 / 1024)}, {count(load.files, 'file')} of "
        f"{load.source} in {took(load.seconds)}{errors}, query {load.query_id}"
    )


def load_error_lines(errors: Sequence[LoadError], now: datetime) -> list[str]:
    """Refused rows, one line a column and reason: its first row, and how many more there are."""
    alike: dict[tuple[int, str, str], list[LoadError]] = {}
    for error in errors:
        alike.setdefault((error.query_id, error.column, error.reason), []).append(error)
    return [f"{_load_error(group[0], now)}{_beside(group)}" for group in alike.values()]


def _beside(group: Sequence[LoadError]) -> str:
    if len(group) == 1:
        return ""
    files = {error.file for error in group}
    where = f" in {len(files)} files" if len(files) > 1 else ""
    return f", and {count(len(group) - 1, 'more row')}{where}"


def _load_error(error: LoadError, now: datetime) -> str:
    """Which row of which file COPY refused; the value is never shown."""
    column = f" column {error.column}" if error.column else ""
    kind = f" {error.column_type}" if error.column_type else ""
    length = error.column_length if error.column_length not in ("", "0") else ""
    where = f"{error.file} line {error.line}"
    table = f"{error.table or f'table id {error.table_id}'}"
    return (
        f"{clock(error.at, now)} COPY into {table}, query {error.query_id}: {error.reason} "
        f"(code {error.code}) in{column}{kind}{f'({length})' if length else ''}, {where}"
    )


def rule_line(action: RuleAction, now: datetime) -> str:
    """What a rule did to which query."""
    where = f" in {action.service_class}" if action.service_class else ""
    who = f" of user {action.user}" if action.user else ""
    rule = f"{action.rule}:" if action.is_limit else f"rule {action.rule}:"
    return (
        f"{clock(action.at, now)} {rule} {action.action} query {action.query_id}{who}"
        f"{where}{f': {action.statement}' if action.statement else ''}"
    )


def conflict_lines(conflict: Conflict, now: datetime) -> list[str]:
    """Both sides of error 1023."""
    who = f"user {conflict.user} " if conflict.user else ""
    lines = [
        f"{clock(conflict.at, now)} transaction {conflict.transaction_id} {who}undone: error 1023 "
        f"on {conflict.table or f'table id {conflict.table_id}'}: {conflict.statement}"
    ]
    lines += [
        f"  against user {run.user} transaction {run.transaction_id}, query {run.query_id} "
        f"{clock(run.start, now)}: {run.text}"
        for run in conflict.others
    ]
    return lines


def table_line(table: TableInfo) -> str:
    """A table's size and shape."""
    return (
        f"{table.name}: {size(table.size_mb)}, {table.rows:,} rows, statistics "
        f"{table.stats_off:g} % stale, {table.unsorted:g} % unsorted, row skew "
        f"{table.skew_rows:g}, {table.pct_used:g} % of the disk, dist {table.diststyle or '-'}, "
        f"sort {table.sortkey or '-'}"
    )


def size(megabytes: float) -> str:
    """Megabytes as "120 MB", "4.1 GB", "1.2 TB"."""
    if megabytes < 1024:
        return f"{megabytes:.0f} MB"
    gigabytes = megabytes / 1024
    return f"{gigabytes:.1f} GB" if gigabytes < 1024 else f"{gigabytes / 1024:.1f} TB"


def outcome_line(outcome: Outcome, now: datetime) -> str:
    """What became of a transaction."""
    at = f" {clock(outcome.at, now)}" if outcome.at else ""
    return f"transaction {outcome.transaction_id}: {outcome.state}{at}"


def compared_line(compared: Regression) -> str:
    """How this run stands against its earlier ones."""
    good = [run for run in compared.earlier if run.status == "success"]
    if not compared.usual_s:
        failed = sum(run.failed for run in compared.earlier)
        return f"{len(compared.earlier)} earlier runs in 7 days, {failed} failed, none to compare"
    reasons = f": {'; '.join(compared.reasons)}" if compared.reasons else ""
    return (
        f"{compared.factor:.1f} times its usual {took(compared.usual_s)} "
        f"(median of {len(good)} successful runs in 7 days){reasons}"
    )


def gap_lines(gaps: "tuple[Gap, ...] | list[Gap]") -> list[str]:
    """What could not be read, each once."""
    whys: dict[str, list[str]] = {}
    for gap in gaps:
        whys.setdefault(gap.why, []).append(gap.what)
    return sorted(f"{', '.join(sorted(set(what)))}: {why}" for why, what in whys.items())
