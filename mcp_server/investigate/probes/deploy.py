"""Was the dag changed before it failed: its versions in Airflow 3."""

from mcp_server.errors import NotFound
from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import NOTHING, Clue, Finding
from mcp_server.investigate.moments import clock_time


async def deploy(case: Case) -> Finding:
    """Versions of the dag made since its last success; Airflow 2 keeps none."""
    if case.facts is None:
        return NOTHING
    try:
        versions = await case.facts.versions()
    except NotFound:
        return NOTHING
    since = await case.unbroken_since()
    new = [
        one
        for one in versions
        if one.created_at and since <= one.created_at <= case.failed_at and one.version_number > 1
    ]
    if not new:
        return NOTHING
    new.sort(key=lambda one: one.version_number, reverse=True)
    clues = tuple(
        Clue(
            "change",
            f"dag version {one.version_number} of {case.target.dag_id}"
            f" at {clock_time(one.created_at or case.failed_at, case.failed_at)}Z"
            + (f" (bundle {one.bundle_version})" if one.bundle_version else ""),
            "Airflow, dag versions",
            at=one.created_at,
            is_change=True,
            rank=20,
        )
        for one in new[:2]
    )
    last = new[0]
    when = clock_time(last.created_at or case.failed_at, case.failed_at)
    text = f"the first failure since dag version {last.version_number} was deployed at {when}"
    names = (("dag_version", str(last.version_number)),)
    return Finding(clues, explains=text, names=names)
