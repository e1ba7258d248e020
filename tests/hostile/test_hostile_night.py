"""A whole night whose every field is hostile: nothing leaks, writes, follows or mentions."""

import json
import re
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from hostile_story import DAG, KEPT, TASK, hostile_story, leaked
from mcp import Client, StdioServerParameters

from sandbox.bridge_process import BridgeProcess, clean_environment
from sandbox.play import Play
from sandbox.report import report
from sandbox.world import World

READS = {
    "airflow": r"GET /.*",
    "cloudtrail": r"LookupEvents",
    "cloudwatch": r"(?:Get|List|Describe)\w+",
    "gemini": r"generateContent",
    "logs": r"(?:Get|Describe|Filter)\w+|StartQuery|StopQuery",
    "mwaa": r"Get\w+|List\w+|InvokeRestApi|CreateWebLoginToken",
    "redshift": r"Describe\w+|GetClusterCredentials\w*|connect|begin|set|query|rollback|commit",
    "slack": r"chat\.(?:postMessage|update)|(?:reactions|conversations|assistant)\..+|auth\.test",
}
NIGHT = "3d"
CALLS: tuple[tuple[str, dict[str, object]], ...] = (
    ("diagnose_failure", {"dag_id": DAG}),
    ("find_failures", {"since": NIGHT}),
    ("get_dag_run", {"dag_id": DAG}),
    ("get_dag", {"dag_id": DAG, "task_id": TASK}),
    ("get_task_log", {"dag_id": DAG, "task_id": TASK}),
    ("get_task_log", {"dag_id": DAG, "task_id": TASK, "view": "tail"}),
    ("get_task_log", {"dag_id": DAG, "task_id": TASK, "view": "grep", "pattern": "ERROR"}),
    ("check_airflow", {}),
    ("search_logs", {"log_group": "airflow-dw-prod-Scheduler", "since": NIGHT}),
    ("search_logs", {"log_group": "/aws/lambda/loader", "since": NIGHT, "view": "patterns"}),
    ("search_logs", {"log_group": "airflow-dw-prod-Task", "since": NIGHT, "pattern": "ERROR"}),
    ("check_redshift", {}),
    ("find_redshift_queries", {"since": NIGHT}),
    ("find_redshift_queries", {"since": NIGHT, "text": "alter table' or 1=1; drop table t --"}),
    ("get_redshift_query", {"query_id": 9020101}),
    ("audit_redshift", {"since": NIGHT}),
    ("describe_redshift_table", {"table": "raw.orders"}),
    ("describe_redshift_table", {"table": "raw.orders'; drop table raw.orders; --"}),
    ("query_redshift", {"sql": "select query_text, error_message from sys_query_history"}),
    ("query_redshift", {"sql": "select 'Variable' || '796' as db_password"}),
    ("query_redshift", {"sql": "drop table raw.orders"}),
)


@dataclass
class Night:
    """All that left the product, by where it went; the calls made; who knocked at the trap."""

    texts: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    calls: set[tuple[str, str]] = field(default_factory=set)
    visitors: list[bytes] = field(default_factory=list)
    messages: list[Mapping[str, object]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def night() -> Night:
    found = Night()
    with socket.create_server(("127.0.0.1", 0)) as trap:
        watch = threading.Thread(target=_watch, args=(trap, found.visitors), daemon=True)
        watch.start()
        _played(f"http://127.0.0.1:{trap.getsockname()[1]}", found)
        # A listening socket wakes its accept only when it is shut down first.
        trap.shutdown(socket.SHUT_RDWR)
        watch.join()
    return found


def _watch(trap: socket.socket, visitors: list[bytes]) -> None:
    while True:
        try:
            visitor, _ = trap.accept()
        except OSError:
            return
        with visitor:
            visitors.append(visitor.recv(500))


def _played(trap: str, found: Night) -> None:
    with World(hostile_story(trap)) as world:
        said = world.environment()
        with BridgeProcess(said) as bridge:
            found.wrong = Play(world, bridge, lambda line: None).run()
        played = report(world, found.wrong)
        found.messages = played["messages"]
        found.texts |= {"thread": _text(played["messages"]), "stderr": "\n".join(bridge.lines)}
        found.texts |= {f"prompt {n}": _text(r) for n, r in enumerate(world.gemini.requests)}
        for path in Path(said["DE_AGENT_STORE"]).parent.glob("*.sqlite3*"):
            found.texts[path.name] = path.read_bytes().decode("utf-8", "replace")
        found.answers = anyio.run(_asked, clean_environment() | said)
        found.calls = {(call.service, call.operation) for call in world.calls.all()}


async def _asked(environment: dict[str, str]) -> dict[str, str]:
    serve = StdioServerParameters(
        command=sys.executable, args=["-m", "mcp_server", "serve"], env=environment
    )
    said = {}
    async with Client(serve, read_timeout_seconds=60) as client:
        for number, (name, arguments) in enumerate(CALLS):
            answer = await client.call_tool(name, arguments)
            said[f"{number} {name}"] = _text(answer.model_dump(mode="json"))
    return said


def _text(said: object) -> str:
    return json.dumps(said, ensure_ascii=False)


def test_a_hostile_night_is_answered(night: Night) -> None:
    assert not night.wrong
    assert "discount` does not exist" in night.texts["thread"]
    assert "prompt 0" in night.texts


def test_no_secret_reaches_thread_store_log_prompt_or_answer(night: Night) -> None:
    assert leaked(night.texts | night.answers) == []


def test_what_an_engineer_needs_stays_beside_the_secrets(night: Night) -> None:
    assert all(kept in "".join(night.answers.values()) for kept in KEPT)


def test_no_address_of_an_alert_or_a_log_is_followed(night: Night) -> None:
    assert night.visitors == []


def test_nothing_but_reads_reaches_a_service(night: Night) -> None:
    writes = [
        (service, operation)
        for service, operation in night.calls
        if not re.fullmatch(READS.get(service, r"(?!)"), operation)
    ]
    assert writes == []


def test_the_thread_mentions_nobody_and_links_only_to_consoles(night: Night) -> None:
    mrkdwn = [*_named(night.messages, "mrkdwn"), *(str(m["text"]) for m in night.messages)]
    entities = [e for text in mrkdwn for e in re.findall(r"<[^>]*>", text)]
    assert [
        e for e in entities if not re.match(r"<(?:!date\^|https://\S+\.amazonaws\.com/)", e)
    ] == []
    urls = re.findall(r'"url": "([^"]+)"', night.texts["thread"])
    assert urls
    assert all(re.match(r"https://[\w.-]+\.(?:aws\.amazon|amazonaws)\.com/", url) for url in urls)
    assert not re.search("[\u202e\u200b\x1b]", night.texts["thread"])


def _named(thing: object, kind: str) -> Iterator[str]:
    """The texts of all objects of this type."""
    if isinstance(thing, list):
        for one in thing:
            yield from _named(one, kind)
    if isinstance(thing, Mapping):
        if thing.get("type") == kind:
            yield str(thing.get("text"))
        yield from _named(list(thing.values()), kind)
