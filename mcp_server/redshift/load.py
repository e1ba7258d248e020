"""How busy the cluster is: what runs, what waits for a slot, what Serverless used."""

from datetime import datetime, timedelta

from mcp_server.backends import Redshift
from mcp_server.redshift.cluster_rows import Capacity, Queue
from mcp_server.redshift.fetch import fetch
from mcp_server.redshift.history import MICROSECONDS, query_run, seconds, whole, words
from mcp_server.redshift.rows import (
    Found,
    QueryRun,
)
from mcp_server.redshift.statements import statement

# A query may run for long; older rows in this state are leftovers of the history.
RUNNING_SINCE = timedelta(hours=24)


async def running(redshift: Redshift, now: datetime) -> Found[QueryRun]:
    """Queries that are not over, the oldest first."""
    rows = await fetch(redshift, "running", {"since": now - RUNNING_SINCE}, limit=100)
    return Found(tuple(query_run(row) for row in rows), cut=len(rows) == 100)


async def queue_waits(redshift: Redshift, since: datetime, until: datetime) -> Found[QueryRun]:
    """Queries of the window that waited for a slot longer than the data file's threshold."""
    least = int(statement("queue_waits").threshold("seconds") * MICROSECONDS)
    asked = {"since": since, "until": until, "least": least}
    rows = await fetch(redshift, "queue_waits", asked, limit=20)
    return Found(tuple(query_run(row) for row in rows), cut=len(rows) == 20)


async def queues(redshift: Redshift) -> Found[Queue]:
    """The WLM queues at this moment; none on Serverless, which has no slots."""
    rows = await fetch(redshift, "queue", {}, limit=50)
    return Found(
        tuple(
            Queue(
                service_class=whole(row["service_class"]),
                state=words(row["state"]),
                queries=whole(row["queries"]),
                longest_queue_s=seconds(row["longest_queue"]),
                longest_run_s=seconds(row["longest_run"]),
            )
            for row in rows
        )
    )


async def capacity(redshift: Redshift, since: datetime, until: datetime) -> Capacity:
    """What Serverless used in the window; nothing on a provisioned cluster."""
    if not redshift.is_serverless:
        return Capacity()
    rows = await fetch(redshift, "serverless_usage", {"since": since, "until": until}, limit=1500)
    used = [(float(row["compute_capacity"] or 0), row["start_time"]) for row in rows]
    peak, at = max(used, default=(0.0, None), key=lambda one: one[0])
    return Capacity(peak, at, sum(float(row["charged_seconds"] or 0) for row in rows))
