"""An incident's Airflow over REST: `/api/v1` for 2.x, `/api/v2` for 3.x, from `airflow.json`."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote

from sandbox.airflow import assets, dags, records, runs, task_logs
from sandbox.airflow.asking import Ask, Query, RestAnswer, RestError, RestRequest, Row
from sandbox.airflow.listings import LISTINGS
from sandbox.airflow.reading import Rows
from sandbox.airflow.task_logs import TaskLogs
from sandbox.clock import Clock
from sandbox.logs.store import LogStore

Handler = Callable[[Rows, Ask], Row | RestAnswer]
_RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}"
_TASK = _RUN + "/taskInstances/{task_id}"


@dataclass(frozen=True, slots=True)
class Route:
    """A path template; `listing` names its query parameters, `others` more of version 1's."""

    template: str
    handler: Handler
    listing: str = ""
    others: tuple[str, ...] = ()

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The ids in a path of that shape, or None."""
        wanted = self.template.strip("/").split("/")
        if len(wanted) != len(parts):
            return None
        ids = {}
        for name, part in zip(wanted, parts, strict=True):
            if name.startswith("{"):
                ids[name.strip("{}")] = part
            elif name != part:
                return None
        number = ids.get("map_index", "0")
        return ids if re.fullmatch(r"-?\d+", number) else None

    @property
    def parameters(self) -> frozenset[str]:
        listed = LISTINGS[1][self.listing].parameters if self.listing else frozenset()
        return listed | set(self.others)


class AirflowRest:
    """Answers one environment's calls; `version` is Airflow's ("2.10.5"), `api` REST's (1 or 2).

    `logs` and `log_group` are where task logs are read. `load` replaces the story's rows.
    """

    def __init__(
        self,
        story: Mapping[str, Any],
        version: str,
        clock: Clock,
        logs: LogStore | None = None,
        log_group: str = "",
    ) -> None:
        self.version = version
        self.api = 2 if int(version.split(".")[0]) >= 3 else 1
        self._clock = clock
        self._logs = TaskLogs(logs or LogStore(), log_group)
        self._routes = list(self._table())
        self.load(story)

    def load(self, story: Mapping[str, Any]) -> None:
        """Take these rows (airflow.json's shape) from now on."""
        self._rows = Rows(story, self.api)

    @property
    def _has_tries(self) -> bool:
        """Since 2.10."""
        minor = int(self.version.split(".")[1])
        return self.api == 2 or minor >= 10

    @property
    def prefix(self) -> str:
        """What stands before a path on the web server."""
        return f"/api/v{self.api}"

    def answer(self, request: RestRequest) -> RestAnswer:
        """Answer a call, or refuse it as this version of Airflow would."""
        path, _, inline = request.path.partition("?")
        query = {**parse_qs(inline, keep_blank_values=True), **request.query}
        try:
            return self._routed(request, path, query)
        except RestError as error:
            return RestAnswer(error.status, self.refusal(error), _problem_type(self.api))

    def refusal(self, error: RestError) -> Row:
        """The body of an error in this version's shape."""
        if self.api == 2:
            return {"detail": error.detail or error.title}
        page = f"https://airflow.apache.org/docs/apache-airflow/{self.version}/stable-rest-api-ref.html"
        kinds = {
            400: "BadRequest",
            401: "Unauthenticated",
            403: "PermissionDenied",
            404: "NotFound",
        }
        kind = kinds.get(error.status, "Unknown")
        return {
            "detail": error.detail,
            "status": error.status,
            "title": error.title,
            "type": f"{page}#section/Errors/{kind}",
        }

    def _routed(self, request: RestRequest, path: str, query: Query) -> RestAnswer:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        for route in self._routes:
            ids = route.match(parts)
            if ids is not None:
                if request.method.upper() != "GET":
                    raise _read_only(self.api)
                self._check(route, query)
                said = route.handler(self._rows, Ask(self.api, ids, query, request.accept))
                return (
                    said if isinstance(said, RestAnswer) else RestAnswer(200, _picked(said, query))
                )
        raise RestError(404, "Not Found")

    def _check(self, route: Route, query: Query) -> None:
        # Connexion validates strictly; FastAPI passes over what it does not know.
        extra = sorted(set(query) - route.parameters) if self.api == 1 else []
        if extra:
            names = ", ".join(extra)
            raise RestError(400, "Bad Request", f"Extra query parameter(s) {names} not in spec")

    def _table(self) -> Iterator[Route]:
        yield from (r for r in _COMMON if "/tries" not in r.template or self._has_tries)
        yield from _ONLY[self.api]
        health = partial(records.health, clock=self._clock)
        yield Route("/health" if self.api == 1 else "/monitor/health", health)
        yield Route("/version", self._say_version)
        yield Route(
            _TASK + "/logs/{try_number}",
            partial(task_logs.get_log, logs=self._logs),
            others=("full_content", "map_index", "token"),
        )

    def _say_version(self, rows: Rows, ask: Ask) -> Row:
        return {"version": self.version, "git_version": f".release:{self.version}"}


def _picked(document: Row, query: Query) -> Row:
    """Version 1's `fields`: only these of each row."""
    wanted = [name for value in query.get("fields", ()) for name in value.split(",")]
    if not wanted:
        return document
    if "total_entries" not in document:
        return {name: value for name, value in document.items() if name in wanted}
    return {
        key: [_picked(row, query) for row in value] if isinstance(value, list) else value
        for key, value in document.items()
    }


def _problem_type(api: int) -> str:
    return "application/problem+json" if api == 1 else "application/json"


def _read_only(api: int) -> RestError:
    if api == 1:
        return RestError(405, "Method Not Allowed")
    return RestError(405, "Method Not Allowed", "Method Not Allowed")


_COMMON = (
    Route("/dags", dags.list_dags, "dags"),
    Route("/dags/{dag_id}", dags.get_dag, others=("fields",)),
    Route("/dags/{dag_id}/details", dags.get_dag_details, others=("fields",)),
    Route("/dags/{dag_id}/tasks", dags.list_tasks, others=("order_by",)),
    Route("/dags/{dag_id}/tasks/{task_id}", dags.get_task),
    Route("/dags/{dag_id}/dagRuns", runs.list_runs, "dag_runs"),
    Route(_RUN, runs.get_run, others=("fields",)),
    Route(_RUN + "/taskInstances", runs.list_instances, "task_instances"),
    Route(_TASK, runs.get_instance),
    Route(_TASK + "/listMapped", runs.list_mapped, "mapped"),
    Route(_TASK + "/tries", runs.list_tries, "tries", ("order_by",)),
    Route(_TASK + "/{map_index}", runs.get_instance),
    Route(_TASK + "/{map_index}/tries", runs.list_tries, "tries", ("order_by",)),
    Route(_TASK + "/tries/{try_number}", runs.get_try),
    Route(_TASK + "/{map_index}/tries/{try_number}", runs.get_try),
    Route("/importErrors", dags.list_import_errors, "import_errors"),
    Route("/importErrors/{import_error_id}", dags.get_import_error),
    Route("/eventLogs", records.list_event_logs, "event_logs"),
    Route("/eventLogs/{event_log_id}", records.get_event_log),
    Route("/pools", records.list_pools, "pools"),
    Route("/pools/{pool_name}", records.get_pool),
    Route("/dagStats", dags.stats, others=("dag_ids",)),
    Route("/dagWarnings", dags.list_warnings, "dag_warnings"),
    Route("/config", records.refuse_config, others=("section",)),
)
_ONLY = {
    1: (
        Route("/dagSources/{file_token}", dags.source_by_token),
        Route("/datasets", assets.list_assets, "assets"),
        Route("/datasets/events", assets.list_events, "asset_events"),
        Route("/datasets/{uri}", assets.get_asset),
        Route("/datasets/queuedEvent/{uri}", assets.list_queued, "queued_events"),
        Route("/dags/{dag_id}/datasets/queuedEvent", assets.list_queued, "queued_events"),
        Route(_RUN + "/upstreamDatasetEvents", assets.list_upstream_events),
    ),
    2: (
        Route("/dagSources/{dag_id}", dags.source_by_dag),
        Route("/dags/{dag_id}/dagVersions", dags.list_versions, "dag_versions"),
        Route("/dags/{dag_id}/dagVersions/{version_number}", dags.get_version),
        Route("/assets", assets.list_assets, "assets"),
        Route("/assets/events", assets.list_events, "asset_events"),
        Route("/assets/{id}", assets.get_asset),
        Route("/assets/{id}/queuedEvents", assets.list_queued, "queued_events"),
        Route("/dags/{dag_id}/assets/queuedEvents", assets.list_queued, "queued_events"),
        Route(_RUN + "/upstreamAssetEvents", assets.list_upstream_events),
    ),
}
