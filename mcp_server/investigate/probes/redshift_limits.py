"""What Redshift's own limits did: query monitoring rules, usage limits, full disks."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time
from mcp_server.investigate.probes.redshift_common import (
    missed,
    redshift_of,
    tables_of,
    unavailable,
    window,
)
from mcp_server.investigate.probes.redshift_query import failed_query
from mcp_server.redshift.facts import aborted_by_rule, disk
from mcp_server.redshift.rows import RuleAction
from mcp_server.redshift.verbs import names_table

FULL = 90.0


async def redshift_rule(case: Case) -> Finding:
    """The rule or usage limit that ended the query."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, "query monitoring rules in Redshift")
    since, until = window(case)
    found = await aborted_by_rule(redshift, since, until)
    run = await failed_query(case, redshift)
    mine = [r for r in found.rows if _is_mine(case, r, run.query_id if run else 0)]
    if not mine:
        return Finding(missed=missed(found.gaps)) if found.gaps and not found.rows else NOTHING
    one = mine[0]
    when = f" at {clock_time(one.at, case.failed_at)}" if one.at else ""
    queue = f" of queue {one.service_class}" if one.service_class else ""
    text = f"rule {one.rule}{queue}: {one.action} of query {one.query_id}{when}"
    if one.value:
        text += f" (value {one.value})"
    clue = Clue(
        "redshift", text, f"Redshift query {one.query_id}", at=one.at, confirms=True, rank=5
    )
    names = (("rule", one.rule),)
    return Finding((clue,), explains=f"rule {one.rule} ended it{when}", names=names)


def _is_mine(case: Case, action: RuleAction, query_id: int) -> bool:
    if query_id and action.query_id == query_id:
        return True
    if str(action.query_id) in case.log_text:
        return True
    named = any(names_table(action.statement, table) for table in tables_of(case))
    return not query_id and named and "abort" in action.action.lower()


async def redshift_disk(case: Case) -> Finding:
    """How full the disks are, what fills them, and who spilled in those minutes."""
    redshift = redshift_of(case)
    if redshift is None:
        return unavailable(case, "disk space in Redshift")
    since, until = window(case)
    found = await disk(redshift, since, until)
    clues = []
    share = max(found.percent, found.fullest_node_percent)
    explains = ""
    if share >= 0:
        text = f"disk {found.percent:.0f} % used, fullest node {found.fullest_node_percent:.0f} %"
        full = share >= FULL
        clues.append(Clue("redshift", text, "Redshift STV_PARTITIONS", confirms=full, rank=8))
        explains = f"the disks are {share:.0f} % full" if full else ""
    for spill in sorted(found.spills, key=lambda one: -one.mb)[:2]:
        text = f"query {spill.query_id} spilled {spill.mb:.0f} MB to disk"
        place = f"Redshift query {spill.query_id}"
        clues.append(Clue("redshift", text, place, confirms=spill.mb > 10_000, rank=18))
    for table in found.largest_tables[:1]:
        text = f"largest table {table.name}: {table.size_mb / 1024:.0f} GB"
        clues.append(Clue("redshift", text, "Redshift SVV_TABLE_INFO", rank=42))
    return Finding(tuple(clues), explains=explains, missed=() if clues else missed(found.gaps))
