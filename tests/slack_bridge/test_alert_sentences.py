"""One-line alerts: what a sentence calls a dag and a task is what they are, however marked."""

from itertools import product

import pytest

from slack_bridge.alert.model import Alert
from slack_bridge.alert.parse import parse_alert

NAMES = [("nightly_orders", "copy_rows"), ("failed-payments.v2", "wait.stage_one")]
MARKS = ["{}", "`{}`", "*{}*"]

FAILED = [
    "Task {t} of DAG {d} failed",
    "DAG {d}: task {t} has failed",
    "The task {t} in the dag {d} did not succeed",
    "{t} task in {d} dag failed after 2 retries",
    "Airflow: DAG {d} failed on task {t}",
    "Pipeline {d} stopped, step {t} crashed",
    "Job {d} broke at task {t}",
    "Failure in {d}: task {t} raised KeyError",
    "{d} · task {t} failed",
    "dag={d} task={t} state=failed",
    "La tarea {t} del DAG {d} ha fallado",
    "Falha na task {t} da DAG {d}",
    "La tâche {t} du DAG {d} a échoué",
    "Der Task {t} im DAG {d} ist fehlgeschlagen",
    "Il task {t} del DAG {d} è fallito",
    "Задача {t} в DAG {d} упала с ошибкой",
    "DAG {d} 의 {t} 태스크가 실패했습니다",
    "DAG {d} のタスク {t} が失敗しました",
    "DAG {d} 的任务 {t} 失败了",
    "DAG {d} içindeki {t} görevi başarısız oldu",
    "Taak {t} van DAG {d} is mislukt",
    "Tugas {t} pada DAG {d} gagal",
]

NO_FAILURE = [
    ("Task {t} of DAG {d} succeeded", "success"),
    ("DAG {d} finished, task {t} was the last", "success"),
    ("La tarea {t} del DAG {d} terminó con éxito", "success"),
    ("DAG {d} のタスク {t} が成功しました", "success"),
    ("DAG: {d} completed successfully", "success"),
    ("*Task* {t} of *DAG* {d} finished in 3 minutes", "success"),
    ("Task: {t} in DAG: {d} succeeded", "success"),
    ("DAG: {d} will retry in 5 minutes", "retry"),
    ("`DAG` {d} started", "other"),
    ("Task {t} of DAG {d} failed, will retry in 5 minutes", "retry"),
    ("Task {t} in {d} is up for retry", "retry"),
    ("Nova tentativa da task {t} da DAG {d} em 5 minutos", "retry"),
    ("DAG {d}: {t} missed its SLA", "sla_miss"),
    ("DAG {d} exceeded its SLA at {t}", "sla_miss"),
    ("{d}のSLA違反: {t}", "sla_miss"),
    ("DAG {d} started with task {t}", "other"),
    ("If {d} fails, page the data team", "other"),
    ("This fixes the failing {t} of {d}", "other"),
    ("{d} failed 3 times last week", "other"),
    ("Failed tasks: none, DAG: {d}", "other"),
    ("Did {t} of {d} fail last night?", "other"),
    ("How to clear a failed task: see the page on {d} and {t}", "other"),
    ("Runbook for {d} failures updated, see step {t}", "other"),
    ("Resolved: task {t} of DAG {d} failed", "success"),
    ("Post-mortem of {d}: why {t} failed", "other"),
]


def _read(sentence: str, names: tuple[str, str], mark: str) -> Alert:
    dag, task = (mark.format(name) for name in names)
    text = sentence.format(d=dag, t=task)
    return parse_alert({"type": "message", "bot_id": "B1", "text": text})


@pytest.mark.parametrize("sentence", FAILED)
def test_a_sentence_says_which_task_of_which_dag_failed(sentence: str) -> None:
    for names, mark in product(NAMES, MARKS):
        alert = _read(sentence, names, mark)
        assert alert.is_failure, (names, mark, alert.why)
        assert (alert.dag_id, alert.task_id) == names, (names, mark)


@pytest.mark.parametrize(("sentence", "kind"), NO_FAILURE)
def test_a_sentence_of_anything_else_is_no_failure(sentence: str, kind: str) -> None:
    for names, mark in product(NAMES, MARKS):
        alert = _read(sentence, names, mark)
        assert not alert.is_failure, (names, mark, alert.why)
        assert alert.kind == kind, (names, mark, alert.why)


@pytest.mark.parametrize(
    "said",
    [
        "New data available",
        "Rows loaded: 1200",
        "Sync complete",
        "No new files today",
        "Approval needed",
        "Accuracy dropped to 0.71",
        "Kicking off the load",
        "데이터 적재 완료",
        "数据已更新",
        "Datos cargados",
    ],
)
def test_labels_of_a_task_beside_other_news_are_no_failure(said: str) -> None:
    alert = _read(f"{said}\nDAG: {{d}}\nTask: {{t}}", NAMES[0], "{}")
    assert not alert.is_failure, alert.why


@pytest.mark.parametrize(
    "said", ["Airflow alert", "[prod] Airflow notification", "Please look here", "exit code 137"]
)
def test_labels_of_a_task_beside_a_bare_alert_are_a_failure(said: str) -> None:
    alert = _read(f"{said}\nDAG: {{d}}\nTask: {{t}}", NAMES[0], "`{}`")
    assert alert.is_failure, alert.why
    assert (alert.dag_id, alert.task_id) == NAMES[0]
