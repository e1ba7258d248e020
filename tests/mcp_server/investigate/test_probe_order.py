"""What a diagnosis says does not hang on which backend answers first."""

import asyncio
from pathlib import Path

import pytest

from mcp_server.investigate.case import Case
from mcp_server.investigate.finding import Finding
from mcp_server.investigate.probes.registry import Probe
from tests.mcp_server.investigate.world import asked, night

pytestmark = pytest.mark.anyio
OWN = """
["python.code_error"]
probes = ["pools", "alarms"]
steps = ["Ask `{user}`."]
"""


@pytest.mark.parametrize("early", ["pools", "alarms"])
async def test_the_playbooks_first_probe_explains_whichever_answers_first(
    early: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = asyncio.Event()

    def probe(name: str) -> Probe:
        async def ask(case: Case) -> Finding:
            if name == early:
                answered.set()
            else:
                await answered.wait()
            return Finding(explains=f"{name} knows", names=(("user", name),))

        return Probe(name, ask)

    known = {name: probe(name) for name in ("pools", "alarms")}
    monkeypatch.setattr("mcp_server.investigate.investigation.all_probes", lambda: known)
    own = tmp_path / "ours.toml"
    own.write_text(OWN)
    investigations = night("KeyError: 'x'").investigations(playbooks=str(own))
    try:
        found = await investigations.diagnose(asked())
    finally:
        await investigations.close()
    assert found.cause.endswith(": pools knows")
    assert found.next_steps[0] == "Ask `pools`."
