"""What a failure holds up: tasks of its run, dags that wait, and until when it may wait."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mcp_server.domain.airflow import Asset, Dag, Task, TaskInstance

# A task with one of these runs whatever became of the tasks before it.
RUNS_ANYWAY = frozenset(
    {"all_done", "all_failed", "one_failed", "one_done", "always", "dummy", "none_skipped"}
)
ONE_IS_ENOUGH = frozenset({"one_success", "all_done_min_one_success"})
_DONE = frozenset({"success", "running", "failed", "skipped", "removed"})
_DEADLINE = re.compile(
    r"(?i)\b(?:sla|deadline|due|before|until|by|ready(?: at| by)?)[\s:=_-]{0,3}(?:at |by )?"
    r"(\d{1,2}[:.h]\d{2})(?:\s?(?:UTC|Z))?"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Task ids of the same run that cannot go on, and dags that wait for what they make."""

    tasks: tuple[str, ...] = ()
    dags: tuple[str, ...] = ()


def blocked_tasks(
    tasks: Sequence[Task], instances: Sequence[TaskInstance], failed: str, own: str
) -> tuple[str, ...]:
    """Tasks that wait for `failed`, by graph and trigger rule, other than the alert's own."""
    states = _states(instances)
    found = _held(tasks, states, failed)
    upstream_failed = [t for t, seen in states.items() if "upstream_failed" in seen]
    if not tasks:
        found = upstream_failed
    return tuple(t for t in dict.fromkeys(found) if t not in (failed, own))


def _states(instances: Sequence[TaskInstance]) -> dict[str, set[str]]:
    states: dict[str, set[str]] = {}
    for one in instances:
        states.setdefault(one.task_id, set()).add(one.state or "")
    return states


def _held(tasks: Sequence[Task], states: Mapping[str, set[str]], failed: str) -> list[str]:
    above: dict[str, set[str]] = {}
    for task in tasks:
        for below in task.downstream_task_ids:
            above.setdefault(below, set()).add(task.task_id)
    rules = {task.task_id: task.trigger_rule for task in tasks}
    held = {failed}
    order: list[str] = []
    found = True
    while found:
        found = False
        for task in tasks:
            name = task.task_id
            if name not in held and _is_held(rules[name], above.get(name, set()), held):
                if states.get(name, set()) and states[name] <= _DONE:
                    continue
                held.add(name)
                order.append(name)
                found = True
    return order


def _is_held(rule: str, above: set[str], held: set[str]) -> bool:
    if not above & held or rule in RUNS_ANYWAY:
        return False
    return above <= held if rule in ONE_IS_ENOUGH else True


def waiting_dags(assets: Sequence[Asset], dag_id: str, tasks: Sequence[str]) -> tuple[str, ...]:
    """Dags scheduled by an asset (dataset) that one of these tasks was to update."""
    made = {(dag_id, task) for task in tasks}
    found = [dag for asset in assets if made & set(asset.producing) for dag in asset.consuming_dags]
    return tuple(dict.fromkeys(dag for dag in found if dag != dag_id))


def sensing(source: str, dag_id: str) -> bool:
    """Whether a dag file names another dag as the one it waits for."""
    return bool(re.search(rf"external_dag_id[\"']?\s*[=:]\s*[\"']{re.escape(dag_id)}[\"']", source))


def deadline(dag: Dag) -> str:
    """A time of day that tags or description promise: "05:00"; "" when none does."""
    for text in (*dag.tags, dag.description):
        found = _DEADLINE.search(text)
        if found:
            return re.sub(r"[.h]", ":", found[1]).zfill(5)
    return ""


def can_wait(dag: Dag | None, waiting: Waiting, at: datetime) -> str:
    """One sentence on how long the failure may stay: consumers, deadline, next run."""
    said: list[str] = []
    if waiting.dags:
        waits = "waits" if len(waiting.dags) == 1 else "wait"
        said.append(f"No: {', '.join(waiting.dags[:4])} {waits} for it")
    if dag is None:
        return "; ".join(said)
    due = deadline(dag)
    if due:
        said.append(f"its deadline is {due} UTC" if said else f"Until {due} UTC, its deadline")
    if dag.is_paused:
        said.append("the dag is paused, so no run follows")
    elif dag.next_run_after:
        moment = _when(dag.next_run_after, at)
        said.append(f"next run {moment}" if said else f"Until the next run, {moment}")
    return "; ".join(said)


def _when(moment: datetime, at: datetime) -> str:
    if moment <= at:
        return "which is due now"
    day = "" if moment.date() == at.date() else f"{moment.day} {moment:%b} "
    return f"{day}{moment:%H:%M} UTC"
