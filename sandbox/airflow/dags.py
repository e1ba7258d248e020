"""Dags, their tasks, sources, versions, statistics, warnings and import errors."""

from collections import Counter

from sandbox.airflow.asking import Ask, RestAnswer, RestError, Row
from sandbox.airflow.listing import answer_list, shaped
from sandbox.airflow.listings import LISTINGS
from sandbox.airflow.reading import Rows
from sandbox.airflow.shapes_v1 import TIME_DELTA


def list_dags(rows: Rows, ask: Ask) -> Row:
    """GET /dags."""
    return answer_list(
        ask, LISTINGS[ask.api]["dags"], [d for d in rows.of("dags") if _wanted(ask, d)]
    )


def _wanted(ask: Ask, dag: Row) -> bool:
    only_active = ask.flag("only_active" if ask.api == 1 else "exclude_stale")
    if only_active is not False and dag["is_stale"]:
        return False
    paused = ask.flag("paused")
    if paused is not None and bool(dag.get("is_paused")) != paused:
        return False
    return _tagged(ask, dag) and _owned(ask, dag)


def _tagged(ask: Ask, dag: Row) -> bool:
    wanted = set(ask.many("tags"))
    names = {tag["name"] for tag in dag["tags"]}
    if ask.one("tags_match_mode") == "all":
        return wanted <= names
    return not wanted or bool(wanted & names)


def _owned(ask: Ask, dag: Row) -> bool:
    wanted = set(ask.many("owners")) if ask.api == 2 else set()
    return not wanted or bool(wanted & set(dag["owners"]))


def find_dag(rows: Rows, ask: Ask) -> Row:
    """The row of the path's dag. Raises RestError 404 in the version's words."""
    dag_id = ask.ids["dag_id"]
    for dag in rows.of("dags"):
        if dag["dag_id"] == dag_id:
            return dag
    if ask.api == 1:
        raise RestError(404, "DAG not found", f"The DAG with dag_id: {dag_id} was not found")
    raise RestError(404, "Not Found", f"The Dag with ID: `{dag_id}` was not found")


def get_dag(rows: Rows, ask: Ask) -> Row:
    """GET /dags/{dag_id}."""
    return shaped(ask.api, "dag", find_dag(rows, ask))


def get_dag_details(rows: Rows, ask: Ask) -> Row:
    """GET /dags/{dag_id}/details."""
    dag = find_dag(rows, ask)
    versions = [v for v in rows.of("dag_versions") if v.get("dag_id") == dag["dag_id"]]
    latest = max(versions, key=lambda v: int(v.get("version_number", 1)), default=None)
    running = [r for r in rows.of("dag_runs") if r.get("state") == "running"]
    counted = sum(1 for run in running if run.get("dag_id") == dag["dag_id"])
    found = {"latest_dag_version": latest, "active_runs_count": counted}
    limit = {"dag_run_timeout": _duration(ask.api, dag.get("dag_run_timeout"))}
    return shaped(ask.api, "dag_details", found | dag | limit)


