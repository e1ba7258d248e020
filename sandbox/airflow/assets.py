"""Datasets (version 1) or assets (version 2), their events and what waits for them."""

from sandbox.airflow.asking import Ask, RestError, Row, parsed
from sandbox.airflow.listing import answer_list, shaped
from sandbox.airflow.listings import LISTINGS
from sandbox.airflow.reading import Rows
from sandbox.airflow.runs import find_run


def list_assets(rows: Rows, ask: Ask) -> Row:
    """GET /datasets, GET /assets."""
    wanted = set(ask.many("dag_ids"))
    found = [row for row in rows.of("assets") if not wanted or wanted & _dags_of(row)]
    return answer_list(ask, LISTINGS[ask.api]["assets"], found)


def _dags_of(asset: Row) -> set[str]:
    named = [*(asset.get("scheduled_dags") or []), *(asset.get("producing_tasks") or [])]
    return {str(reference.get("dag_id")) for reference in named}


def get_asset(rows: Rows, ask: Ask) -> Row:
    """By uri in version 1, by id in version 2."""
    field = "uri" if ask.api == 1 else "id"
    for row in rows.of("assets"):
        if str(row.get(field)) == ask.ids[field]:
            return shaped(ask.api, "asset", row)
    if ask.api == 1:
        raise RestError(
            404, "Dataset not found", f"The Dataset with uri: `{ask.ids['uri']}` was not found"
        )
    raise RestError(404, "Not Found", f"The Asset with ID: `{ask.ids['id']}` was not found")


def list_events(rows: Rows, ask: Ask) -> Row:
    """GET /datasets/events, GET /assets/events."""
    return answer_list(ask, LISTINGS[ask.api]["asset_events"], rows.of("asset_events"))


def list_upstream_events(rows: Rows, ask: Ask) -> Row:
    """The events that made a run, as the events name it."""
    run = find_run(rows, ask)
    found = [event for event in rows.of("asset_events") if _made(event, run)]
    return answer_list(ask, LISTINGS[ask.api]["upstream_events"], found)


def _made(event: Row, run: Row) -> bool:
    named = event.get("created_dagruns") or []
    return any(
        (reference.get("dag_id"), reference.get("run_id") or reference.get("dag_run_id"))
        == (run.get("dag_id"), run.get("dag_run_id"))
        for reference in named
    )


def list_queued(rows: Rows, ask: Ask) -> Row:
    """Events that wait, of a dag or of an asset, before a time if said."""
    before = ask.moment("before")
    found = [row for row in rows.of("queued_events") if _waits(row, ask)]
    if before:
        found = [row for row in found if (parsed(row.get("created_at")) or before) < before]
    return answer_list(ask, LISTINGS[ask.api]["queued_events"], found)


def _waits(row: Row, ask: Ask) -> bool:
    names = {"dag_id": "dag_id", "uri": "uri", "id": "asset_id"}
    return all(str(row.get(names[name])) == value for name, value in ask.ids.items())
