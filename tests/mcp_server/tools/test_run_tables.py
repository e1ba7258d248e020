"""The tasks of a run as rows: mapped instances together, what waits, how long it has taken."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mcp_server.domain.airflow import Pool, Task, TaskInstance
from mcp_server.reading.durations import Usual
from mcp_server.reading.waiting import Held
from mcp_server.telling.run_tasks import MOST_ROWS, RunTasks
from tests.mcp_server.investigate.rows import NIGHT, instance, run

OPEN = run(state="running", end_date=None)
STATES = ["failed", "success", "upstream_failed", "skipped", "up_for_retry", "running", "queued"]


def rows(tasks: RunTasks) -> list[list[str]]:
    return [line.split("\t") for line in tasks.lines() if "\t" in line][1:]


def test_instances_of_a_mapped_task_share_a_row_for_each_state() -> None:
    every = [
        instance("load", "failed" if n in (3, 7, 11) else "success", map_index=n, duration=60.0 + n)
        for n in range(12)
    ]
    [[name, state, *_]] = rows(RunTasks(every))
    assert (name, state) == ("load[3, 7, 11] (3 of 12)", "failed")
    assert "(9 more, as usual)" in RunTasks(every).lines()


def test_tasks_that_wait_for_the_same_slot_share_a_row() -> None:
    begun = {"start_date": None, "end_date": None, "pool": "dw"}
    waiting = [instance(f"t{n}", "scheduled", **begun) for n in range(9)]
    held = Held(OPEN, (), waiting, None, (), [Pool("dw", 4, 4, 0, 0)])
    [[name, *_, note]] = rows(RunTasks(waiting, held=held))
    assert name == "t0, t1, t2, t3, t4, t5 and 3 more"
    assert note == "waits for a slot of pool dw, 4/4 taken"


def test_a_task_that_is_at_it_is_judged_by_its_time_so_far() -> None:
    for state in ("running", "deferred", "up_for_reschedule"):
        one = instance("load", state, start_date=NIGHT - timedelta(hours=26), end_date=None)
        usual = {("load", -1): Usual((1200.0, 1200.0, 1200.0))}
        [row] = RunTasks([one], usual=usual, now=NIGHT).rows()
        assert row.duration_s == 26 * 3600
        assert "78 times its usual 20 min" in row.note
        assert "26 h 00 min so far" in "\n".join(RunTasks([one], usual=usual, now=NIGHT).lines())


def test_growth_is_told_also_where_a_timeout_cut_it_short() -> None:
    minutes = (31, 33, 38, 41, 46, 52, 58)
    usual = {("load", -1): Usual(tuple(60.0 * n for n in minutes))}
    one = instance("load", duration=3600.0)
    note = RunTasks([one], [Task("load", execution_timeout_s=3600)], usual).note(one)
    assert note == (
        "ran into its execution_timeout of 60 min; "
        "takes longer each run of 7: 31 min, 46 min, 52 min, 58 min, now 60 min"
    )


def test_what_a_run_has_not_come_to_is_counted_and_the_next_is_named() -> None:
    begun = {"start_date": None, "end_date": None}
    seen = [
        instance("wait", "running", end_date=None),
        instance("use", "", **begun),
        instance("send", "", **begun),
    ]
    tasks = [Task("wait", downstream_task_ids=("use",)), Task("use", downstream_task_ids=("send",))]
    held = Held(OPEN, [*tasks, Task("send")], seen)
    assert RunTasks(seen, tasks, held=held).lines()[-1] == (
        "2 tasks not started yet: use waits for wait (running)"
    )


@given(
    st.lists(
        st.builds(
            lambda task, state, index: instance(task, state, map_index=index),
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(STATES),
            st.integers(-1, 60),
        ),
        max_size=120,
    )
)
def test_a_table_is_bounded_and_its_data_too(seen: list[TaskInstance]) -> None:
    told = RunTasks(seen, held=Held(OPEN, (), seen), now=NIGHT)
    assert len(rows(told)) <= MOST_ROWS
    assert len(told.rows()) <= MOST_ROWS
    assert len("\n".join(told.lines())) < 4_000