def _duration(api: int, said: object) -> object:
    """Seconds as the version writes a timedelta; what is written so already stays."""
    if not isinstance(said, int | float):
        return said
    if api == 2:
        return f"PT{said:g}S"
    return TIME_DELTA | {"days": int(said) // 86400, "seconds": int(said) % 86400}


def _tasks(rows: Rows, dag_id: object) -> list[Row]:
    """The dag's tasks; a story without them is answered from the task instances it has."""
    said = [task for task in rows.of("tasks") if task.get("dag_id") == dag_id]
    if said:
        return said
    seen = {
        row["task_id"]: {
            "dag_id": dag_id,
            "task_id": row["task_id"],
            "task_display_name": row["task_id"],
            "operator_name": row.get("operator"),
            "is_mapped": row["map_index"] >= 0,
        }
        for row in rows.of("task_instances")
        if row.get("dag_id") == dag_id
    }
    return list(seen.values())


def list_tasks(rows: Rows, ask: Ask) -> Row:
    """All tasks; there is no page here in either version."""
    dag = find_dag(rows, ask)
    name = ask.one("order_by", "task_id")
    tasks = sorted(
        _tasks(rows, dag["dag_id"]),
        key=lambda task: str(task.get(name.lstrip("-"), "")),
        reverse=name.startswith("-"),
    )
    return {"tasks": [shaped(ask.api, "task", t) for t in tasks], "total_entries": len(tasks)}


def get_task(rows: Rows, ask: Ask) -> Row:
    """GET /dags/{dag_id}/tasks/{task_id}."""
    dag, task_id = find_dag(rows, ask), ask.ids["task_id"]
    for task in _tasks(rows, dag["dag_id"]):
        if task["task_id"] == task_id:
            return shaped(ask.api, "task", task)
    raise RestError(404, "Task not found", f"Task with id {task_id} was not found")


def source_by_token(rows: Rows, ask: Ask) -> RestAnswer:
    """Version 1: the file's text by its token."""
    for dag in rows.of("dags"):
        if dag["file_token"] == ask.ids["file_token"]:
            content = _content(rows, dag["dag_id"])
            return _source_answer(ask, content, {"content": content})
    raise RestError(404, "Dag source not found")


def source_by_dag(rows: Rows, ask: Ask) -> RestAnswer:
    """Version 2: the source of one dag version, the last one unless said."""
    dag_id, wanted = ask.ids["dag_id"], ask.integer("version_number", 0)
    content = _content(rows, dag_id, wanted)
    versions = [v for v in rows.of("dag_versions") if v.get("dag_id") == dag_id]
    last = max((int(v.get("version_number", 1)) for v in versions), default=1)
    document = {
        "content": content,
        "dag_id": dag_id,
        "version_number": wanted or last,
        "dag_display_name": dag_id,
    }
    return _source_answer(ask, content, document)


def _content(rows: Rows, dag_id: str, version: int = 0) -> str:
    sources = [row for row in rows.of("sources") if row.get("dag_id") == dag_id]
    versioned = [row for row in sources if row.get("version_number") == version]
    chosen = versioned or [row for row in sources if not version or "version_number" not in row]
    if not chosen:
        raise RestError(
            404,
            "Dag source not found",
            f"The DagSource with dag_id: `{dag_id}` was not found",
        )
    return str(max(chosen, key=lambda row: int(row.get("version_number") or 0)).get("content", ""))


def _source_answer(ask: Ask, content: str, document: Row) -> RestAnswer:
    if "text/plain" in ask.accept or "plain/text" in ask.accept:
        return RestAnswer(200, content, "text/plain")
    return RestAnswer(200, document)


def list_versions(rows: Rows, ask: Ask) -> Row:
    """GET /dags/{dag_id}/dagVersions; `~` stands for every dag."""
    dag_id = ask.ids["dag_id"]
    versions = [v for v in rows.of("dag_versions") if dag_id in {"~", v.get("dag_id")}]
    if dag_id != "~":
        find_dag(rows, ask)
    return answer_list(ask, LISTINGS[2]["dag_versions"], versions)


def get_version(rows: Rows, ask: Ask) -> Row:
    """GET /dags/{dag_id}/dagVersions/{version_number}."""
    dag_id, number = ask.ids["dag_id"], ask.ids["version_number"]
    for version in rows.of("dag_versions"):
        if version.get("dag_id") == dag_id and str(version.get("version_number")) == number:
            return shaped(ask.api, "dag_version", version)
    raise RestError(
        404,
        "Not Found",
        f"The DagVersion with dag_id: `{dag_id}` and version_number: `{number}` was not found",
    )


def stats(rows: Rows, ask: Ask) -> Row:
    """Runs counted by state. Version 1 must be told the dags."""
    wanted = ask.many("dag_ids")
    if not wanted and ask.api == 1:
        raise RestError(400, "Bad Request", "Missing query parameter 'dag_ids'")
    names = wanted or [dag["dag_id"] for dag in rows.of("dags")]
    found = [_stat(rows, ask.api, name) for name in sorted(set(names))]
    return {"dags": found, "total_entries": len(found)}


def _stat(rows: Rows, api: int, dag_id: str) -> Row:
    counts = Counter(r.get("state") for r in rows.of("dag_runs") if r.get("dag_id") == dag_id)
    states = ("queued", "running", "success", "failed")
    listed = [{"state": state, "count": counts[state]} for state in states]
    return {"dag_id": dag_id, "stats": listed} | ({"dag_display_name": dag_id} if api == 2 else {})


def list_warnings(rows: Rows, ask: Ask) -> Row:
    """GET /dagWarnings."""
    return answer_list(ask, LISTINGS[ask.api]["dag_warnings"], rows.of("dag_warnings"))


def list_import_errors(rows: Rows, ask: Ask) -> Row:
    """GET /importErrors."""
    return answer_list(ask, LISTINGS[ask.api]["import_errors"], rows.of("import_errors"))


def get_import_error(rows: Rows, ask: Ask) -> Row:
    """GET /importErrors/{import_error_id}."""
    number = ask.ids["import_error_id"]
    for error in rows.of("import_errors"):
        if str(error["import_error_id"]) == number:
            return shaped(ask.api, "import_error", error)
    raise RestError(
        404,
        "Import error not found",
        f"The ImportError with import_error_id: `{number}` was not found",
    )
