"""Which MWAA environment an alert means: the one named, the only one, or the one that knows it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mcp_server.backends import Backends
from mcp_server.domain.airflow import Environment, LogGroup
from mcp_server.errors import DiagnosticError, NotConfigured, NotFound
from mcp_server.investigate.question import Question
from mcp_server.investigate.shared import Shared
from mcp_server.reading.environments import KINDS
from mcp_server.reading.streams import TaskTry, folder

PATIENCE_S = 2.5


@dataclass(frozen=True, slots=True)
class Chosen:
    """An environment's name, and what is doubtful about the choice ("" mostly)."""

    name: str
    doubt: str = ""


class Choosing:
    """Finds the environment of one question; `configured` are the names of the settings."""

    def __init__(self, backends: Backends, configured: Sequence[str], shared: Shared) -> None:
        self._backends = backends
        self._configured = tuple(configured)
        self._shared = shared

    async def choose(self, question: Question) -> Chosen:
        """Raises DiagnosticError when there is no environment to look at."""
        names = await self._names(question.environment)
        if len(names) == 1:
            return Chosen(names[0])
        knowing = await self._that(names, lambda name: self._knows(name, question))
        if not knowing:
            knowing = await self._that(names, lambda name: self._has_log(name, question))
        if len(knowing) == 1:
            return Chosen(knowing[0])
        if not knowing:
            return Chosen(names[0], f"none of {', '.join(names)} showed this dag")
        return Chosen(knowing[0], f"{' and '.join(knowing)} both know it; {knowing[0]} was read")

    async def get(self, name: str) -> Environment:
        """GetEnvironment, once a name."""
        environments = self._backends.environments
        if environments is None:
            raise NotConfigured("MWAA is not configured: set AWS_REGION and MWAA_ENVIRONMENT_NAME.")
        return await self._shared.once(f"environment/{name}", lambda: _get(environments.get, name))

    async def get_or_assume(self, name: str) -> Environment:
        """The environment; when it cannot be had soon, its log groups as MWAA names them."""
        try:
            return await asyncio.wait_for(self.get(name), PATIENCE_S)
        except (DiagnosticError, TimeoutError):
            # Said by the part that wants more than the names of log groups.
            return assumed(name)

    async def _names(self, hint: str) -> tuple[str, ...]:
        """Names to look at, likely ones first; never empty."""
        said = [part.strip() for part in hint.split(",") if part.strip()]
        plain = [one for one in said if "." not in one and "/" not in one]
        known = self._configured or (() if len(plain) == 1 and plain == said else await self._all())
        exact = [one for one in plain if one in known]
        if len(exact) == 1 and exact == said:
            return (exact[0],)
        if plain and not exact and not known:
            return await self._named(plain[0])
        if len(known) > 1 and len(plain) < len(said):
            hosts = {_host(one) for one in said if one not in plain}
            served = await self._that(known, lambda name: self._serves(name, hosts))
            known = tuple(served) or known
        first = [n for n in known if any(one in n for one in plain)]
        return tuple(dict.fromkeys([*exact, *first, *known]))

    async def _named(self, name: str) -> tuple[str, ...]:
        try:
            await self.get(name)
        except NotFound:
            return tuple(sorted(await self._all(), key=lambda one: name not in one))
        except DiagnosticError:
            # It may well exist: this role just cannot read it.
            return (name,)
        return (name,)

    async def _all(self) -> tuple[str, ...]:
        environments = self._backends.environments
        if environments is None:
            raise NotConfigured("MWAA is not configured: set AWS_REGION and MWAA_ENVIRONMENT_NAME.")
        names = await environments.names()
        if not names:
            raise NotFound(
                "This role sees no MWAA environment in this region. Set MWAA_ENVIRONMENT_NAME,"
                " or AWS_REGION to the region it is in."
            )
        return names

    async def _that(
        self, names: Sequence[str], test: Callable[[str], Awaitable[bool]]
    ) -> list[str]:
        found = await asyncio.gather(*(_passes(test, name) for name in names))
        return [name for name, yes in zip(names, found, strict=True) if yes]

    async def _serves(self, name: str, hosts: set[str]) -> bool:
        return _host((await self.get(name)).webserver_url) in hosts

    async def _knows(self, name: str, question: Question) -> bool:
        if self._backends.airflow is None:
            return False
        airflow = self._backends.airflow(name)
        if question.names_run:
            await airflow.dag_run(question.dag_id, question.run_id)
        else:
            await airflow.dag(question.dag_id)
        return True

    async def _has_log(self, name: str, question: Question) -> bool:
        if self._backends.logs is None:
            return False
        group = log_group(await self.get_or_assume(name), "Task")
        run = TaskTry(question.dag_id, question.run_id, question.task_id)
        prefix = folder(run) if question.names_run and question.task_id else f"dag_id={run.dag_id}/"
        return bool(await self._backends.logs.streams(group, prefix, 1))


async def _get(get: Callable[[str], Awaitable[Environment]], name: str) -> Environment:
    return await get(name)


async def _passes(test: Callable[[str], Awaitable[bool]], name: str) -> bool:
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            return await test(name)
    except (DiagnosticError, TimeoutError):
        # An environment that cannot be asked is not the one that knows.
        return False


def _host(text: str) -> str:
    return (urlsplit(text if "//" in text else f"//{text}").hostname or "").lower()


def assumed(name: str) -> Environment:
    """An environment of which only the name is known."""
    groups = (LogGroup(kind, f"airflow-{name}-{kind}", enabled=True, level="") for kind in KINDS)
    return Environment(name, log_groups=tuple(groups))


def log_group(environment: Environment, kind: str) -> str:
    """The name of one of its log groups, as MWAA names them where it is not told."""
    for group in environment.log_groups:
        if group.kind == kind and group.name:
            return group.name
    return f"airflow-{environment.name}-{kind}"
