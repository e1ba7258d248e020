"""Ask why something failed: one investigation a question, shared by all who ask it."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mcp_server.backends import Backends
from mcp_server.diagnostics.playbooks import Playbooks, load_playbooks, load_runbooks
from mcp_server.domain.diagnosis import Diagnosis
from mcp_server.errors import NotConfigured
from mcp_server.investigate.investigation import Investigation
from mcp_server.investigate.probes.registry import all_probes
from mcp_server.investigate.question import Question

if TYPE_CHECKING:
    from mcp_server.settings import Settings

__all__ = ["Investigations", "Question"]

log = logging.getLogger(__name__)
KEPT_S = 30.0


@dataclass(slots=True)
class _Running:
    investigation: Investigation
    task: "asyncio.Task[None]"
    ended: float = 0.0


class Investigations:
    """Runs investigations: the same Question asked again within half a minute shares one.

    An investigation belongs to nobody who waits: a caller that goes away does not end it, `close`
    does.
    """

    def __init__(
        self, backends: Backends, settings: "Settings", clock: Callable[[], datetime]
    ) -> None:
        self._backends = backends
        self._settings = settings
        self._clock = clock
        try:
            self._playbooks = load_playbooks(settings.playbooks)
            self._runbooks = load_runbooks(settings.runbooks)
            _check_probes(self._playbooks)
        except ValueError as wrong:
            raise NotConfigured(str(wrong)) from wrong
        self._running: dict[Question, _Running] = {}

    async def diagnose(self, question: Question, wait_seconds: float = 20.0) -> Diagnosis:
        """What is known after `wait_seconds` at most; what still runs stands in `not_checked`."""
        running = self._running_of(question)
        await asyncio.wait({running.task}, timeout=max(wait_seconds, 0.0))
        return running.investigation.snapshot()

    async def close(self) -> None:
        """End every investigation and wait for its end."""
        tasks = [one.task for one in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()

    def _running_of(self, question: Question) -> _Running:
        self._forget()
        running = self._running.get(question)
        if running is None:
            investigation = Investigation(
                self._backends, self._settings, self._playbooks, self._runbooks, question
            )
            task = asyncio.create_task(investigation.run(), name=f"diagnose {question.dag_id}")
            running = self._running[question] = _Running(investigation, task)
            task.add_done_callback(lambda ended: _ended(running, ended))
        return running

    def _forget(self) -> None:
        """Drop what ended a while ago."""
        now = time.monotonic()
        for question, one in list(self._running.items()):
            if one.task.done() and now - one.ended > KEPT_S:
                del self._running[question]


def _check_probes(playbooks: Playbooks) -> None:
    """Raise ValueError when a playbook asks for a probe that there is not."""
    known = all_probes()
    for category in playbooks.categories():
        for name in playbooks.of(category).probes:
            if name not in known:
                raise ValueError(
                    f'playbooks: "{category}" asks for probe {name!r}; there are'
                    f" {', '.join(sorted(known))}"
                )


def _ended(running: _Running, task: "asyncio.Task[None]") -> None:
    running.ended = time.monotonic()
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("an investigation failed", exc_info=error)
