"""Where a query's time went: its steps, what it spilled, what the planner warned of."""

from dataclasses import dataclass

from mcp_server.backends import Redshift
from mcp_server.redshift.cluster_rows import Step
from mcp_server.redshift.fetch import Row, fetch_or_gap
from mcp_server.redshift.history import seconds, whole, words
from mcp_server.redshift.rows import Gap, QueryRun
from mcp_server.redshift.statements import statement

MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class Work:
    """The steps that tell something, and what all segments spilled together."""

    steps: tuple[Step, ...] = ()
    spilled_mb: float = 0.0
    alerts: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the telling steps read or wrote."""
        return tuple(sorted({step.table for step in self.steps} - {""}))


NO_WORK = Work()


async def work(redshift: Redshift, run: QueryRun, gaps: list[Gap]) -> Work:
    """What SYS_QUERY_DETAIL says: time and spills stand on segments, rows and skew on steps."""
    asked = {"query_id": run.query_id}
    rows = await fetch_or_gap(redshift, "query_steps", asked, gaps)
    warned = await fetch_or_gap(redshift, "query_alerts", asked, gaps, limit=10)
    steps = [_step(row) for row in rows]
    skewed = statement("query_steps").threshold("data_skewness")
    telling = [step for step in steps if step.mb_spilled or step.alert or step.skew >= skewed]
    alerts = [step.alert for step in steps if step.alert]
    alerts += [f"{words(row['event'])} ({words(row['solution'])})" for row in warned]
    return Work(
        steps=tuple(telling[:MOST_STEPS] or steps[:3]),
        spilled_mb=sum(step.mb_spilled for step in steps if step.level == "segment"),
        alerts=tuple(dict.fromkeys(alerts)),
    )


def _step(row: Row) -> Step:
    blocks = whole(row["spilled_block_local_disk"]) + whole(row["spilled_block_remote_disk"])
    return Step(
        level=words(row["metrics_level"]),
        segment=whole(row["segment_id"]),
        name=words(row["step_name"]),
        table=words(row["table_name"]),
        seconds=seconds(row["duration"]),
        rows=whole(row["output_rows"]),
        mb_spilled=float(blocks),
        skew=float(whole(row["data_skewness"])),
        alert=words(row["alert"]),
    )
