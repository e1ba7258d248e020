"""Is the task's pool full: its slots as they stand now."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding


async def pools(case: Case) -> Finding:
    """The task's own pool, when it has no free slot or tasks that wait."""
    if case.facts is None:
        return NOTHING
    failed = case.target.failed
    name = (failed.pool if failed else "") or "default_pool"
    for pool in await case.facts.pools():
        if pool.name == name and (pool.open <= 0 or pool.queued):
            text = (
                f"pool {name}: {pool.slots} slots, {pool.running} running,"
                f" {pool.queued} queued, {pool.open} open"
            )
            full = pool.open <= 0
            clue = Clue("airflow", text, "Airflow pools, as they stand now", confirms=full, rank=12)
            explains = f"pool {name} has no free slot ({pool.queued} queued)" if full else ""
            return Finding((clue,), explains=explains, names=(("pool", name),))
    return NOTHING
