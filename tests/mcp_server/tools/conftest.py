"""A client of the server over a whole local world, kept open while its tests run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from mcp_server.aws.connect import backends_from
from mcp_server.backends import Backends
from mcp_server.server import build_server
from mcp_server.settings import Settings
from sandbox.incident import load_incident
from sandbox.world import World


@dataclass
class Night:
    """One incident's world and the backends that reach it over boto3."""

    world: World
    backends: Backends
    settings: Settings
    environment: dict[str, str] = field(default_factory=dict)

    async def call(self, tool: str, mode: str = "auto", **arguments: object) -> CallToolResult:
        with pytest.MonkeyPatch.context() as patch:
            # boto3 looks when a client is first used, and each night has its own endpoint.
            for name, value in self.environment.items():
                patch.setenv(name, value)
            server = build_server(self.backends, self.settings)
            async with Client(server, mode=mode) as client:
                return await client.call_tool(tool, arguments)

    async def text(self, tool: str, **arguments: object) -> str:
        answer = await self.call(tool, **arguments)
        [block] = answer.content
        assert isinstance(block, TextContent)
        return f"{'ERROR ' if answer.is_error else ''}{block.text}"


@pytest.fixture(scope="session")
def night() -> Iterator[Callable[[str], Night]]:
    """Nights by slug, each booted once, without Redshift: these tools do not read it."""
    with ExitStack() as stack:
        known: dict[str, Night] = {}

        def opened(slug: str) -> Night:
            if slug not in known:
                known[slug] = _opened(stack, slug)
            return known[slug]

        yield opened


def _opened(stack: ExitStack, slug: str) -> Night:
    world = stack.enter_context(World(load_incident(slug)))
    said = {k: v for k, v in world.environment().items() if "REDSHIFT" not in k}
    settings = Settings.from_environment(said)
    backends = backends_from(settings)
    stack.callback(backends.close)
    aws = {name: value for name, value in said.items() if name.startswith("AWS_")}
    return Night(world, backends, settings, aws)
