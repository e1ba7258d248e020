"""What to do about a problem in Redshift, from redshift_next.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from mcp_server.redshift.details import Details
from mcp_server.times import iso


def next_step(kind: str, **names: object) -> str:
    """The step for a kind of problem, with its names filled in; KeyError for an unknown kind."""
    return _steps()[kind].format(**names)


def query_step(found: Details) -> str:
    """What to do about a query; "" where nothing is wrong with it, or its cause already stands."""
    run, waiter = found.run, found.waiter
    if waiter and waiter.is_waiting and waiter.holders:
        first = waiter.root or waiter.holders[0]
        return next_step("lock", user=first.user or "its user", session=first.session_id)
    if not run.failed:
        return ""
    asked = {
        "ruled": found.rule,
        "load": found.load_errors,
        "conflict": found.conflict,
        "denied": "permission denied" in run.error.lower() and not found.changes,
        "missing": "does not exist" in run.error.lower() and not found.changes,
        "disk": "disk full" in run.error.lower(),
        "cancelled": run.status == "canceled" and not (found.ended_by or waiter),
    }
    kind = next((name for name, is_so in asked.items() if is_so), "")
    since = iso(run.start) if run.start else "6h"
    return next_step(kind, query=run.query_id, since=since) if kind else ""


@cache
def _steps() -> Mapping[str, str]:
    file = resources.files("mcp_server.telling").joinpath("redshift_next.toml")
    return tomllib.loads(file.read_text("utf-8"))
