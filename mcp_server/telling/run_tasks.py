"""The tasks of a run as rows: those worth a look, instances of a mapped task together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.domain.airflow import Task, TaskInstance
from mcp_server.reading.durations import Usual, run_seconds, timed_out
from mcp_server.reading.identity import first_failure, root_among
from mcp_server.reading.indexes import said_indexes
from mcp_server.reading.waiting import Held
from mcp_server.text import clipped, count, table
from mcp_server.times import iso, span

MOST_ROWS, MOST_NEXT, MOST_NAMES = 25, 3, 6
GOING_ON = frozenset({"running", "deferred", "up_for_reschedule", "restarting"})
WAITING = frozenset({"scheduled", "queued"})
QUIET = frozenset({"success", "skipped", "removed"})
_STATES = ("failed", "up_for_retry", "upstream_failed", "running", "deferred", "queued")


class TaskState(BaseModel):
    """One task instance of the run. Durations in seconds, 0 when not known."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    map_index: int = -1
    state: str = ""
    try_number: int = 0
    max_tries: int = Field(default=0, description="Tries in all, the first included.")
    operator: str = ""
    began: str = ""
    ended: str = ""
    duration_s: float = 0
    usual_s: float = 0
    note: str = ""


@dataclass(frozen=True)
class RunTasks:
    """The instances of a run, with what is known to judge them by.

    `undone` are the ids of tasks that the end of their run cut off.
    """

    instances: Sequence[TaskInstance]
    tasks: Sequence[Task] = ()
    usual: dict[tuple[str, int], Usual] = field(default_factory=dict)
    held: Held | None = None
    now: datetime | None = None
    undone: frozenset[str] = frozenset()

    @property
    def first(self) -> TaskInstance | None:
        """The failure to explain; None when nothing failed."""
        return first_failure(self.instances)

    def rows(self) -> list[TaskState]:
        """Failures in order of time, then what waits or runs, then what was slow."""
        return [self._row(one) for one in self._worth_a_look()[:MOST_ROWS]]

    def lines(self) -> list[str]:
        """The same as a table, a mapped task's instances of one state in one row."""
        shown = self._worth_a_look()
        groups = _grouped(shown, self.note)
        lines = table(
            ("task", "state", "try", "began", "took", "usual", "note"),
            [self._cells(group) for group in groups[:MOST_ROWS]],
        )
        if len(groups) > MOST_ROWS:
            lines.append(f"({len(groups) - MOST_ROWS} more of these)")
        waiting = self._not_started()
        rest = len(self.instances) - len(shown) - len(waiting)
        usual = f"({rest} more, as usual)" if rest and shown else ""
        return [*lines, usual, self._next(waiting)]

    def note(self, one: TaskInstance) -> str:
        """What is to say of an instance beside its state and times."""
        if one.state == "upstream_failed":
            root = self._root(one)
            return f"waits for {root}" if root else ""
        waits = self.held.of_task(one) if self.held else ""
        never = one.state == "failed" and one.start_date is None
        again = one.state == "success" and one.try_number > 1
        usual = self.usual.get((one.task_id, one.map_index), Usual())
        notes = [
            waits,
            "failed without ever starting" if never else "",
            self._cut_off(one),
            self._limit(one),
            usual.unusual(self._taken(one), is_cut=bool(self._limit(one))),
            f"only by try {one.try_number}" if again else "",
            clipped(one.note, 80),
        ]
        return "; ".join(note for note in notes if note)

    def _cut_off(self, one: TaskInstance) -> str:
        if one.task_id not in self.undone:
            return ""
        return "cut off by the end of the run" if one.start_date else "never started"

    def _limit(self, one: TaskInstance) -> str:
        limit = next((t.execution_timeout_s for t in self.tasks if t.task_id == one.task_id), None)
        return f"ran into its execution_timeout of {span(limit)}" if timed_out(one, limit) else ""

    def _worth_a_look(self) -> list[TaskInstance]:
        waiting = {id(one) for one in self._not_started()}
        found = [
            one
            for one in self.instances
            if id(one) not in waiting and (one.state not in QUIET or self.note(one))
        ]
        return sorted(found, key=_order)

    def _not_started(self) -> list[TaskInstance]:
        """Tasks that an unfinished run has not come to yet."""
        if self.held is None or not self.held.is_open:
            return []
        return [one for one in self.instances if not one.state]

    def _next(self, waiting: Sequence[TaskInstance]) -> str:
        if not waiting or self.held is None:
            return ""
        if self.held.of_run:
            return f"{count(len({one.task_id for one in waiting}), 'task')} not started yet"
        names = dict.fromkeys(one.task_id for one in waiting)
        reasons = {one.task_id: self.held.of_task(one) for one in reversed(waiting)}
        # What waits for a task that goes on comes before what waits for those.
        near = [n for n in names if reasons[n] and "(not started)" not in reasons[n]]
        said = [f"{name} {reasons[name]}" for name in near[:MOST_NEXT]]
        more = f": {'; '.join(said)}" if said else ""
        return f"{count(len(names), 'task')} not started yet{more}"

    def _cells(self, group: Sequence[TaskInstance]) -> tuple[object, ...]:
        first = group[0]
        row = self._row(first)
        taken = [t for t in map(self._taken, group) if t]
        known = [s for k in map(_key, group) if (s := self.usual.get(k, Usual()).seconds)]
        return (
            self._named(group),
            row.state or "none",
            "" if row.state == "upstream_failed" else max(one.try_number for one in group) or "",
            row.began,
            _between(taken) + (" so far" if row.state in GOING_ON and taken else ""),
            _between(known),
            self._notes(group),
        )

    def _named(self, group: Sequence[TaskInstance]) -> str:
        first = group[0]
        if len(group) == 1:
            return name_of(first)
        names = list(dict.fromkeys(one.task_id for one in group))
        if len(names) > 1:
            rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            return f"{', '.join(names[:MOST_NAMES])}{rest}"
        of = sum(one.task_id == first.task_id for one in self.instances)
        indexes = said_indexes(one.map_index for one in group)
        return f"{first.task_id}[{indexes}] ({len(group)} of {of})"

    def _notes(self, group: Sequence[TaskInstance]) -> str:
        notes = list(dict.fromkeys(note for one in group if (note := self.note(one))))
        if len(notes) < 2:
            return "".join(notes)
        told = next(one for one in group if self.note(one))
        return f"[{told.map_index}] {self.note(told)}"

    def _row(self, one: TaskInstance) -> TaskState:
        return TaskState(
            task_id=one.task_id,
            map_index=one.map_index,
            state=one.state,
            try_number=one.try_number,
            max_tries=one.max_tries + 1,
            operator=operator_name(one.operator),
            began=iso(one.start_date),
            ended=iso(one.end_date),
            duration_s=self._taken(one) or 0,
            usual_s=self.usual.get(_key(one), Usual()).seconds or 0,
            note=self.note(one),
        )

    def _taken(self, one: TaskInstance) -> float | None:
        """Seconds it took; of one that is at it those so far."""
        if one.state in GOING_ON:
            return run_seconds(one.start_date, self.now)
        return one.duration

    def _root(self, one: TaskInstance) -> str:
        root = root_among(self.tasks, self.instances, one)
        return name_of(root) if root else ""


