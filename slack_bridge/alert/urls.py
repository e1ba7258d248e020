"""Airflow addresses of every version, to the ids they hold."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from slack_bridge.alert.dates import read_date
from slack_bridge.alert.model import Ids


@dataclass(frozen=True, kw_only=True)
class Address(Ids):
    """The ids in one address; `is_log` says that it opens a task's log."""

    url: str
    environment: str | None = None
    is_log: bool = False


_RUNS = re.compile(
    r"/dags/(?P<dag>[^/]+)/runs/(?P<run>[^/]+)(?:/tasks/(?!group/)(?P<task>[^/]+)(?:/mapped/(?P<map>\d+))?)?"
)
_REST = re.compile(
    r"/api/v\d/dags/(?P<dag>[^/]+)/dagRuns/(?P<run>[^/]+)(?:/taskInstances/(?P<task>[^/]+)(?:/(?P<map>\d+))?)?(?P<log>/logs/(?P<try>\d+))?"
)
_TASK_PAGE = re.compile(r"/dags/(?P<dag>[^/]+)/tasks/(?P<task>[^/]+)")
_DAG_PAGE = re.compile(r"/dags/(?P<dag>[^/]+)")
_STREAM = re.compile(
    r"dag_id=(?P<dag>[^/]+)/run_id=(?P<run>[^/]+)/task_id=(?P<task>[^/]+)(?:/map_index=(?P<map>\d+))?(?:/attempt=(?P<try>\d+))?"
)
_GROUP = re.compile(
    r"airflow-(?P<env>[\w.\-]+?)-(?:Task|Scheduler|Worker|DAGProcessing|WebServer)\b"
)
_STREAM_RUN = re.compile(r"T(\d\d)_(\d\d)_(\d\d)")
# Pages that name a task and a run and yet show no log.
_OTHER_PAGES = ("/confirm", "/success", "/failed", "/clear", "/task", "/rendered", "/rendered-templates", "/graph", "/tree", "/gantt", "/xcom", "/code", "/calendar", "/taskinstance/list", "/taskinstance/list/", "/dagrun_details", "/duration")  # fmt: skip
_OTHER_TABS = ("details", "graph", "code", "gantt", "xcom", "rendered_templates", "event_log", "mapped_tasks")  # fmt: skip
_LOG_PAGES = ("/log", "/get_logs_with_metadata")


def read_address(url: str) -> Address | None:
    """The ids an Airflow or CloudWatch address holds; None when it is neither."""
    if url.endswith(("…", "...")):
        url = re.sub(r"[&?/][^&?/]*$", "", url.rstrip(".…"))
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    if "console.aws.amazon.com" in host or "console.amazonaws" in host:
        return _console(url)
    path, query = parts.path, parts.query
    fragment = parts.fragment
    if "/dags/" in fragment or fragment.startswith("dags/"):
        inner, _, inner_query = fragment.partition("?")
        path, query = "/" + inner.lstrip("/"), inner_query
    values = _values(query)
    if "next" in values and "/dags/" in values["next"]:
        return read_address(values["next"])
    return _paths(url, path, values) or _queries(url, path, values)


def _paths(url: str, path: str, values: dict[str, str]) -> Address | None:
    run = _RUNS.search(path)
    rest = _REST.search(path)
    found = rest or run
    if found is None:
        return None
    parts = {k: decoded(v) for k, v in found.groupdict().items() if v}
    said = rest is not None and "log" in parts
    log = said or (run is not None and rest is None and "task" in parts and _opens_log(path, found))
    return Address(
        parts["dag"], parts.get("task"), parts["run"], None,
        _count(parts.get("try") or values.get("try_number")),
        _index(parts.get("map") or values.get("map_index")), url=url, is_log=log,
    )  # fmt: skip


def _opens_log(path: str, found: re.Match[str]) -> bool:
    return path[found.end() :].strip("/") in ("", "logs", "log")


def _queries(url: str, path: str, values: dict[str, str]) -> Address | None:
    page = _DAG_PAGE.search(path)
    task_page = _TASK_PAGE.search(path)
    dag = (
        values.get("dag_id")
        or values.get("_flt_3_dag_id")
        or (decoded(page["dag"]) if page else None)
    )
    task = (
        values.get("task_id")
        or values.get("_flt_3_task_id")
        or (decoded(task_page["task"]) if task_page else None)
    )
    if not dag or not (page or "dag_id" in values or "_flt_3_dag_id" in values):
        return None
    date = values.get("execution_date") or values.get("logical_date")
    return Address(
        dag, task, values.get("dag_run_id") or values.get("run_id"),
        read_date(date) if date else None, _count(values.get("try_number")),
        _index(values.get("map_index")), url=url, is_log=bool(task) and _log_page(path, values),
    )  # fmt: skip


def _log_page(path: str, values: dict[str, str]) -> bool:
    path = path.rstrip("/")
    if path.endswith(_LOG_PAGES):
        return True
    if not path.endswith("/grid") and path.endswith(_OTHER_PAGES):
        return values.get("tab") == "logs"
    if values.get("tab") in _OTHER_TABS:
        return False
    named = any(values.get(k) for k in ("dag_run_id", "run_id", "execution_date", "logical_date"))
    return "/dags/" in path and "task_id" in values and (named or values.get("tab") == "logs")


def _console(url: str) -> Address | None:
    # CloudWatch's console escapes its fragment twice, with $ for %.
    text = decoded(unquote(url.replace("$25", "%").replace("$", "%")))
    group, stream = _GROUP.search(text), _STREAM.search(text)
    if stream is None:
        return Address(url=url, environment=group["env"]) if group else None
    found = stream_ids(text)
    return Address(
        found["dag"], found["task"], found["run"], None, _count(found.get("try")),
        _index(found.get("map")), url=url, environment=group["env"] if group else None, is_log=True,
    )  # fmt: skip


def stream_ids(text: str) -> dict[str, str]:
    """The ids in a log stream's or log file's name (`dag_id=D/run_id=R/task_id=T/attempt=1.log`)."""
    found = _STREAM.search(text)
    if found is None:
        return {}
    ids = {k: v for k, v in found.groupdict().items() if v}
    ids["run"] = _STREAM_RUN.sub(r"T\1:\2:\3", ids["run"])
    ids["run"] = re.sub(r"([+-]\d\d)_(\d\d)$", r"\1:\2", ids["run"])
    return ids


def decoded(text: str) -> str:
    """Percent-decoded, once more where it was encoded twice; `+` stays, for offsets hold it."""
    once = unquote(text)
    return unquote(once) if re.search(r"%[0-9A-Fa-f]{2}", once) else once


def _values(query: str) -> dict[str, str]:
    pairs = (p.partition("=") for p in re.split(r"[&;]", query.replace("&amp;", "&")) if "=" in p)
    return {name: decoded(value) for name, _, value in pairs if value and "…" not in value}


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and 0 < int(text) < 1000 else None


def _index(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 7 else None
