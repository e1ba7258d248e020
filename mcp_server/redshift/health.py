"""The cluster's own state: rules that ended queries, disk and spills, tables in a bad shape."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from mcp_server.backends import Redshift
from mcp_server.redshift.cluster_rows import Disk, Spill, TableInfo
from mcp_server.redshift.fetch import Row, fetch, fetch_or_gap, gathered
from mcp_server.redshift.history import query_run, whole, words
from mcp_server.redshift.rows import (
    Found,
    Gap,
    QueryRun,
    RuleAction,
)
from mcp_server.redshift.statements import statement
from mcp_server.redshift.verbs import last_part, schema_part


async def aborted_by_rule(
    redshift: Redshift, since: datetime, until: datetime, *, query_id: int = 0
) -> Found[RuleAction]:
    """What query monitoring rules (STL_WLM_RULE_ACTION) and usage limits did, newest first."""
    gaps: list[Gap] = []
    window = {"since": since, "until": until}
    acted, limited = await gathered(
        partial(fetch_or_gap, redshift, "rule_actions", window, gaps),
        partial(fetch_or_gap, redshift, "limited", window, gaps),
    )
    runs = {whole(row["query_id"]): query_run(row) for row in limited}
    actions = [await _rule_action(redshift, row, runs, gaps) for row in acted[:20]]
    known = {action.query_id for action in actions}
    actions += [_limit_action(run) for run in runs.values() if run.query_id not in known]
    wanted = tuple(one for one in actions if query_id in (0, one.query_id))
    return Found(wanted, tuple(gaps), cut=len(acted) > 20)


async def disk(redshift: Redshift, since: datetime, until: datetime) -> Disk:
    """How full the disks are now, the largest tables, and who spilled in the window."""
    gaps: list[Gap] = []
    nodes, tables, spilled = await gathered(
        partial(fetch_or_gap, redshift, "disk", {}, gaps),
        partial(fetch_or_gap, redshift, "largest_tables", {}, gaps, limit=5),
        partial(fetch_or_gap, redshift, "spills", {"since": since, "until": until}, gaps, limit=10),
    )
    used = [float(row["used_mb"] or 0) for row in nodes]
    capacity = [float(row["capacity_mb"] or 0) for row in nodes]
    shares = [100 * u / c for u, c in zip(used, capacity, strict=True) if c]
    return Disk(
        percent=100 * sum(used) / sum(capacity) if sum(capacity) else -1.0,
        fullest_node_percent=max(shares, default=-1.0),
        used_gb=sum(used) / 1024,
        capacity_gb=sum(capacity) / 1024,
        largest_tables=tuple(table_info(row) for row in tables),
        spills=tuple(
            Spill(
                whole(r["query_id"]), float(r["blocks"]), words(r["table_name"]), words(r["alert"])
            )
            for r in spilled
        ),
        gaps=tuple(gaps),
    )


async def table_health(redshift: Redshift, table: str) -> Found[TableInfo]:
    """SVV_TABLE_INFO of a table; no row: it is empty, unknown, or not visible to this user."""
    asked = {"table": last_part(table), "schema": schema_part(table)}
    rows = await fetch(redshift, "table_info", asked, limit=10)
    return Found(tuple(table_info(row) for row in rows))


async def unhealthy_tables(redshift: Redshift, *, limit: int = 20) -> Found[TableInfo]:
    """Tables beyond the thresholds of the data file, largest first."""
    limits = statement("stale_tables").thresholds or {}
    asked = {name: int(number) for name, number in limits.items()}
    rows = await fetch(redshift, "stale_tables", asked, limit=limit)
    return Found(tuple(table_info(row) for row in rows), cut=len(rows) == limit)


def table_info(row: Row) -> TableInfo:
    """A row of SVV_TABLE_INFO."""
    return TableInfo(
        schema=words(row["schema"]),
        table=words(row["table"]),
        table_id=whole(row["table_id"]),
        size_mb=whole(row["size"]),
        rows=whole(row["tbl_rows"]),
        stats_off=float(row["stats_off"] or 0),
        unsorted=float(row["unsorted"] or 0),
        skew_rows=float(row["skew_rows"] or 0),
        pct_used=float(row["pct_used"] or 0),
        diststyle=words(row["diststyle"]),
        sortkey=words(row["sortkey1"]),
    )


async def _rule_action(
    redshift: Redshift, row: Row, runs: dict[int, QueryRun], gaps: list[Gap]
) -> RuleAction:
    query_id = whole(row["query_id"])
    run = runs.get(query_id)
    if run is None:
        found: Sequence[Row] = await fetch_or_gap(
            redshift, "query", {"query_id": query_id}, gaps, limit=1
        )
        run = query_run(found[0]) if found else None
    return RuleAction(
        at=row["at"],
        query_id=query_id,
        rule=words(row["rule"]),
        action=words(row["action"]),
        service_class=words(row["service_class_name"]) or str(row["service_class"] or ""),
        value=words(row["value"]),
        user=run.user if run else "",
        statement=run.text if run else "",
    )


def _limit_action(run: QueryRun) -> RuleAction:
    return RuleAction(
        at=run.end or run.start,
        query_id=run.query_id,
        rule=run.usage_limit or run.error,
        action="abort",
        service_class=run.service_class,
        user=run.user,
        statement=run.text,
        is_limit=True,
    )