def operator_name(operator: str) -> str:
    """The operator as a dag's author knows it: `@task` for what decorators make."""
    return "@task" if operator.endswith("DecoratedOperator") else operator


def name_of(one: TaskInstance) -> str:
    """`load` or `load[3]`."""
    return f"{one.task_id}[{one.map_index}]" if one.map_index >= 0 else one.task_id


def _key(one: TaskInstance) -> tuple[str, int]:
    return one.task_id, one.map_index


def _order(one: TaskInstance) -> tuple[int, str]:
    rank = _STATES.index(one.state) if one.state in _STATES else len(_STATES)
    return rank, iso(one.end_date or one.start_date) or "9"


def _grouped(
    instances: Iterable[TaskInstance], note: Callable[[TaskInstance], str]
) -> list[list[TaskInstance]]:
    """Mapped instances of one task and state together, where the first of them stands.

    Tasks that wait for the same are one group too.
    """
    groups: dict[tuple[str, str, str], list[TaskInstance]] = {}
    for at, one in enumerate(instances):
        if one.state in WAITING:
            key = "", one.state, note(one)
        else:
            key = one.task_id, one.state, str(at) if one.map_index < 0 else "mapped"
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _between(seconds: Sequence[float]) -> str:
    low, high = (span(min(seconds)), span(max(seconds))) if seconds else ("", "")
    return low if low == high else f"{low} to {high}"
