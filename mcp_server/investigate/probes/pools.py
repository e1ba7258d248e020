"""Is the task's pool full, or is there none of that name: pools as they stand now."""

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding


async def pools(case: Case) -> Finding:
    """The task's own pool, when it does not exist, has no free slot, or tasks that wait.

    The scheduler never queues a task of a pool that does not exist (seen on 2.10.5 and 3.3.2).
    """
    if case.facts is None:
        return NOTHING
    failed = case.target.failed
    name = (failed.pool if failed else "") or "default_pool"
    known = await case.facts.pools()
    if known and failed and failed.pool and name not in [pool.name for pool in known]:
        return _absent(name)
    for pool in known:
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


def _absent(name: str) -> Finding:
    text = f"pool {name} does not exist: a task of it is never queued"
    clue = Clue("airflow", text, "Airflow pools, as they stand now", confirms=True, rank=3)
    category = "airflow.config_missing"
    return Finding((clue,), explains=text, category=category, names=(("pool", name),))
