"""What is published beside the tools: prompts, playbooks and runbooks to read, completions."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)
from pydantic import Field

from mcp_server.errors import DiagnosticError
from mcp_server.near import near, said_near

if TYPE_CHECKING:
    from mcp_server.app import App
    from mcp_server.diagnostics.playbooks import Playbooks, Runbook

MOST = 50
LATEST = "latest_failed"
# What a client must say for each prompt.
PROMPTS = {"triage_failure": ("dag_id",), "shift_handover": ()}
Reference = PromptReference | ResourceTemplateReference


def publish(server: "MCPServer[App]", app: "App") -> None:
    """Add prompts, resources and completions to a server."""
    _add_prompts(server)
    _add_resources(server, app)
    _add_completions(server, app)


def _add_prompts(server: "MCPServer[App]") -> None:
    def triage_failure(
        dag_id: Annotated[str, Field(description="the dag that failed")],
        run_id: Annotated[str, Field(description="run id, latest or latest_failed")] = LATEST,
    ) -> str:
        return _prompts()["triage_failure"]["text"].format(dag_id=dag_id, run_id=run_id).strip()

    def shift_handover(
        hours: Annotated[str, Field(description="how many hours the shift had")] = "12",
    ) -> str:
        return _prompts()["shift_handover"]["text"].format(hours=hours).strip()

    for function in (triage_failure, shift_handover):
        said = _prompts()[function.__name__]
        server.prompt(title=said["title"], description=said["description"])(function)


def _add_resources(server: "MCPServer[App]", app: "App") -> None:
    @server.resource(
        "playbook://{category}",
        title="Playbook",
        description="What a category of failure means, what is checked, and the next steps.",
        mime_type="text/markdown",
    )
    def playbook(category: str) -> str:
        return playbook_text(app, category)

    @server.resource(
        "runbook://{name}",
        title="Runbook",
        description="Where the team's own page for a dag, tag or category is.",
        mime_type="text/markdown",
    )
    def runbook(name: str) -> str:
        return runbook_text(app, name)


def _add_completions(server: "MCPServer[App]", app: "App") -> None:
    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator] # the SDK leaves it untyped
    async def complete(
        ref: Reference, argument: CompletionArgument, context: CompletionContext | None
    ) -> Completion:
        known = await _known(app, argument.name)
        values = [v for v in known if v.startswith(argument.value)] or near(argument.value, known)
        return Completion(values=values[:MOST], total=len(values), has_more=len(values) > MOST)


async def _known(app: "App", argument: str) -> Sequence[str]:
    """The values an argument may have; none where they cannot be had now."""
    if argument == "category":
        return _playbooks(app).categories()
    if argument == "name":
        return [one.name for one in _runbooks(app)]
    if argument == "run_id":
        return ("latest_failed", "latest")
    try:
        return await _from_backends(app, argument)
    except DiagnosticError:
        # A completion is a convenience: the call itself will say what is wrong.
        return ()


async def _from_backends(app: "App", argument: str) -> Sequence[str]:
    environments = app.backends.environments
    if environments is None:
        return ()
    names = await environments.names()
    if argument == "environment":
        return names
    if argument == "dag_id" and app.backends.airflow is not None and len(names) == 1:
        return [dag.dag_id for dag in await app.airflow(names[0]).dags(limit=500)]
    return ()


def playbook_text(app: "App", category: str) -> str:
    """A category's playbook in Markdown; ResourceNotFoundError names the near ones."""
    playbooks = _playbooks(app)
    known = playbooks.categories()
    if category not in known:
        near_ones = said_near(category, known, noun="categories")
        raise ResourceNotFoundError(f"No playbook for {category!r}. {near_ones}")
    found = playbooks.of(category)
    lines = [f"# {category}", "", found.says, "", "## Checked", ""]
    lines += [f"* {probe.replace('_', ' ')}" for probe in found.probes] or ["* the task log alone"]
    lines += ["", "## Next steps", ""]
    lines += [f"{n}. {step.split(' | ')[-1]}" for n, step in enumerate(found.steps, 1)]
    return "\n".join([*lines, "", "## Safe to rerun?", "", found.rerun or "not known", ""])


def runbook_text(app: "App", name: str) -> str:
    """Where a team's page is and what it is for; ResourceNotFoundError names the near ones."""
    for one in _runbooks(app):
        if one.name == name:
            scope = [f"* {k}: `{v}`" for k in ("dag", "tag", "category") if (v := getattr(one, k))]
            return "\n".join([f"# {one.name}", "", f"<{one.url}>", "", *scope, ""])
    known = said_near(name, (one.name for one in _runbooks(app)), noun="runbooks")
    raise ResourceNotFoundError(f"No runbook {name!r}. {known or 'Set DE_AGENT_RUNBOOKS.'}")


@cache
def _prompts() -> dict[str, dict[str, str]]:
    text = resources.files("mcp_server").joinpath("prompts.toml").read_text("utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(text)
    return found


def _playbooks(app: "App") -> "Playbooks":
    from mcp_server.diagnostics.playbooks import load_playbooks

    return load_playbooks(app.settings.playbooks)


def _runbooks(app: "App") -> "Sequence[Runbook]":
    from mcp_server.diagnostics.playbooks import load_runbooks

    return load_runbooks(app.settings.runbooks)
