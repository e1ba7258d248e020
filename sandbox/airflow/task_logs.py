"""Task logs over REST, read from the same streams that CloudWatch serves."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.airflow.asking import Ask, RestAnswer, RestError, Row
from sandbox.airflow.reading import Rows
from sandbox.airflow.runs import find_instance, tries_of
from sandbox.logs.store import LogStore
from sandbox.logs.streams import Event, Stream

# More than MWAA passes on (6 MB): reading a longer stream to its end would only cost time.
MAX_BYTES = 8_000_000
END_OF_LOG = base64.urlsafe_b64encode(b'{"end_of_log":true}').decode().rstrip("=") + ".sandbox"


@dataclass(frozen=True, slots=True)
class TaskLogs:
    """The Task log group of one environment."""

    store: LogStore
    group: str

    def stream(self, name: str) -> Stream | None:
        group = self.store.groups.get(self.group)
        return group.streams.get(name) if group else None


def stream_name(instance: Row, try_number: int) -> str:
    """Airflow's own template; in CloudWatch every `:` became `_`."""
    mapped = f"map_index={instance['map_index']}/" if instance["map_index"] >= 0 else ""
    return (
        f"dag_id={instance['dag_id']}/run_id={instance['dag_run_id']}/"
        f"task_id={instance['task_id']}/{mapped}attempt={try_number}.log"
    )


def get_log(rows: Rows, ask: Ask, logs: TaskLogs) -> RestAnswer:
    """One try's whole log. Version 1 answers `repr([(host, text)])`, version 2 a list of events."""
    number = int(ask.ids["try_number"])
    index = ask.integer("map_index", -1)
    asked = Ask(ask.api, {**ask.ids, "map_index": str(index)}, ask.query, ask.accept)
    instance = _instance(rows, asked)
    known = {row["try_number"] for row in tries_of(rows, asked)}
    if ask.api == 2 and number not in known:
        raise RestError(404, "Not Found", "TaskInstance not found")
    name = stream_name(instance, number)
    host = next((r.get("hostname") for r in tries_of(rows, asked) if r["try_number"] == number), "")
    stream = logs.stream(name.replace(":", "_"))
    if ask.api == 1:
        return _v1(ask, str(host or ""), logs.group, name.replace(":", "_"), stream)
    return _v2(ask, logs.group, name, stream)


def _instance(rows: Rows, ask: Ask) -> Row:
    try:
        return find_instance(rows, ask)
    except RestError:
        detail = None if ask.api == 1 else "TaskInstance not found"
        raise RestError(404, "TaskInstance not found", detail) from None


def _events(stream: Stream) -> Iterator[Event]:
    size = 0
    for index in range(len(stream)):
        event = stream.at(index)
        size += len(event[1])
        yield event
        if size > MAX_BYTES:
            return


def _v1(ask: Ask, host: str, group: str, name: str, stream: Stream | None) -> RestAnswer:
    place = f"log_group: {group} log_stream: {name}"
    if stream is None:
        text = f"*** Could not read remote logs from {place}.\n"
    else:
        lines = (f"[{_stamp(ms)}] {text}" for ms, text in _events(stream))
        text = f"*** Reading remote log from Cloudwatch {place}.\n" + "\n".join(lines) + "\n"
    if "text/plain" in ask.accept and "json" not in ask.accept:
        return RestAnswer(200, f"{host}\n{text}\n", "text/plain")
    return RestAnswer(200, {"content": repr([(host, text)]), "continuation_token": END_OF_LOG})


def _stamp(ms: int) -> str:
    said = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{said:%Y-%m-%d %H:%M:%S},{ms % 1000:03d}"


def _v2(ask: Ask, group: str, name: str, stream: Stream | None) -> RestAnswer:
    place = f"log_group: {group} log_stream: {name}"
    said = "Reading remote log from Cloudwatch" if stream else "Could not read remote logs from"
    content: list[Row] = [
        {"event": "::group::Log message source details"},
        {"event": f"{said} {place}"},
        {"event": "::endgroup::"},
    ]
    if stream is not None:
        content += [_structured(ms, text) for ms, text in _events(stream)]
    if "x-ndjson" in ask.accept:
        text = "".join(json.dumps(event) + "\n" for event in content)
        return RestAnswer(200, text, "application/x-ndjson")
    return RestAnswer(200, {"content": content, "continuation_token": None})


def _structured(ms: int, text: str) -> Row:
    at = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="microseconds")
    return {"timestamp": at.replace("+00:00", "Z"), **_event(text)}


def _event(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {"event": text}
    return said if isinstance(said, dict) and "event" in said else {"event": text}
