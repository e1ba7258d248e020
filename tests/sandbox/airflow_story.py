"""Small stories for Airflow's REST, and a way to ask it."""

from typing import Any

from local_aws import NOW

from sandbox.airflow.asking import RestRequest
from sandbox.airflow.rest import AirflowRest
from sandbox.clock import Clock
from sandbox.logs.store import LogStore

V1, V2 = "2.10.5", "3.3.2"
BOTH = [V1, V2]
Json = Any  # answers and rows of whatever shape


def rest(story: dict[str, Json], version: str = V1, logs: LogStore | None = None) -> AirflowRest:
    return AirflowRest(story, version, Clock(NOW), logs, "g")


def get(airflow: AirflowRest, path: str, **query: str | list[str]) -> Json:
    """The document, or status and detail of a refusal."""
    asked = {k: v if isinstance(v, list) else [v] for k, v in query.items()}
    said = airflow.answer(RestRequest("GET", path, asked))
    return said.document if said.status == 200 else (said.status, said.document.get("detail"))


def run(day: int, state: str = "success", dag_id: str = "orders") -> dict[str, Json]:
    at = f"2026-11-{day:02}T02:00:00+00:00"
    end = f"2026-11-{day:02}T02:30:00+00:00"
    return {
        "dag_id": dag_id,
        "run_id": f"scheduled__{at}",
        "state": state,
        "logical_date": at,
        "start_date": at,
        "end_date": end,
    }


def instance(task_id: str, day: int = 22, **more: Json) -> dict[str, Json]:
    return {
        "dag_id": "orders",
        "dag_run_id": run(day)["run_id"],
        "task_id": task_id,
        "state": "success",
    } | more


RUNS = {"dag_runs": [run(22, "failed"), run(21), run(20, "failed"), run(20, dag_id="stock")]}
