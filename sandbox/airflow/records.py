"""Event logs, pools, health, version, configuration."""

from datetime import timedelta

from sandbox.airflow.asking import Ask, RestError, Row, parsed
from sandbox.airflow.listing import answer_list, shaped
from sandbox.airflow.listings import LISTINGS
from sandbox.airflow.reading import Rows
from sandbox.clock import Clock

DEFAULT_POOL: Row = {
    "name": "default_pool", "description": "Default pool", "slots": 128, "open_slots": 128,
}  # fmt: skip
HEARTBEAT_AGE = timedelta(seconds=4)


def list_event_logs(rows: Rows, ask: Ask) -> Row:
    """The audit log; `after`/`before` exclusive, included and excluded event names."""
    found = [row for row in rows.of("event_logs") if _wanted(ask, row)]
    return answer_list(ask, LISTINGS[ask.api]["event_logs"], found)


def _wanted(ask: Ask, row: Row) -> bool:
    included, excluded = ask.many("included_events"), ask.many("excluded_events")
    if included and row.get("event") not in included:
        return False
    return row.get("event") not in excluded and _between(ask, row)


def _between(ask: Ask, row: Row) -> bool:
    at, after, before = parsed(row.get("when")), ask.moment("after"), ask.moment("before")
    if at is None:
        return not (after or before)
    return (after is None or at > after) and (before is None or at < before)


def get_event_log(rows: Rows, ask: Ask) -> Row:
    """GET /eventLogs/{event_log_id}."""
    number = ask.ids["event_log_id"]
    for row in rows.of("event_logs"):
        if str(row["event_log_id"]) == number:
            return shaped(ask.api, "event_log", row)
    raise RestError(404, "Event Log not found", f"The Event Log with id: `{number}` not found")


def _pools(rows: Rows) -> list[Row]:
    named = {row.get("name") for row in rows.of("pools")}
    return [*rows.of("pools"), *([] if "default_pool" in named else [dict(DEFAULT_POOL)])]


def list_pools(rows: Rows, ask: Ask) -> Row:
    """GET /pools."""
    return answer_list(ask, LISTINGS[ask.api]["pools"], _pools(rows))


def get_pool(rows: Rows, ask: Ask) -> Row:
    """GET /pools/{pool_name}."""
    name = ask.ids["pool_name"]
    for row in _pools(rows):
        if row.get("name") == name:
            return shaped(ask.api, "pool", row)
    if ask.api == 1:
        raise RestError(404, "Not Found", f"Pool with name:'{name}' not found")
    raise RestError(404, "Not Found", f"The Pool with name: `{name}` was not found")


def health(rows: Rows, ask: Ask, clock: Clock) -> Row:
    """Components as the story has them; what it leaves out is healthy and beat seconds ago."""
    beat = (clock.now() - HEARTBEAT_AGE).isoformat()
    found: Row = {"metadatabase": {"status": "healthy"} | _said(rows, "metadatabase")}
    for name in ("scheduler", "triggerer", "dag_processor"):
        key = f"latest_{name}_heartbeat"
        told = _said(rows, name)
        # Version 2.x without a stand-alone dag processor says null for both.
        absent = name == "dag_processor" and ask.api == 1 and not told
        default = {"status": None, key: None} if absent else {"status": "healthy", key: beat}
        found[name] = default | told
    return found


def _said(rows: Rows, component: str) -> Row:
    said = rows.health.get(component)
    return {"status": said} if isinstance(said, str) else dict(said or {})


def refuse_config(rows: Rows, ask: Ask) -> Row:
    """MWAA leaves `expose_config` off."""
    raise RestError(
        403,
        "Forbidden",
        "Your Airflow administrator chose not to expose the configuration, most likely for "
        "security reasons.",
    )
