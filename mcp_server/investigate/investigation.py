"""One investigation: from a question to all that is known, while each part fails for itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mcp_server.backends import Backends
from mcp_server.diagnostics.cause import diagnose_log
from mcp_server.diagnostics.playbooks import Playbooks, Runbook
from mcp_server.diagnostics.signals import load_signals
from mcp_server.domain.airflow import Environment
from mcp_server.domain.diagnosis import Diagnosis
from mcp_server.investigate.base import read_impact, read_sensing
from mcp_server.investigate.case import Case, with_names
from mcp_server.investigate.composing import Findings, compose
from mcp_server.investigate.environment import Choosing, Chosen, log_group
from mcp_server.investigate.facts import Facts
from mcp_server.investigate.finding import NOTHING, Finding, joined, telling
from mcp_server.investigate.opening import log_link, run_link
from mcp_server.investigate.parts import Parts
from mcp_server.investigate.probes.registry import all_probes
from mcp_server.investigate.question import Question
from mcp_server.investigate.reason import reason_of
from mcp_server.investigate.recovery import read_recovery, recovered_since
from mcp_server.investigate.recurrence import read_past
from mcp_server.investigate.shared import Shared
from mcp_server.investigate.streams import target_by_stream
from mcp_server.investigate.target import Target, as_asked, find_target
from mcp_server.investigate.trace import MOST_HOPS, WAITS, trace
from mcp_server.investigate.tries import has_cause, is_of, quietly, wanted_try, within
from mcp_server.reading.task_log import TaskLog, read_task_log

if TYPE_CHECKING:
    from mcp_server.settings import Settings

DEADLINE_S = 19.0
LOG_S = 8.0
TARGET_S = 12.0
GRACE_S = 3.0
# CloudWatch is given this long before the log is asked of Airflow as well.
HEDGE_S = 3.0
ROUNDS = 3

ENVIRONMENT = "which environment it ran in"
TARGET = "run, task and tries (Airflow REST)"
LOG = "task log"
PAST = "earlier runs of the task"
IMPACT = "what waits for it"
LATER = "later runs of the task"
SENSORS = "dags whose sensors wait for it"


class Investigation:
    """Answers one Question. `run` fills in what is found; `snapshot` tells it at any time."""

    def __init__(
        self,
        backends: Backends,
        settings: "Settings",
        playbooks: Playbooks,
        runbooks: Sequence[Runbook],
        question: Question,
    ) -> None:
        self._backends = backends
        self._question = question
        self._playbooks = playbooks
        self._shared = Shared()
        self._region = settings.aws_region
        self._cluster = settings.redshift_cluster_id or settings.redshift_workgroup
        self._choosing = Choosing(backends, settings.mwaa_environments, self._shared)
        self._parts = Parts(asyncio.get_running_loop().time() + DEADLINE_S)
        self._facts: Facts | None = None
        self._log: TaskLog | None = None
        self._first: Case | None = None
        self._pattern = ""
        self._probed: dict[str, Finding] = {}
        reason = reason_of(None, question.said, as_asked(question))
        self._findings = Findings(
            question, as_asked(question), playbooks.of(reason.category), reason=reason
        )
        self._findings.runbooks = runbooks

    def snapshot(self) -> Diagnosis:
        """The diagnosis of what is known by now; parts not finished stand in `not_checked`."""
        self._findings.missed = self._parts.missed()
        return compose(self._findings)

    async def run(self) -> None:
        """Find out all there is until the deadline; leaves no call running, however it ends."""
        try:
            await self._run()
        finally:
            await self._shared.close()

    async def _run(self) -> None:
        self._shared.start("tables", partial(asyncio.to_thread, _read_tables))
        chosen = await self._parts.run(ENVIRONMENT, self._choosing.choose(self._question))
        if chosen is None:
            return
        self._begin(chosen)
        if not self._question.dag_id:
            # Nothing names the failure: what the alert itself says is all there is.
            return
        if self._question.depth == "logs":
            await self._settle(chosen)
            return
        if self._question.depth == "state":
            found = self._findings
            found.target = await self._find_target() or found.target
            look = recovered_since(self._facts, found.target)
            found.recovered = await self._parts.run(LATER, look) or ""
            return
        impact = self._shared.start("impact", partial(self._impact, chosen))
        await self._settle(chosen)
        await asyncio.gather(self._probe(chosen), self._past(chosen), asyncio.shield(impact))

    def _begin(self, chosen: Chosen) -> None:
        if chosen.doubt:
            self._parts.miss(ENVIRONMENT, chosen.doubt)
        self._findings.environment = Environment(chosen.name)
        if self._backends.airflow is not None and self._question.depth != "logs":
            airflow = self._backends.airflow(chosen.name)
            self._facts = Facts(airflow, self._question.dag_id, self._question.at, self._shared)

    async def _settle(self, chosen: Chosen) -> None:
        """Find the failed try and read its log; whichever comes first is in the snapshot."""
        asked = as_asked(self._question)
        finding = self._shared.start("target", self._find_target)
        log: TaskLog | None = None
        if asked.run_id and asked.task_id:
            log = await self._read(chosen, asked)
            self._take(asked, log)
        patience = GRACE_S if log is not None and has_cause(log) else TARGET_S
        target = await within(finding, patience) or await self._by_stream(chosen, asked)
        if target is not None and not is_of(log, target):
            log = await self._read(chosen, target)
        self._take(target or asked, log)
        self._first = self._case()
        self._pattern = self._findings.reason.pattern
        for _ in range(MOST_HOPS):
            if self._findings.reason.category not in WAITS or not await self._trace(chosen):
                return

    async def _trace(self, chosen: Chosen) -> bool:
        """Go on to the failure in another dag that this one waited for."""
        known = self._findings.reason
        looking = trace(self._case(), partial(self._read, chosen))
        traced = await self._parts.run("the dag that it waited for", looking)
        if traced is None:
            return False
        reason = reason_of(traced.log, "", traced.target)
        if not reason.is_known:
            return False
        self._take(traced.target, traced.log)
        own = tuple(replace(clue, rank=20) for clue in known.clues[:1])
        self._findings.reason = replace(self._findings.reason, clues=(*reason.clues, *own))
        return True

    async def _find_target(self) -> Target | None:
        if self._facts is None:
            return None
        facts, question = self._facts, self._question
        if question.names_run:
            run_id = question.run_id
            self._shared.start("ahead/run", partial(quietly, partial(facts.run, run_id)))
            self._shared.start("ahead/all", partial(quietly, partial(facts.instances, run_id)))
            if question.task_id:
                tries = partial(facts.tries, run_id, question.task_id, question.map_index)
                self._shared.start("ahead/tries", partial(quietly, tries))
        return await self._parts.run(TARGET, find_target(facts, question), TARGET_S)

    async def _by_stream(self, chosen: Chosen, asked: Target) -> Target | None:
        """The try as the streams show it, when Airflow could not tell and nobody said it."""
        logs = self._backends.logs
        if logs is None or (asked.run_id and asked.task_id):
            return None
        environment = await self._choosing.get_or_assume(chosen.name)
        search = target_by_stream(logs, log_group(environment, "Task"), self._question)
        return await self._parts.run("log streams near the alert", search, LOG_S)

    async def _read(self, chosen: Chosen, target: Target) -> TaskLog | None:
        environment = await self._choosing.get_or_assume(chosen.name)
        self._findings.environment = environment
        wanted = wanted_try(target)
        if not wanted.run_id or not wanted.task_id:
            return None
        failed = target.failed
        backends = self._backends
        if self._question.depth == "logs":
            backends = replace(backends, airflow=None)
        read = partial(read_task_log, environment=environment, wanted=wanted, instance=failed)
        stored = asyncio.create_task(self._parts.run(LOG, read(backends), LOG_S))
        try:
            log = await within(stored, HEDGE_S)
            if log is None and backends.airflow is not None and backends.logs is not None:
                served = read(replace(backends, logs=None))
                log = await self._parts.run("task log over REST", served, LOG_S)
            return log if log is not None and log.source else await stored or log
        finally:
            stored.cancel()

    def _take(self, target: Target, log: TaskLog | None) -> None:
        """Keep what the log says as the reason so far."""
        self._log = log
        found = self._findings
        found.target = target
        found.log_url = log_link(found.environment, self._region, log)
        found.run_url = run_link(found.environment, target)
        found.reason = reason_of(log, self._question.said, target, found.log_url)
        found.playbook = self._playbooks.of(found.reason.category)
        found.names = {}
        found.names = with_names(self._case(), self._cluster).names
        if log is not None:
            self._parts.forget(LOG)
        if log is not None and log.missing:
            self._parts.miss(LOG, log.missing)
        for note in log.notes if log is not None else ():
            if "logging is set to" in note:
                self._parts.miss("INFO lines of the task log", note)

    def _case(self) -> Case:
        found = self._findings
        return Case(
            self._question,
            self._backends,
            self._shared,
            found.environment or Environment(""),
            found.target,
            found.reason.category,
            self._facts,
            self._log,
            found.names,
        )

    async def _impact(self, chosen: Chosen) -> None:
        if self._facts is None:
            return
        target = await self._shared.once("target", self._find_target) or as_asked(self._question)
        if not target.run_id:
            return
        facts, found = self._facts, self._findings
        if found.target.run is None and is_of(self._log, target):
            # Airflow answered after the log was read: it still says which try, and how it ended.
            found.target = target
            found.run_url = run_link(found.environment, target)
        found.recovered = read_recovery(target)
        await self._parts.run(IMPACT, read_impact(facts, target, found))
        await self._parts.run(SENSORS, read_sensing(facts, found), LOG_S)

    async def _past(self, chosen: Chosen) -> None:
        if self._facts is None or not self._findings.target.run_id:
            return
        look = read_past(self._first or self._case(), self._pattern)
        self._findings.past = await self._parts.run(PAST, look, 12.0)

    async def _probe(self, chosen: Chosen) -> None:
        """Run the playbook's probes; when they show another category, that one's as well."""
        done: set[str] = set()
        for _ in range(ROUNDS):
            wanted = [name for name in self._wanted_probes() if name not in done]
            done.update(wanted)
            self._probed |= dict.fromkeys(wanted, NOTHING)
            case = self._case()
            await asyncio.gather(*(self._one_probe(name, case) for name in wanted))
            category = self._findings.found.category
            if not category or category == self._findings.playbook.category:
                return
            self._findings.playbook = self._playbooks.of(category)

    def _wanted_probes(self) -> list[str]:
        """Those of the playbook; of a dbt model also those of the database's own error."""
        found = self._findings
        names = list(found.playbook.probes)
        if found.playbook.category == "dbt.database_error":
            inner = diagnose_log([found.reason.cause_line], budget_tokens=50).category
            names += self._playbooks.of(inner).probes
        return list(dict.fromkeys(names))

    async def _one_probe(self, name: str, case: Case) -> None:
        probe = all_probes()[name]
        finding = await self._parts.run(probe.what, probe.ask(case))
        if finding is not None:
            for what, why in finding.missed:
                self._parts.miss(what, why)
            # In the playbook's order, whichever came first: two runs say the same.
            self._probed[name] = finding
            found = tuple(self._probed.values())
            category = max((one.category for one in found), key=telling)
            self._findings.found = replace(joined(found), category=category)


def _read_tables() -> None:
    """Compile the signals and read the probes' files while the first backend still answers."""
    load_signals()
    all_probes()
