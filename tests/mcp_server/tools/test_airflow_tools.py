"""The Airflow and log tools as a client reads them, on whole nights of Airflow 2 and 3."""

from collections.abc import Callable

import pytest

from mcp_server.catalogue import CATALOGUE
from tests.mcp_server.golden import reads_as
from tests.mcp_server.tools.conftest import Night

pytestmark = pytest.mark.anyio
Nights = Callable[[str], Night]
LAB = "manual__2026-01-02T03:04:05+00:00"
CALLS: dict[str, tuple[str, str, dict[str, object]]] = {
    "task_log_redshift": ("tin-whistle", "get_task_log", {"dag_id": "sales_mart"}),
    "task_log_mapped": ("amber-field", "get_task_log", {"dag_id": "partner_feeds"}),
    "task_log_group": (
        "blue-door",
        "get_task_log",
        {"dag_id": "board_report", "task_id": "load_customers"},
    ),
    "task_log_worker_lost": ("copper-kettle", "get_task_log", {"dag_id": "build_features"}),
    "task_log_never_started": ("early-train", "get_task_log", {"dag_id": "stock_levels"}),
    "task_log_rest_denied": ("low-tide", "get_task_log", {"dag_id": "sensor_rollup"}),
    "task_log_missing_try": (
        "tin-whistle",
        "get_task_log",
        {"dag_id": "sales_mart", "task_id": "load_returns", "try_number": 5},
    ),
    "task_log_airflow_3": ("cold-orchard", "get_task_log", {
        "dag_id": "lab_failures", "run_id": LAB, "task_id": "py_chained_exception_retry"}),
    "task_log_grep": ("paper-lantern", "get_task_log", {
        "dag_id": "lab_failures", "run_id": LAB, "task_id": "noisy", "view": "grep",
        "pattern": "chunk 39[0-9]|password", "max_lines": 5}),
    "task_log_around": ("paper-lantern", "get_task_log", {
        "dag_id": "lab_failures", "run_id": LAB, "task_id": "noisy", "view": "around",
        "around": "300", "max_lines": 6}),
    "dag_run_airflow_2": ("paper-lantern", "get_dag_run", {"dag_id": "lab_failures"}),
    "dag_run_airflow_3": ("cold-orchard", "get_dag_run", {"dag_id": "lab_failures"}),
    "dag_run_sensor": ("grey-heron", "get_dag_run", {"dag_id": "pos_import"}),
    "dag_run_mapped": ("amber-field", "get_dag_run", {"dag_id": "partner_feeds"}),
    "dag_run_groups": ("oak-drawer", "get_dag_run", {"dag_id": "lab_groups"}),
    "dag_run_backfilled": ("wet-slate", "get_dag_run", {
        "dag_id": "lab_daily", "run_id": "latest_failed"}),
    "dag_of_assets": ("wet-slate", "get_dag", {"dag_id": "lab_asset_both"}),
    "failures_recovered": ("wet-slate", "find_failures", {"since": "3h"}),
    "dag_run_cut_off": ("harbor-bell", "get_dag_run", {"dag_id": "price_curves"}),
    "dag_run_killed_indexes": ("stone-step", "get_dag_run", {"dag_id": "map_tiles"}),
    "task_log_no_failed_task": ("harbor-bell", "get_task_log", {"dag_id": "price_curves"}),
    "task_log_cut_off": ("harbor-bell", "get_task_log", {
        "dag_id": "price_curves", "run_id": "latest", "task_id": "fit_curves"}),
    "task_log_killed": ("stone-step", "get_task_log", {"dag_id": "map_tiles"}),
    "task_log_upstream": ("stone-step", "get_task_log", {
        "dag_id": "map_tiles", "task_id": "upload"}),
    "failures_run_alone": ("harbor-bell", "find_failures", {"since": "6h"}),
    "failures_killed": ("stone-step", "find_failures", {"since": "6h"}),
    "dag_run_unknown": ("tin-whistle", "get_dag_run", {"dag_id": "sales"}),
    "dag_source": ("cold-orchard", "get_dag", {"dag_id": "lab_failures", "task_id": "noisy"}),
    "dag_import_error": ("dry-river", "get_dag", {"dag_id": "invoice_sync"}),
    "dag_unknown": ("dry-river", "get_dag", {"dag_id": "invoices"}),
    "failures_storm": ("night-ferry", "find_failures", {"since": "6h"}),
    "failures_mapped": ("amber-field", "find_failures", {"since": "2d"}),
    "failures_rest_denied": ("low-tide", "find_failures", {"since": "1d"}),
    "failures_none": ("tin-whistle", "find_failures", {"since": "1h", "until": "30m"}),
    "airflow_memory": ("copper-kettle", "check_airflow", {}),
    "airflow_pool": ("early-train", "check_airflow", {}),
    "airflow_denied": ("low-tide", "check_airflow", {}),
    "logs_lines": ("copper-kettle", "search_logs", {
        "log_group": "Scheduler", "since": "2h", "pattern": "zombie"}),
    "logs_patterns": ("copper-kettle", "search_logs", {
        "log_group": "scheduler", "since": "2h", "view": "patterns"}),
    "logs_none": ("copper-kettle", "search_logs", {"log_group": "Worker", "pattern": "no-such"}),
    "logs_unknown_group": ("copper-kettle", "search_logs", {"log_group": "airflow-ml-Task"}),
    "logs_query": ("copper-kettle", "search_logs", {
        "log_group": "Scheduler", "since": "2h",
        "query": "filter @message like /zombie/ | stats count(*) by @logStream"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_an_answer_reads_as_its_golden_file(name: str, night: Nights) -> None:
    slug, tool, arguments = CALLS[name]
    text = await night(slug).text(tool, **arguments)
    assert len(text) <= 6_000
    assert reads_as(f"tools/{name}.txt", text)


async def test_a_legacy_client_reads_the_same(night: Nights) -> None:
    modern = await night("tin-whistle").call("get_task_log", dag_id="sales_mart")
    legacy = await night("tin-whistle").call("get_task_log", "legacy", dag_id="sales_mart")
    assert modern.structured_content == legacy.structured_content
    assert str(modern.content) == str(legacy.content)


async def test_the_planted_secrets_of_the_recordings_do_not_show(night: Nights) -> None:
    asked = {"dag_id": "lab_failures", "run_id": LAB, "task_id": "noisy", "view": "tail"}
    answer = await night("paper-lantern").call("get_task_log", **asked)
    source = await night("paper-lantern").call("get_dag", dag_id="lab_failures", task_id="noisy")
    told = f"{answer} {source}"
    assert "hunter2" not in told
    assert "eyJhbGciOi" not in told


async def test_a_tail_is_paged_by_its_cursor_to_the_first_line(night: Nights) -> None:
    asked = {"dag_id": "lab_failures", "run_id": LAB, "task_id": "noisy", "view": "tail"}
    seen: list[int] = []
    cursor = ""
    for _ in range(10):
        answer = await night("paper-lantern").call(
            "get_task_log", **asked, max_lines=200, cursor=cursor
        )
        assert answer.structured_content is not None
        seen = [line["number"] for line in answer.structured_content["lines"]] + seen
        cursor = answer.structured_content["next_cursor"]
        if not cursor:
            break
    assert list(dict.fromkeys(seen)) == list(range(1, max(seen) + 1))


async def test_a_cursor_of_another_kind_is_refused(night: Nights) -> None:
    text = await night("copper-kettle").text("search_logs", log_group="Worker", cursor="line:3")
    assert text == "ERROR cursor must be the next_cursor of an earlier search_logs answer."


def test_every_tool_of_the_two_toolsets_has_a_golden_file() -> None:
    mine = {e.name for e in CATALOGUE if e.toolset in ("airflow", "cloudwatch")}
    later = {"get_metric", "find_alarms", "find_changes"}
    assert mine - later == {tool for _, tool, _ in CALLS.values()}
