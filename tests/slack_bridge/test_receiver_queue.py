"""The local queue loses nothing, doubles nothing, and outlives its process."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from slack_bridge.job import Job
from slack_bridge.receiver import HandOverFailed
from slack_bridge.receiving.queue import MOST_TRIES, Queue


class Clock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def job(ts: str = "1.0", **more: str) -> Job:
    return Job("alert", "T1", "C1", ts, ts, **more)  # type: ignore[arg-type]  # only text fields are given


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> Queue:
    return Queue(str(tmp_path / "deep" / "queue.sqlite3"), clock)


def test_a_job_is_kept_once_whatever_its_event_id(queue: Queue) -> None:
    assert queue.put(job(event_id="Ev1"))
    assert not queue.put(job(event_id="Ev2"))
    leased = queue.lease(60)
    assert leased is not None
    queue.done(leased)
    assert not queue.put(job())
    assert queue.lease(60) is None


def test_clicks_on_one_message_are_each_a_job(queue: Queue) -> None:
    for stamp in ("7.0", "8.0"):
        assert queue.put(
            Job("interaction", "T1", "C1", "1.0", "1.0", stamp, "U1", action="show_steps")
        )


def test_a_lease_that_ran_out_is_given_to_another_and_its_first_holder_is_fenced_off(
    queue: Queue, clock: Clock
) -> None:
    queue.put(job())
    first = queue.lease(60)
    assert first is not None
    assert queue.lease(60) is None
    clock.now += 61
    second = queue.lease(60)
    assert second is not None
    assert second.tries == 2
    queue.done(first)
    assert queue.waiting() == 1
    queue.done(second)
    assert queue.waiting() == 0


def test_a_failing_job_comes_back_later_and_is_given_up_in_the_end(
    queue: Queue, clock: Clock
) -> None:
    queue.put(job())
    said = []
    for _ in range(MOST_TRIES):
        leased = queue.lease(60)
        assert leased is not None
        said.append(queue.failed(leased))
        assert queue.lease(60) is None
        clock.now += 1000
    assert said == ["waiting"] * (MOST_TRIES - 1) + ["given_up"]


def test_what_a_killed_process_held_is_due_at_the_next_start(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.sqlite3")
    code = (
        "import os, sys; from slack_bridge.receiving.queue import Queue;"
        "from slack_bridge.job import Job;"
        "q = Queue(sys.argv[1]); q.put(Job('alert', 'T1', 'C1', '1.0', '1.0'));"
        "q.put(Job('alert', 'T1', 'C1', '2.0', '2.0')); q.lease(600); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, path], check=False)  # noqa: S603 - our own interpreter
    queue = Queue(path)
    assert queue.waiting() == 2
    assert queue.recover() == 1
    held = [queue.lease(60), queue.lease(60)]
    assert {leased.job.ts for leased in held if leased} == {"1.0", "2.0"}


def test_a_full_or_locked_file_is_a_failed_hand_over(queue: Queue) -> None:
    queue._db.execute("PRAGMA query_only = ON")
    with pytest.raises(HandOverFailed, match="takes no job"):
        queue.put(job())
    queue._db.execute("PRAGMA query_only = OFF")
    assert queue.put(job())


def test_of_many_put_at_once_each_is_kept_once_and_told_so(queue: Queue) -> None:
    start, told = threading.Barrier(20), []

    def put(number: int) -> None:
        start.wait()
        told.append(queue.put(job(f"{number % 10}.0")))

    threads = [threading.Thread(target=put, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 10 + [True] * 10
    assert queue.waiting() == 10
