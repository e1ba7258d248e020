"""Which other dags wait for a failed one: by their own sensors, not by their file's neighbours."""

import pytest

from mcp_server.domain.airflow import Dag, Task
from tests.mcp_server.investigate.rows import DAG
from tests.mcp_server.investigate.world import asked, night

pytestmark = pytest.mark.anyio

FILE = "/usr/local/airflow/dags/finance.py"
SENSOR = f"""
with DAG("ledger"):
    ExternalTaskSensor(
        task_id="wait_for_orders", external_dag_id="{DAG}", external_task_id="load"
    )
with DAG("invoices"):
    PythonOperator(task_id="send", python_callable=send)
"""


async def waiting(*dags: Dag) -> tuple[str, ...]:
    world = night("ValueError: bad row 7")
    world.dags.extend(dags)
    world.sources.update({dag.dag_id: SENSOR for dag in dags})
    world.tasks["ledger"] = [Task("wait_for_orders", "ExternalTaskSensor")]
    world.tasks["invoices"] = [Task("send", "PythonOperator")]
    found = await world.investigations().diagnose(asked())
    return tuple(name for name in found.blocked if name != "load")


async def test_of_a_file_with_two_dags_only_the_one_with_the_sensor_waits() -> None:
    both = Dag("ledger", fileloc=FILE), Dag("invoices", fileloc=FILE)
    assert await waiting(*both) == ("ledger",)


async def test_a_file_of_one_dag_needs_no_look_at_its_tasks() -> None:
    assert await waiting(Dag("stock", fileloc="/dags/stock.py")) == ("stock",)
