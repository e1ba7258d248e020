"""From what was found to the Diagnosis that people, models and scripts read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mcp_server.diagnostics.cut import head
from mcp_server.diagnostics.playbooks import Playbook, Runbook, next_steps
from mcp_server.domain.airflow import Dag, Environment, Task
from mcp_server.domain.diagnosis import Diagnosis, Evidence, NotChecked
from mcp_server.investigate.confidence import confidence_of
from mcp_server.investigate.distinct import distinct
from mcp_server.investigate.finding import Clue, Finding
from mcp_server.investigate.impact import Waiting, can_wait
from mcp_server.investigate.question import Question
from mcp_server.investigate.reason import Reason
from mcp_server.investigate.recurrence import Past
from mcp_server.investigate.target import Target
from mcp_server.times import iso

QUOTE_WIDTH = 400
CAUSE_WIDTH = 420
MOST_EVIDENCE = 9
MOST_CHANGES = 6
READ_MORE = (
    "Mend what stands under Not checked: a name there, or what `de-agent-mcp doctor` finds missing."
    " Then look again."
)
BEGUN = "unknown: Airflow shows that it had begun"
_NOBODY = frozenset({"", "airflow"})


@dataclass
class Findings:
    """All that one investigation knows so far; every field may still be empty."""

    question: Question
    target: Target
    playbook: Playbook
    environment: Environment | None = None
    reason: Reason = field(default_factory=Reason)
    found: Finding = field(default_factory=Finding)
    past: Past | None = None
    waiting: Waiting = field(default_factory=Waiting)
    dag: Dag | None = None
    task: Task | None = None
    recovered: str = ""
    names: dict[str, str] = field(default_factory=dict)
    missed: list[NotChecked] = field(default_factory=list)
    runbooks: Sequence[Runbook] = ()
    log_url: str = ""
    run_url: str = ""


def compose(found: Findings) -> Diagnosis:
    """The diagnosis as it stands; every text in it is redacted and on one line."""
    clues = ranked(found)
    evidence = _numbered([c for c in clues if not c.is_change][:MOST_EVIDENCE], 1)
    changes = _numbered([c for c in clues if c.is_change][:MOST_CHANGES], len(evidence) + 1)
    target, failed = found.target, found.target.failed
    line = line_of(found)
    return Diagnosis(
        environment=found.environment.name if found.environment else "",
        dag_id=target.dag_id,
        run_id=target.run_id,
        task_id=target.task_id,
        map_index=target.map_index,
        try_number=target.try_number,
        max_tries=failed.max_tries + 1 if failed and failed.max_tries >= 0 else 0,
        state=target.own.state if target.own else "",
        operator=(failed.operator if failed else "") or (found.task.operator if found.task else ""),
        logical_date=_logical_date(found),
        failed_at=iso(failed.end_date if failed else None),
        owner=owner_of(found.task, found.dag),
        category=found.found.category or found.reason.category,
        confidence=confidence_of(found.reason, clues, found.playbook.unmistakable),
        cause=cause_of(found, line),
        cause_line=line,
        cause_pattern=found.reason.pattern,
        root_task_id=_root(target),
        before=found.past.said() if found.past else "",
        recurring=bool(found.past and found.past.recurring),
        can_wait=can_wait(found.dag, found.waiting, found.question.at),
        safe_to_rerun=_rerun_of(found),
        blocked=[*found.waiting.tasks, *found.waiting.dags],
        recovered=found.recovered,
        evidence=evidence,
        changes=changes,
        next_steps=steps_of(found),
        not_checked=found.missed,
        log_url=found.log_url,
        run_url=found.run_url,
        digest=found.reason.digest,
    )


def ranked(found: Findings) -> list[Clue]:
    """All clues, the proof first; each thing told once."""
    return distinct(sorted((*found.reason.clues, *found.found.clues), key=lambda clue: clue.rank))


def one_line(text: str, width: int = QUOTE_WIDTH) -> str:
    """Third-party text redacted, then on one line of at most `width` characters."""
    line = " ".join(head(text, width * 20).split())
    return line if len(line) <= width else line[: width - 3] + "..."


def line_of(found: Findings) -> str:
    """The cause line: a probe's where it found a better one, else the log's."""
    return one_line(found.found.cause_line or found.reason.cause_line)


def cause_of(found: Findings, line: str) -> str:
    """One sentence with the cause line's own words, and who or what explains it."""
    explains = one_line(found.found.explains, 200)
    if not found.reason.is_known and not found.found.cause_line:
        if explains and any(clue.confirms for clue in found.found.clues):
            return explains
        lead = f"; the strongest lead is: {line}" if line else ""
        return f"The cause was not found{lead}" + (f" ({explains})" if explains else "")
    root = _root(found.target)
    upstream = f"upstream task {root} failed: " if root else ""
    said = line if len(line) <= CAUSE_WIDTH else line[: CAUSE_WIDTH - 3] + "..."
    if found.reason.about and not found.found.cause_line:
        said = f"{found.reason.about}: {said}"
    return f"{upstream}{said.rstrip(' .:')}: {explains}" if explains else f"{upstream}{said}"


