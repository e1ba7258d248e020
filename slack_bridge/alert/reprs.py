"""Ids in TaskInstance and DagRun reprs, in `dag_id=` pairs, log file names and keys."""

import re
from collections.abc import Iterator

from slack_bridge.alert.ids import ID
from slack_bridge.alert.model import Witness
from slack_bridge.alert.urls import stream_ids

_INSTANCE = re.compile(
    r"<\s*TaskInstance:?\s*(?P<key>\S+?)\s+(?P<run>\S+?(?: \d\d:\d\d:\d\d[\d.:+\-]*)?)(?:\s+map_index=(?P<map>-?\d+))?\s*(?:\[(?P<state>[\w ]+)\])?\s*>"
)
_DAG_RUN = re.compile(
    r"<\s*DagRun:?\s+(?P<dag>\S+)\s+@\s+(?P<date>None|[\d\-T:.+Z]+(?: \d\d:\d\d:\d\d[\d.:+\-]*)?)\s*:\s*(?P<run>\S+?),(?:\s*state:\s*(?P<state>\w+))?"
)
_TASK_REPR = re.compile(
    rf"<\s*(?:Task|Mapped|_PythonDecoratedOperator)\((?:\w+)\):\s*(?P<task>{ID})\s*>"
)
_DAG_REPR = re.compile(rf"<\s*DAG:\s*(?P<dag>{ID})\s*>")
_MACHINE = re.compile(
    r"(?<![\w.])[\"'`{]?(?P<name>dag_id|task_id|run_id|dag_run_id|map_index|try_number|execution_date|logical_date)[\"'`]?\s*(?:=>|=|:)\s*(?P<q>[\"'`]?)(?P<value>[^\s\"'`,;|)}\]\ue000<>]+)"
)
_KEY = re.compile(r"(?<![\w.])(?P<left>[\w.\-]+?)__(?P<date>(?:19|20)\d{6}(?:T\d{6})?)(?![\w])")


def reprs(text: str, place: str) -> Iterator[Witness]:
    """Ids in TaskInstance and DagRun reprs, `dag_id=` pairs and log file names."""
    for m in _INSTANCE.finditer(text):
        yield Witness("instance_key", m["key"], place, "TaskInstance")
        yield Witness("run_or_date", m["run"], place, "TaskInstance")
        if m["map"]:
            yield Witness("map_index", m["map"], place, "TaskInstance")
        if m["state"]:
            yield Witness("state", m["state"], place, "TaskInstance")
    yield from _dag_runs(text, place)
    for m in _TASK_REPR.finditer(text):
        yield Witness("task_id", m["task"], place, "<Task>")
    for m in _DAG_REPR.finditer(text):
        yield Witness("dag_id", m["dag"], place, "<DAG>")
    yield from _pairs(text, place)


def _dag_runs(text: str, place: str) -> Iterator[Witness]:
    for m in _DAG_RUN.finditer(text):
        yield Witness("dag_id", m["dag"], place, "DagRun")
        yield Witness("run_id", m["run"], place, "DagRun")
        if m["date"] != "None":
            yield Witness("logical_date", m["date"], place, "DagRun")
        if m["state"]:
            yield Witness("state", m["state"], place, "DagRun")


def _pairs(text: str, place: str) -> Iterator[Witness]:
    ids = stream_ids(text)
    names = {
        "dag": "dag_id",
        "task": "task_id",
        "run": "run_id",
        "map": "map_index",
        "try": "try_number",
    }
    if ids:
        yield from (Witness(names[k], v, place, "log file name") for k, v in ids.items())
        return
    for m in _MACHINE.finditer(text):
        name = "run_id" if m["name"] == "dag_run_id" else m["name"]
        name = "logical_date" if name == "execution_date" else name
        if name in ("dag_id", "task_id") and not re.fullmatch(ID, m["value"]):
            continue
        yield Witness(
            name,
            m["value"].rstrip(".") if name in ("dag_id", "task_id") else m["value"],
            place,
            f"{m['name']}=",
        )


def keys(text: str, place: str) -> Iterator[Witness]:
    """`dag__task__20261022`, the task_instance_key_str."""
    for m in _KEY.finditer(text):
        if "__" in m["left"] and not m["left"].startswith(
            ("scheduled__", "manual__", "backfill__")
        ):
            yield Witness("key", m.group(), place, "task_instance_key_str")


def split_key(text: str, dag: str | None, task: str | None) -> tuple[str, str, str] | None:
    """Dag, task and date of a task_instance_key_str; the known dag or task says where to split."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    left = found["left"]
    if dag and left.startswith(f"{dag}__"):
        return dag, left[len(dag) + 2 :], found["date"]
    if task and left.endswith(f"__{task}"):
        return left[: -len(task) - 2], task, found["date"]
    head, _, tail = left.partition("__")
    return (head, tail, found["date"]) if head and tail else None


def split_instance(text: str, dag: str | None, task: str | None) -> tuple[str | None, str | None]:
    """Dag and task of `dag.task`, at the first dot unless a known id tells otherwise."""
    if dag and text.startswith(f"{dag}."):
        return dag, text[len(dag) + 1 :]
    if task and text.endswith(f".{task}") and len(text) > len(task) + 1:
        return text[: -len(task) - 1], task
    head, dot, tail = text.partition(".")
    return (head, tail) if dot and head and tail else (None, None)
