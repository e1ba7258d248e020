"""What differs between the REST of Airflow 2 (`/api/v1`) and 3 (`/api/v2`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from mcp_server.aws.airflow_rows import Row
from mcp_server.aws.airflow_rows_v1 import AirflowV1
from mcp_server.aws.airflow_rows_v2 import AirflowV2
from mcp_server.domain.airflow import Asset, Dag, DagRun

Query = dict[str, str]


class Dialect(Protocol):
    """Paths, query parameters and rows of one version."""

    health: tuple[str, ...]
    assets: str
    has_dag_versions: bool
    newest_runs: Mapping[str, str]
    run_dates: tuple[str, ...]
    newest_instances: Mapping[str, str]

    def runs_between(self, since: datetime | None, until: datetime | None) -> Query: ...

    def dag(self, row: Row) -> Dag: ...

    def dag_run(self, row: Row) -> DagRun: ...

    def asset(self, row: Row) -> Asset: ...

    def source_id(self, dag: Dag) -> str:
        """What /dagSources takes."""
        ...

    def log_text(self, content: Any) -> str:  # noqa: ANN401 - JSON
        """The `content` of a task log as lines."""
        ...


def dialect_of(version: str) -> Dialect:
    """The dialect of an Airflow version such as "2.10.3"."""
    return AirflowV1() if version.startswith(("1.", "2.")) else AirflowV2()
