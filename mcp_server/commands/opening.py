"""What the commands share: the server over the backends that the environment names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from mcp.server import MCPServer

from mcp_server.app import App
from mcp_server.aws.connect import backends_from
from mcp_server.backends import Backends
from mcp_server.server import build_server
from mcp_server.settings import Settings

WRONG_SETTINGS = 2


def settings_with(toolsets: str = "") -> Settings:
    """The environment's settings; `toolsets` (comma separated) stands for DE_AGENT_TOOLSETS."""
    said = {"DE_AGENT_TOOLSETS": toolsets} if toolsets else {}
    return Settings.from_environment({**os.environ, **said})


@contextmanager
def backends_of(settings: Settings) -> Iterator[Backends]:
    """The backends that the settings name, closed at the end."""
    backends = backends_from(settings)
    try:
        yield backends
    finally:
        backends.close()


@contextmanager
def server_of(settings: Settings) -> Iterator[MCPServer[App]]:
    """The server over the backends that the settings name."""
    with backends_of(settings) as backends:
        yield build_server(backends, settings)