def steps_of(found: Findings) -> list[str]:
    """A team's runbook first, then the playbook's steps with this failure's names."""
    tags = found.dag.tags if found.dag else ()
    pages = [
        f"Follow the runbook {one.name}: {one.url}"
        for one in found.runbooks
        if one.is_for(found.target.dag_id, tags, found.playbook.category)
    ]
    steps = next_steps(found.playbook, named(found)) if _has_lead(found) else _without_lead(found)
    return [one_line(step, 240) for step in [*pages[:1], *steps][:3]]


def _has_lead(found: Findings) -> bool:
    """Whether anything was found that a step can start from."""
    return found.reason.is_known or bool(line_of(found) or found.found.explains)


def _without_lead(found: Findings) -> list[str]:
    """Nothing was read that says why: what must be seen first, by this tool or by its reader."""
    task = (
        f"the log of `{found.target.task_id}`" if found.target.task_id else "the failed task's log"
    )
    reading = [READ_MORE] if found.missed else []
    return [*reading, f"Open {task} in Airflow and look at its last lines."]


def named(found: Findings) -> dict[str, str]:
    """What steps may name: this dag, run, task, and the things the log and the probes name."""
    target = found.target
    failed = target.failed
    own = {
        "dag": failed.dag_id if failed else target.dag_id,
        "run": failed.run_id if failed else target.run_id,
        "task": failed.task_id if failed else target.task_id,
        "environment": found.environment.name if found.environment else "",
    }
    if failed and failed.dag_id != target.dag_id:
        waits = {"dag": target.dag_id, "run": target.run_id, "task": target.task_id}
        own |= {f"waiting_{name}": value for name, value in waits.items()}
    return {**found.names, **dict(found.found.names), **own}


def owner_of(task: Task | None, dag: Dag | None) -> str:
    """The task's owner, else the dag's; Airflow's default name is nobody's."""
    owners = [task.owner if task else "", *(dag.owners if dag else ())]
    return next((owner for owner in owners if owner not in _NOBODY), "")


def _root(target: Target) -> str:
    root = target.root_task_id
    return root if root != target.task_id else ""


def _rerun_of(found: Findings) -> str:
    """A probe's word, else the playbook's; what never ran must not have begun."""
    failed = found.target.failed
    never_ran = found.playbook.category == "airflow.scheduling"
    if never_ran and failed is not None and failed.start_date is not None:
        return BEGUN
    return found.found.safe_to_rerun or found.playbook.rerun


def _logical_date(found: Findings) -> str:
    moment: datetime | None = found.target.run.logical_date if found.target.run else None
    return iso(moment) or found.question.logical_date


def _numbered(clues: Iterable[Clue], first: int) -> list[Evidence]:
    return [
        Evidence(
            id=number,
            kind=clue.kind,
            quote=one_line(clue.quote),
            place=one_line(clue.place, 160),
            url=clue.url,
        )
        for number, clue in enumerate(clues, first)
    ]
