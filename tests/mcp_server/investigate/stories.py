"""How the stories are asked and read."""

from mcp_server.domain.diagnosis import Diagnosis
from tests.mcp_server.investigate.world import World, asked


async def diagnosed(world: World, **question: object) -> Diagnosis:
    """The whole diagnosis of the night's question."""
    investigations = world.investigations()
    try:
        return await investigations.diagnose(asked(**question))
    finally:
        await investigations.close()


def quotes(found: Diagnosis) -> str:
    return "\n".join(one.quote for one in (*found.evidence, *found.changes))


def changed(found: Diagnosis) -> str:
    return "\n".join(one.quote for one in found.changes)


def missed(found: Diagnosis) -> str:
    return "\n".join(f"{one.what}: {one.why}" for one in found.not_checked)
