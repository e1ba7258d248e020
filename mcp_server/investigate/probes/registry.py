"""The probes by name, as playbooks.toml asks for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import Finding

Ask = Callable[[Case], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Probe:
    """One check: `what` names it to a reader ("grants and users in Redshift")."""

    what: str
    ask: Ask


def all_probes() -> Mapping[str, Probe]:
    """Every probe there is, by the name that playbooks use."""
    return {}
