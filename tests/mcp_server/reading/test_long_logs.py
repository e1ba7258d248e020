"""A stream of any length is read in a bounded number of calls, and its cause is found."""

import json
from collections.abc import Sequence

import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_server.domain.logs import FoundEvent, LogEvent, LogGap, LogPage
from mcp_server.reading.long_log import HEAD, joined, read_stream
from mcp_server.reading.task_log import TaskLog, TaskTry, read_task_log
from sandbox.logs.streams import ListStream, Stream, chatty_stream
from tests.mcp_server.fakes import StoredLogs, environment, with_logs

pytestmark = pytest.mark.anyio
RUN = "scheduled__2026-11-22T00:00:00+00:00"
STREAM = "dag_id=orders/run_id=scheduled__2026-11-22T00_00_00+00_00/task_id=load/attempt=1.log"
START = 1_795_316_640_000
GROUP = "airflow-prod-Task"
CAUSE = 'relation "stg.orders" does not exist'


class Rounds(StoredLogs):
    """Counts how many calls had to wait for one before them."""

    def __init__(self, streams: dict[str, Stream]) -> None:
        super().__init__({GROUP: streams})
        self.rounds = 0
        self.running = 0

    async def _round(self) -> None:
        if not self.running:
            self.rounds += 1
        self.running += 1
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        self.running -= 1

    async def events(self, *place: str, **asked: object) -> LogPage:
        await self._round()
        return await super().events(*place, **asked)  # type: ignore[arg-type] # passed through

    async def search(self, *place: str, **asked: object) -> tuple[Sequence[FoundEvent], bool]:
        await self._round()
        return await super().search(*place, **asked)  # type: ignore[arg-type] # passed through

    async def streams(self, log_group: str, prefix: str = "", limit: int = 50) -> Sequence[str]:
        await self._round()
        return await super().streams(log_group, prefix, limit)


async def read(logs: StoredLogs, try_number: int = 0) -> TaskLog:
    wanted = TaskTry("orders", RUN, "load", try_number)
    return await read_task_log(with_logs(logs), environment(), wanted)


@pytest.mark.parametrize(
    ("count", "airflow3"),
    [
        (60_000, False),
        (60_000, True),
        pytest.param(1_000_000, False, marks=pytest.mark.slow),
        pytest.param(1_000_000, True, marks=pytest.mark.slow),
    ],
)
async def test_a_cause_in_the_middle_of_a_long_log_costs_at_most_twelve_calls(
    count: int, airflow3: bool
) -> None:
    logs = Rounds({STREAM: chatty_stream(count, START, CAUSE, airflow3=airflow3)})

    log = await read(logs)

    assert log.diagnosis is not None
    assert CAUSE in log.diagnosis.cause_line
    assert log.diagnosis.category == "database.missing_object"
    assert log.diagnosis.cause_line_number is None
    assert log.diagnosis.cause_timestamp_ms == START + count // 2 * 4
    assert not log.is_whole
    assert len(logs.calls) <= 12
    assert log.calls == len(logs.calls)
    assert logs.rounds <= 4


async def test_the_neighbours_of_a_cause_in_the_middle_are_read_too() -> None:
    lines = [f"INFO - batch {n} done" for n in range(60_000)]
    lines[29_999] = "INFO - Database Error in model dim_customer (models/dim_customer.sql)"
    lines[30_000] = "INFO -   value too long for type character varying(64)"
    logs = StoredLogs({GROUP: {STREAM: ListStream((START + n, x) for n, x in enumerate(lines))}})

    log = await read(logs)

    assert log.diagnosis is not None
    assert log.diagnosis.cause_line.endswith("value too long for type character varying(64)")
    assert "batch 29998 done" in log.diagnosis.digest


@pytest.mark.parametrize("count", [1, 150, 5_000, 19_000])
async def test_what_pages_from_both_ends_can_cover_is_read_whole(count: int) -> None:
    lines = [f"INFO - row {n}" for n in range(count)]
    lines[count // 2] = "ERROR - " + CAUSE
    events = [(START + n, line) for n, line in enumerate(lines)]
    logs = StoredLogs({GROUP: {STREAM: ListStream(events)}})

    log = await read(logs)

    assert log.is_whole
    assert [(e.timestamp_ms, e.message) for e in log.events] == events
    assert log.diagnosis is not None
    assert log.diagnosis.cause_line_number == count // 2 + 1


async def test_a_known_try_is_read_while_its_streams_are_listed() -> None:
    logs = Rounds({STREAM: chatty_stream(2_000, START, CAUSE)})

    log = await read(logs, try_number=1)

    assert log.is_whole
    assert logs.rounds == 1


async def test_a_search_that_is_refused_leaves_a_note_and_what_the_ends_say() -> None:
    logs = StoredLogs({GROUP: {STREAM: chatty_stream(100_000, START, CAUSE)}}, ["FilterLogEvents"])

    log = await read(logs)

    assert log.diagnosis is not None
    assert "Loader stopped" in log.diagnosis.cause_line
    assert log.notes == ("Part of the log was not read: This role lacks logs:FilterLogEvents.",)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_joined_ends_are_the_log_or_say_that_something_is_missing(
    letters: list[str], head: int, tail: int
) -> None:
    events = tuple(LogEvent(at, letter) for at, letter in enumerate(letters))
    first, last = events[:head], events[max(len(events) - tail, 0) :]

    whole = joined(first, last)

    if whole is not None and first and last:
        assert whole == events
    if head + tail > len(events) and first and last:
        assert whole == events


async def test_finds_that_stand_alone_are_parted_by_gaps() -> None:
    stream = chatty_stream(50_000, START, CAUSE)

    reading = await read_stream(StoredLogs({GROUP: {STREAM: stream}}), GROUP, STREAM)

    gaps = [at for at, part in enumerate(reading.parts) if isinstance(part, LogGap)]
    assert len(gaps) >= 2
    assert gaps[0] >= HEAD
    assert len(reading.parts) < 40_000


async def test_a_json_event_of_airflow_3_is_diagnosed_by_what_it_says() -> None:
    said = {"event": "Task failed", "level": "error", "error_detail": [
        {"exc_type": "ValueError", "exc_value": "row 17 has no key", "frames": []}]}  # fmt: skip
    events = [
        (START, json.dumps({"event": "begin", "level": "info"})),
        (START + 1, json.dumps(said)),
    ]
    logs = StoredLogs({GROUP: {STREAM: ListStream(events)}})

    log = await read(logs)

    assert log.diagnosis is not None
    assert log.diagnosis.cause_line == "ValueError: row 17 has no key"
    assert log.diagnosis.cause_line_number == 2
